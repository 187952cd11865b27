//! A login without any server or account: `cargo run -p mail-login-blocking --example rehearsal`.
//!
//! A scripted IMAP server in this process, with a certificate made on the spot, refuses an expired
//! token and takes a fresh one on the same connection. The dialogue is shown as it goes over TLS.

#![allow(
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "an example is a program"
)]

use std::{
    error::Error,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use imap_auth::{Imap, Options};
use mail_login_blocking::{Login, Server, login};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};
use sasl_core::{Advice, Credentials, Event, Observer, Outgoing, Text, Tls};

/// What the server answers to each line it gets.
const ANSWERS: [&str; 3] = [
    // {"status":"invalid_token","scope":"mail"}
    "+ eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJtYWlsIn0=\r\n",
    "%TAG% NO [AUTHENTICATIONFAILED] Authentication failed.\r\n",
    "%TAG% OK [CAPABILITY IMAP4rev1 IDLE] Logged in\r\n",
];

fn main() -> Result<(), Box<dyn Error>> {
    let (port, ca) = start_server()?;
    let server = Server::implicit_tls("localhost", port).extra_ca_pem(ca.as_bytes())?;
    let old = Credentials::bearer("alice@example.test", "a-token-that-has-expired")?;
    let mut show = Show;
    let refused = match login::<Imap>(&server, old, Options::new(), &mut show)? {
        Login::Rejected(refused) => refused,
        Login::Accepted(_) => return Err("the server took an expired token".into()),
    };
    let rejection = refused.rejection();
    println!("=> refused: {rejection}");
    println!("=> advice: {}", rejection.advice().name());
    if rejection.advice() != Advice::RefreshToken {
        return Err("the advice should be to refresh the token".into());
    }
    let fresh = Credentials::bearer("alice@example.test", "a-token-fresh-from-the-provider")?;
    match refused.retry(fresh, &mut show)? {
        Login::Accepted(connection) => println!("=> in: {:?}", connection.session.capabilities()),
        Login::Rejected(refused) => return Err(refused.rejection().to_string().into()),
    }
    Ok(())
}

/// Prints what happens; secrets are cut out by the machine, which knows where they are.
struct Show;

impl Observer for Show {
    fn secured(&mut self, tls: &Tls<'_>) {
        println!("   {} is up", tls.version);
    }

    fn sent(&mut self, bytes: &Outgoing<'_>) {
        println!("C: {}", bytes.redacted());
    }

    fn received(&mut self, bytes: &[u8]) {
        println!(
            "S: {}",
            Text::new(bytes.strip_suffix(b"\r\n").unwrap_or(bytes))
        );
    }

    fn event(&mut self, event: &Event<'_>) {
        if let Event::Chosen { mechanism, .. } = event {
            println!("   chosen: {mechanism}");
        }
    }
}

/// Listens on a free loopback port; gives the port and the CA as PEM.
fn start_server() -> Result<(u16, String), Box<dyn Error>> {
    let mut authority = CertificateParams::new([])?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority
        .distinguished_name
        .push(DnType::CommonName, "rehearsal CA");
    let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let mut leaf = CertificateParams::new(["localhost".into()])?;
    leaf.distinguished_name
        .push(DnType::CommonName, "localhost");
    let certificate = leaf.signed_by(&key, &issuer)?;
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    let listener = TcpListener::bind("localhost:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let config = Arc::new(config.clone());
            // A client that goes away ends its thread, and nothing else.
            thread::spawn(move || serve(socket, config).is_ok());
        }
    });
    Ok((port, issuer.pem()))
}

fn serve(socket: TcpStream, config: Arc<ServerConfig>) -> Result<(), Box<dyn Error>> {
    let mut stream = BufReader::new(StreamOwned::new(ServerConnection::new(config)?, socket));
    let greeting = b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER] rehearsal\r\n";
    stream.get_mut().write_all(greeting)?;
    let mut tag = String::new();
    for answer in ANSWERS {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        if let Some((word, _)) = line.split_once(" AUTHENTICATE ") {
            tag = word.into();
        }
        stream
            .get_mut()
            .write_all(answer.replace("%TAG%", &tag).as_bytes())?;
    }
    stream.read_line(&mut tag)?;
    Ok(())
}
