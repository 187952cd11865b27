//! Logins over TCP on loopback, from connecting to closing: both drivers, blasters that write canned
//! bytes and read whatever comes, and peers. One after the other; the server has a thread of its own.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

use imap_auth::Imap;
use imap_next::{
    client::{Client, Event, Options},
    stream::Stream,
};
use imap_types::{
    auth::AuthMechanism,
    command::{Command, CommandBody},
    core::Tag,
};
use lettre::transport::smtp::{
    authentication::{Credentials as LettreCredentials, Mechanism as LettreMechanism},
    client::{AsyncSmtpConnection, SmtpConnection},
    extension::ClientId,
};
use mail_login_benches::{
    Table,
    floor::message,
    inputs::{
        DOVECOT_ACCEPTED, DOVECOT_GREETING, GMAIL_EHLO, PIGEONHOLE, SIEVE_ACCEPTED, SMTP_ACCEPTED,
        SMTP_GREETING, USER, token,
    },
};
use mail_login_blocking::{Server, Silent};
use memchr::memchr;
use sasl_core::{Credentials, Mechanism, Protocol, Settings};
use sieve_auth::Sieve;
use smtp_auth::Smtp;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufStream};

fn main() {
    let token = token(1536);
    let bench = Bench::new(&token);
    bench.imap();
    bench.imap_as_documented();
    bench.smtp();
    bench.sieve();
}

const CLIENT: &str = "client.example.com";

struct Bench<'a> {
    token: &'a str,
    /// The first message as base64.
    message: String,
    credentials: Credentials,
    runtime: tokio::runtime::Runtime,
}

impl<'a> Bench<'a> {
    fn new(token: &'a str) -> Self {
        let mut message = Vec::new();
        message::append_xoauth2(USER, token, &mut message);
        Self {
            token,
            message: String::from_utf8(message).expect("base64 is text"),
            credentials: Credentials::bearer(USER, token).expect("they are well-formed"),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("there is a runtime"),
        }
    }

    fn imap(&self) {
        let address = serve(imap_server);
        let line = format!("A1 AUTHENTICATE XOAUTH2 {}\r\n", self.message);
        let line = [line.as_bytes()];
        let options = imap_auth::Options::from(settings());

        let mut table = Table::of_waiting("IMAP, blocking");
        table.floor("blaster on `std`", || blast(address, &line));
        table.ours("`mail_login_blocking::login`", || {
            self.blocking::<Imap>(address, &options)
        });
        table.other("imap 3.0.0-alpha.15, no initial response", || {
            self.by_imap(address)
        });
        // Without waiting for the greeting, the queue of the server would run over: a second each time.
        table.other("connect, read the greeting, close", || blast(address, &[]));
        table.run();

        let mut table = Table::of_waiting("IMAP, tokio");
        table.floor("blaster on tokio", || {
            self.runtime.block_on(blast_async(address, &line))
        });
        table.ours("`mail_login_tokio::login`", || {
            self.tokio::<Imap>(address, &options)
        });
        table.other("imap-next 0.3.4", || {
            self.runtime.block_on(self.by_imap_next(address))
        });
        table.other(
            "async-imap 0.12.0 in a `BufStream`, no initial response",
            || {
                self.runtime.block_on(async {
                    let stream = tokio::net::TcpStream::connect(address)
                        .await
                        .expect("it listens");
                    self.by_async_imap(BufStream::new(stream)).await;
                });
            },
        );
        table.other("async-imap 0.12.0, `TCP_NODELAY` by the caller", || {
            self.runtime.block_on(async {
                let stream = tokio::net::TcpStream::connect(address)
                    .await
                    .expect("it listens");
                stream.set_nodelay(true).expect("it is TCP");
                self.by_async_imap(stream).await;
            });
        });
        table.run();
    }

    /// Four writes for each command, on a socket that waits for acknowledgements in between.
    fn imap_as_documented(&self) {
        let address = serve(imap_server);
        let options = imap_auth::Options::from(settings());
        let mut table = Table::of_waiting("IMAP, tokio, as documented");
        table.ours("`mail_login_tokio::login`", || {
            self.tokio::<Imap>(address, &options)
        });
        table.other("async-imap 0.12.0 on a `TcpStream`", || {
            self.runtime.block_on(async {
                let stream = tokio::net::TcpStream::connect(address)
                    .await
                    .expect("it listens");
                self.by_async_imap(stream).await;
            });
        });
        table.run();
    }

