//! A scripted server on loopback and certificates, good and bad, for the tests of both drivers.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// The name in good certificates.
pub const NAME: &str = "mail.test";

/// An authority made for one test.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        Self::named("test authority")
    }

    pub fn named(name: &str) -> Self {
        let mut params = named(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server with a certificate of this authority for these names.
    pub fn server(&self, names: &[&str]) -> ServerConfig {
        self.server_with(named("test server", names))
    }

    pub fn server_with(&self, params: CertificateParams) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        config(&params.signed_by(&key, &self.0).unwrap(), &key)
    }

    /// A server whose certificate has expired years ago.
    pub fn expired(&self) -> ServerConfig {
        let mut params = named("test server", &[NAME]);
        params.not_before = rcgen::date_time_ymd(2019, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        self.server_with(params)
    }
}

/// A server that vouches for itself; `authority`: as `openssl req -x509` does it.
pub fn self_signed(authority: bool) -> ServerConfig {
    let mut params = named("test server", &[NAME]);
    if authority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let key = KeyPair::generate().unwrap();
    config(&params.self_signed(&key).unwrap(), &key)
}

fn named(common_name: &str, names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params
}

fn config(certificate: &rcgen::Certificate, key: &KeyPair) -> ServerConfig {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap()
}

/// Accepts one connection, plays, and gives what the play gives when it is joined.
pub fn serve<T: Send + 'static>(
    play: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (u16, thread::JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = thread::spawn(move || {
        let stream = listener.accept().unwrap().0;
        // No test hangs for ever, whatever is wrong.
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        stream.set_nodelay(true).unwrap();
        play(stream)
    });
    (port, thread)
}

/// One side of a conversation, in lines.
pub struct Peer<S>(pub S);

/// The server side of a TLS connection.
pub type Secure = Peer<StreamOwned<ServerConnection, TcpStream>>;

impl Peer<TcpStream> {
    /// The server side of TLS. The handshake happens with the first thing said or heard.
    pub fn secure(self, config: ServerConfig) -> Secure {
        let connection = ServerConnection::new(Arc::new(config)).unwrap();
        Peer(StreamOwned::new(connection, self.0))
    }
}

impl<S: Read + Write> Peer<S> {
    pub fn say(&mut self, text: &str) {
        // A client that has hung up is what some tests are about.
        let _ = self.0.write_all(text.as_bytes());
        let _ = self.0.flush();
    }

    /// The next line without its end; empty when the client hung up.
    pub fn hear(&mut self) -> String {
        let mut line = Vec::new();
        let mut octet = [0];
        while !line.ends_with(b"\r\n") {
            match self.0.read(&mut octet) {
                Ok(1) => line.push(octet[0]),
                _ => return String::new(),
            }
        }
        String::from_utf8(line).unwrap().trim_end().to_string()
    }

    /// Hears a command and answers with its tag.
    pub fn answer(&mut self, text: &str) -> String {
        let line = self.hear();
        let tag = line.split(' ').next().unwrap_or_default().to_string();
        self.say(&format!("{tag} {text}\r\n"));
        line
    }

    /// Answers the question for capabilities.
    pub fn offer(&mut self) {
        let line = self.hear();
        let tag = line.split(' ').next().unwrap_or_default();
        let offer = "* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2";
        self.say(&format!("{offer}\r\n{tag} OK done\r\n"));
    }

    /// A greeting with everything a fast login needs.
    pub fn greet(&mut self) {
        self.say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready\r\n");
    }

    /// Up to the answer to STARTTLS, `behind` in the same segment as it.
    pub fn starttls(&mut self, behind: &str) {
        self.say("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n");
        let line = self.hear();
        let tag = line.split(' ').next().unwrap_or_default();
        self.say(&format!("{tag} OK go ahead\r\n{behind}"));
    }

    /// Whether the client has hung up, one way or another.
    pub fn is_gone(&mut self) -> bool {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest) {
            Ok(_) => true,
            Err(error) => !matches!(
                error.kind(),
                std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
            ),
        }
    }
}

/// Sends an endless line, one octet every 20 ms, until the client hangs up or ten seconds are over.
pub fn drip(mut stream: impl Write) -> bool {
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end {
        if stream
            .write_all(b"*")
            .and_then(|()| stream.flush())
            .is_err()
        {
            return true;
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}
