//! From a server's name to a connection that is as secure as it was asked for.

use alloc::{string::ToString, vec::Vec};
use core::net::{IpAddr, SocketAddr};
use std::io::{self, ErrorKind};

use mail_login_tls::{Address, Deadline, Failure, Phase, Security, Server};
use sasl_core::{Observer, Protocol};
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::{
    net::{TcpSocket, TcpStream, lookup_host},
    time,
};

use crate::{
    drive::{pump, within},
    socket::Socket,
    stream::Stream,
};

/// A connection on which the conversation can begin.
pub(crate) enum Opened<U> {
    InClear(Stream),
    OverTls(Stream),
    AfterStartTls(Stream, U),
}

/// Connects, and sets up TLS in the way that the server's settings say.
pub(crate) async fn open<P: Protocol>(
    server: &Server,
    options: &mut P::Options,
    deadline: Deadline,
    observer: &mut (dyn Observer + Send),
) -> Result<Opened<P::Upgrade>, Failure> {
    server.prepare::<P>(options)?;
    match server.security() {
        Security::InClear => {
            let socket = connect(server, deadline).await?;
            Ok(Opened::InClear(Stream::plain(socket)))
        }
        Security::ImplicitTls => {
            let handshake = server.tls(P::ALPN)?;
            let socket = connect(server, deadline).await?;
            let securing = Stream::tls(socket, handshake, observer);
            let stream = within(deadline, Phase::Handshake, securing).await??;
            Ok(Opened::OverTls(stream))
        }
        Security::StartTls => {
            let handshake = server.tls(P::ALPN)?;
            let mut socket = connect(server, deadline).await?;
            let mut machine = P::start_tls(options.clone());
            let asking = pump(&mut machine, &mut socket, observer, Phase::StartTls);
            let proof = within(deadline, Phase::StartTls, asking).await??;
            // The socket moves into TLS: from here on nobody can read it in clear.
            let securing = Stream::tls(socket, handshake, observer);
            let stream = within(deadline, Phase::Handshake, securing).await??;
            Ok(Opened::AfterStartTls(stream, proof))
        }
    }
}

pub(crate) async fn connect(server: &Server, deadline: Deadline) -> Result<Socket, Failure> {
    match server.address() {
        Address::Tcp { host, port } => {
            let looking = resolve(host, *port);
            let found = within(deadline, Phase::Resolve, looking).await??;
            let addresses = server.reachable(found)?;
            dial_any(server, &addresses, deadline).await
        }
        #[cfg(unix)]
        Address::Unix(path) => {
            let connecting = UnixStream::connect(path);
            match within(deadline, Phase::Connect, connecting).await? {
                Ok(socket) => Ok(Socket::Unix(socket)),
                Err(cause) => Err(not_connected(server, cause, deadline)),
            }
        }
        _ => Err(not_connected(
            server,
            ErrorKind::Unsupported.into(),
            deadline,
        )),
    }
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok([SocketAddr::new(address, port)].into());
    }
    match lookup_host((host, port)).await {
        Ok(found) => Ok(found.collect()),
        Err(cause) => Err(Failure::Resolve {
            host: host.to_string(),
            cause,
        }),
    }
}

/// The first address that answers.
async fn dial_any(
    server: &Server,
    addresses: &[SocketAddr],
    deadline: Deadline,
) -> Result<Socket, Failure> {
    let mut last = None;
    for (tried, address) in addresses.iter().enumerate() {
        match dial(*address, server.local(), deadline, addresses.len() - tried).await {
            Ok(socket) => return Ok(Socket::Tcp(socket)),
            Err(cause) => last = Some(cause),
        }
    }
    let cause = last.unwrap_or_else(|| ErrorKind::NotFound.into());
    Err(not_connected(server, cause, deadline))
}

async fn dial(
    address: SocketAddr,
    local: Option<IpAddr>,
    deadline: Deadline,
    left: usize,
) -> io::Result<TcpStream> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Without it, a command that follows another one may wait 40 ms for an acknowledgement.
    socket.set_nodelay(true)?;
    if let Some(local) = local {
        socket.bind(SocketAddr::new(local, 0))?;
    }
    let connecting = socket.connect(address);
    match deadline.share(left)? {
        Some(time) => time::timeout(time, connecting).await?,
        None => connecting.await,
    }
}

fn not_connected(server: &Server, cause: io::Error, deadline: Deadline) -> Failure {
    match deadline.remaining(Phase::Connect) {
        Err(failure) => failure,
        Ok(_) => Failure::Connect {
            address: server.address().to_string(),
            cause,
        },
    }
}