    fn smtp(&self) {
        let address = serve(smtp_server);
        let (hello, line) = (
            format!("EHLO {CLIENT}\r\n"),
            format!("AUTH XOAUTH2 {}\r\n", self.message),
        );
        let lines = [hello.as_bytes(), line.as_bytes()];
        let usual = smtp_auth::Options::from(settings())
            .client_name(CLIENT)
            .expect("it is a name");
        let long = usual.clone().long_initial_response(true);
        let for_lettre = LettreCredentials::new(USER.into(), self.token.into());
        let client = ClientId::Domain(CLIENT.into());
        let timeout = Some(Duration::from_secs(10));

        let mut table = Table::of_waiting("SMTP, blocking");
        table.floor("blaster on `std`", || blast(address, &lines));
        table.ours("`mail_login_blocking::login`, message along", || {
            self.blocking::<Smtp>(address, &long)
        });
        table.ours(
            "the same by default: message apart, as it exceeds 512 octets",
            || self.blocking::<Smtp>(address, &usual),
        );
        table.other("lettre 0.11.23", || {
            let connection = SmtpConnection::connect(address, timeout, &client, None, None);
            let answer = connection
                .expect("it listens")
                .auth(&[LettreMechanism::Xoauth2], &for_lettre);
            assert!(answer.is_ok());
        });
        table.run();

        let mail_send = self.mail_send(address);
        let mut table = Table::of_waiting("SMTP, tokio");
        table.floor("blaster on tokio", || {
            self.runtime.block_on(blast_async(address, &lines))
        });
        table.ours("`mail_login_tokio::login`, message along", || {
            self.tokio::<Smtp>(address, &long)
        });
        table.ours(
            "the same by default: message apart, as it exceeds 512 octets",
            || self.tokio::<Smtp>(address, &usual),
        );
        table.other("lettre 0.11.23", || {
            self.runtime.block_on(async {
                let connection =
                    AsyncSmtpConnection::connect_tokio1(address, timeout, &client, None, None)
                        .await;
                let mut connection = connection.expect("it listens");
                let answer = connection
                    .auth(&[LettreMechanism::Xoauth2], &for_lettre)
                    .await;
                assert!(answer.is_ok());
            });
        });
        table.other("mail-send 0.7.0", || {
            let connected = self.runtime.block_on(mail_send.connect_plain());
            assert!(connected.is_ok());
        });
        table.run();
    }

    fn sieve(&self) {
        let address = serve(sieve_server);
        let line = format!(
            "AUTHENTICATE \"XOAUTH2\" {{{}+}}\r\n{}\r\n",
            self.message.len(),
            self.message
        );
        let line = [line.as_bytes()];
        let options = sieve_auth::Options::from(settings());

        let mut table = Table::of_waiting("ManageSieve, blocking");
        table.floor("blaster on `std`", || blast(address, &line));
        table.ours("`mail_login_blocking::login`", || {
            self.blocking::<Sieve>(address, &options)
        });
        table.run();

        let mut table = Table::of_waiting("ManageSieve, tokio");
        table.floor("blaster on tokio", || {
            self.runtime.block_on(blast_async(address, &line))
        });
        table.ours("`mail_login_tokio::login`", || {
            self.tokio::<Sieve>(address, &options)
        });
        table.run();
    }

    fn blocking<P: Protocol>(&self, address: SocketAddr, options: &P::Options) {
        use mail_login_blocking::{Login, login};

        let server = Server::dangerous_in_clear("127.0.0.1", address.port());
        let login = login::<P>(
            &server,
            self.credentials.clone(),
            options.clone(),
            &mut Silent,
        );
        assert!(matches!(login, Ok(Login::Accepted(_))));
    }

    fn tokio<P: Protocol>(&self, address: SocketAddr, options: &P::Options) {
        use mail_login_tokio::{Login, login};

        let server = Server::dangerous_in_clear("127.0.0.1", address.port());
        let mut observer = Silent;
        let login = login::<P>(
            &server,
            self.credentials.clone(),
            options.clone(),
            &mut observer,
        );
        assert!(matches!(
            self.runtime.block_on(login),
            Ok(Login::Accepted(_))
        ));
    }

    fn by_imap(&self, address: SocketAddr) {
        let mut client = imap::Client::new(TcpStream::connect(address).expect("it listens"));
        client.read_greeting().expect("it greets");
        let session = client.authenticate("XOAUTH2", &Message(self.token));
        assert!(session.is_ok());
    }

    async fn by_async_imap<S>(&self, stream: S)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + std::fmt::Debug + Send,
    {
        let mut client = async_imap::Client::new(stream);
        client
            .read_response()
            .await
            .expect("it answers")
            .expect("it greets");
        let session = client.authenticate("XOAUTH2", Message(self.token)).await;
        assert!(session.is_ok());
    }

