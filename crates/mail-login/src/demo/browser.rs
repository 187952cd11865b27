//! The user's browser, played by this process: it goes where it is sent.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use mail_testbed::Authority;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring, pki_types::ServerName,
};

/// No page of the demonstration takes longer, nor is it longer.
const PATIENCE: Duration = Duration::from_secs(10);
const LENGTH: u64 = 64 << 10;

/// Opens the address, agrees, and follows the redirect to the port that waits for it.
pub(super) fn browse(url: &str, authority: &Authority) -> io::Result<()> {
    let answer = get(url, Some(authority))?;
    let target = answer
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("location"))
        .map(|(_, target)| target)
        .ok_or_else(|| io::Error::other("the provider sends the browser nowhere"))?;
    get(target, None).map(drop)
}

fn get(url: &str, authority: Option<&Authority>) -> io::Result<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let socket = TcpStream::connect(place)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n");
    match authority {
        Some(authority) => {
            let host = place.rsplit_once(':').map_or(place, |(host, _)| host);
            exchange(StreamOwned::new(tls(host, authority)?, socket), &request)
        }
        None => exchange(socket, &request),
    }
}

fn exchange(mut stream: impl Read + Write, request: &str) -> io::Result<String> {
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut answer = Vec::new();
    stream.take(LENGTH).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn tls(host: &str, authority: &Authority) -> io::Result<ClientConnection> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der()).map_err(io::Error::other)?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)
}