    async fn by_imap_next(&self, address: SocketAddr) {
        let stream = tokio::net::TcpStream::connect(address)
            .await
            .expect("it listens");
        let mut stream = Stream::insecure(stream);
        let mut client = Client::new(Options::default());
        while !matches!(
            stream.next(&mut client).await,
            Ok(Event::GreetingReceived { .. })
        ) {}
        let raw = message_of(self.token).into_bytes();
        client.enqueue_command(Command {
            tag: Tag::try_from("A1").expect("it is a tag"),
            body: CommandBody::authenticate_with_ir(AuthMechanism::XOAuth2, raw),
        });
        let accepted = |event| matches!(event, Event::AuthenticateStatusReceived { .. });
        while !accepted(stream.next(&mut client).await.expect("it answers")) {}
    }

    fn mail_send(&self, address: SocketAddr) -> mail_send::SmtpClientBuilder<String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("they fit")
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let host = "127.0.0.1".to_string();
        mail_send::SmtpClientBuilder::new_with_tls_connector(host, address.port(), connector)
            .implicit_tls(false)
            .helo_host(CLIENT)
            .credentials(mail_send::Credentials::new_xoauth2(
                USER.into(),
                self.token.into(),
            ))
    }
}

struct Message<'a>(&'a str);

impl imap::Authenticator for Message<'_> {
    type Response = String;

    fn process(&self, _: &[u8]) -> String {
        message_of(self.0)
    }
}

impl async_imap::Authenticator for Message<'_> {
    type Response = String;

    fn process(&mut self, _: &[u8]) -> String {
        message_of(self.0)
    }
}

fn message_of(token: &str) -> String {
    format!("user={USER}\x01auth=Bearer {token}\x01\x01")
}

/// Only this mechanism, which all peers speak.
fn settings() -> Settings {
    Settings::new().mechanisms(&[Mechanism::XOAuth2])
}

/// Reads the greeting, then writes each line and reads one answer. Looks at nothing.
fn blast(address: SocketAddr, lines: &[&[u8]]) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let mut buffer = [0; 4096];
    let mut read =
        |stream: &mut TcpStream| assert!(stream.read(&mut buffer).expect("it answers") > 0);
    read(&mut stream);
    for line in lines {
        stream.write_all(line).expect("it listens");
        read(&mut stream);
    }
}

async fn blast_async(address: SocketAddr, lines: &[&[u8]]) {
    let mut stream = tokio::net::TcpStream::connect(address)
        .await
        .expect("it listens");
    let mut buffer = [0; 4096];
    assert!(stream.read(&mut buffer).await.expect("it answers") > 0);
    for line in lines {
        stream.write_all(line).await.expect("it listens");
        assert!(stream.read(&mut buffer).await.expect("it answers") > 0);
    }
}

/// Starts a server that lets everybody in.
fn serve(talk: fn(&mut Peer) -> Option<()>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            stream.set_nodelay(true).expect("it is TCP");
            // It ends when the client hangs up.
            let _ = talk(&mut Peer::new(stream));
        }
    });
    address
}

/// A client, as a server sees it.
struct Peer {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// What lies before was taken.
    at: usize,
}

impl Peer {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            buffer: Vec::with_capacity(16384),
            at: 0,
        }
    }

    /// The next line with its end.
    fn line(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(end) = memchr(b'\n', &self.buffer[self.at..]) {
                let line = self.buffer[self.at..=self.at + end].to_vec();
                self.at += end + 1;
                return Some(line);
            }
            let mut piece = [0; 16384];
            let read = self.stream.read(&mut piece).ok().filter(|read| *read > 0)?;
            self.buffer.extend_from_slice(&piece[..read]);
        }
    }

    fn say(&mut self, text: &[u8]) -> Option<()> {
        self.stream.write_all(text).ok()
    }
}

fn imap_server(peer: &mut Peer) -> Option<()> {
    peer.say(DOVECOT_GREETING)?;
    loop {
        let line = peer.line()?;
        let tag = &line[..memchr(b' ', &line)?];
        if line.ends_with(b" XOAUTH2\r\n") {
            peer.say(b"+ \r\n")?;
            peer.line()?;
        }
        peer.say(&[tag, DOVECOT_ACCEPTED].concat())?;
    }
}

fn smtp_server(peer: &mut Peer) -> Option<()> {
    peer.say(SMTP_GREETING)?;
    loop {
        let line = peer.line()?;
        match &*line {
            line if line.starts_with(b"EHLO") => peer.say(GMAIL_EHLO)?,
            b"AUTH XOAUTH2\r\n" => peer.say(b"334 \r\n")?,
            b"QUIT\r\n" => peer.say(b"221 2.0.0 bye\r\n")?,
            _ => peer.say(SMTP_ACCEPTED)?,
        }
    }
}

fn sieve_server(peer: &mut Peer) -> Option<()> {
    peer.say(PIGEONHOLE)?;
    loop {
        let line = peer.line()?;
        if line.ends_with(b"+}\r\n") {
            peer.line()?;
        }
        peer.say(SIEVE_ACCEPTED)?;
    }
}
