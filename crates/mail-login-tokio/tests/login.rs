//! Whole logins against a scripted server.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

#[path = "../../mail-login-tls/tests/support/mod.rs"]
mod support;

use std::net::{IpAddr, TcpListener};

use imap_auth::{Imap, Options};
use mail_login_tokio::{Connection, Failure, Login, Refused, Server, Silent, login, probe};
use sasl_core::{Advice, Credentials, Error, Outcome, Reason};
use support::{Authority, NAME, Peer, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn token(token: &str) -> Credentials {
    Credentials::bearer("user@example.com", token).unwrap()
}

async fn try_login(server: &Server) -> Result<Login<Imap>, Failure> {
    login(
        server,
        token("mF_9.B5f-4.1JqM"),
        Options::default(),
        &mut Silent,
    )
    .await
}

fn accepted(login: Login<Imap>) -> Connection {
    match login {
        Login::Accepted(connection) => connection,
        Login::Rejected(refused) => panic!("{refused:?}"),
    }
}

fn rejected(login: Login<Imap>) -> Box<Refused<Imap>> {
    match login {
        Login::Accepted(connection) => panic!("{connection:?}"),
        Login::Rejected(refused) => refused,
    }
}

#[tokio::test]
async fn starttls_and_what_was_read_too_much() {
    let authority = Authority::new();
    let config = authority.server(&[NAME]);
    let (port, server) = serve(move |stream| {
        let mut peer = Peer(stream);
        peer.starttls("");
        let mut peer = peer.secure(config);
        peer.offer();
        let login = peer.answer("OK in\r\n* 3 EXISTS");
        peer.say("* 4 EXISTS\r\n");
        assert!(peer.is_gone());
        login
    });
    let server_ = Server::starttls("127.0.0.1", port)
        .server_name(NAME)
        .extra_ca_pem(authority.pem().as_bytes())
        .unwrap();
    let mut connection = accepted(try_login(&server_).await.unwrap());
    let mut all = connection.remaining.clone();
    let mut buffer = [0; 64];
    while all.len() < 24 {
        let read = connection.stream.read(&mut buffer).await.unwrap();
        all.extend_from_slice(&buffer[..read]);
    }
    assert_eq!(all, b"* 3 EXISTS\r\n* 4 EXISTS\r\n");
    connection.stream.shutdown().await.unwrap();
    assert!(server.join().unwrap().contains("AUTHENTICATE XOAUTH2"));
}

#[tokio::test]
async fn data_behind_the_answer_to_starttls_is_refused() {
    let (port, server) = serve(|stream| {
        let mut peer = Peer(stream);
        peer.starttls("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n");
        // Nothing may come any more, not even the beginning of a handshake.
        (peer.hear(), peer.is_gone())
    });
    let server_ = Server::starttls("127.0.0.1", port)
        .extra_ca_pem(Authority::new().pem().as_bytes())
        .unwrap();
    let failure = try_login(&server_).await.unwrap_err();
    assert!(
        matches!(
            failure,
            Failure::Conversation(Error::DataAfterStartTls { octets: 35 })
        ),
        "{failure:?}"
    );
    assert_eq!(server.join().unwrap(), (String::new(), true));
}

#[tokio::test]
async fn data_in_clear_before_the_handshake_never_counts() {
    let authority = Authority::new();
    let (port, server) = serve(move |stream| {
        let mut peer = Peer(stream);
        peer.starttls("");
        std::thread::sleep(std::time::Duration::from_millis(50));
        peer.say("A2 OK you are in\r\n");
        peer.is_gone()
    });
    let server_ = Server::starttls("127.0.0.1", port)
        .extra_ca_pem(authority.pem().as_bytes())
        .unwrap();
    let failure = try_login(&server_).await.unwrap_err();
    assert!(matches!(failure, Failure::Tls(_)), "{failure:?}");
    assert!(server.join().unwrap());
}

#[tokio::test]
async fn a_refused_token_is_retried_on_the_same_connection() {
    let (port, server) = serve(|stream| {
        let mut peer = Peer(stream);
        peer.greet();
        let first = peer.answer("NO [AUTHENTICATIONFAILED] expired");
        let second = peer.answer("OK in");
        (first, second)
    });
    let server_ = Server::dangerous_in_clear("127.0.0.1", port);
    let refused = rejected(try_login(&server_).await.unwrap());
    assert_eq!(refused.rejection().advice(), Advice::RefreshToken);
    let shown = format!("{refused:?}");
    assert!(!shown.contains("mF_9"), "{shown}");
    let connection = accepted(refused.retry(token("fresh"), &mut Silent).await.unwrap());
    assert!(connection.remaining.is_empty());
    let (first, second) = server.join().unwrap();
    assert_ne!(first, second);
}

#[tokio::test]
async fn no_retry_on_a_closed_connection() {
    let (port, _server) = serve(|stream| Peer(stream).say("* BYE too many connections\r\n"));
    let server_ = Server::dangerous_in_clear("127.0.0.1", port);
    let refused = rejected(try_login(&server_).await.unwrap());
    assert!(refused.rejection().is_closed());
    assert_eq!(refused.rejection().reason(), Reason::Closed);
    let failure = refused
        .retry(token("fresh"), &mut Silent)
        .await
        .unwrap_err();
    assert_eq!(failure.kind(), "connection-lost");
}

#[tokio::test]
async fn a_dead_port_and_a_dead_name() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let failure = try_login(&Server::dangerous_in_clear("127.0.0.1", port))
        .await
        .unwrap_err();
    assert_eq!(failure.kind(), "connect");
    let text = format!("cannot connect to 127.0.0.1:{port} (");
    assert!(failure.to_string().starts_with(&text), "{failure}");

    let failure = try_login(&Server::dangerous_in_clear("nobody.invalid", 143))
        .await
        .unwrap_err();
    assert_eq!(failure.kind(), "resolve");
    let failure = try_login(&Server::dangerous_in_clear("two words", 143))
        .await
        .unwrap_err();
    assert_eq!(failure.kind(), "invalid");
}

#[tokio::test]
async fn a_reset_in_the_middle() {
    let (port, server) = serve(|stream| {
        let mut peer = Peer(stream);
        peer.greet();
        // Closing with unread data makes the kernel send a reset.
        std::thread::sleep(std::time::Duration::from_millis(100));
    });
    let failure = try_login(&Server::dangerous_in_clear("127.0.0.1", port))
        .await
        .unwrap_err();
    assert_eq!(failure.kind(), "connection-lost");
    server.join().unwrap();
}

#[tokio::test]
async fn from_a_given_address() {
    let (port, server) = serve(|stream| {
        let from = stream.peer_addr().unwrap().ip();
        Peer(stream).greet();
        from
    });
    let local: IpAddr = "127.0.0.2".parse().unwrap();
    let server_ = Server::dangerous_in_clear("localhost", port).bind(local);
    let offered = probe::<Imap>(&server_, Options::default(), &mut Silent)
        .await
        .unwrap();
    let Outcome::Accepted(capabilities) = offered else {
        panic!("{offered:?}")
    };
    assert!(capabilities.has("SASL-IR"));
    assert_eq!(server.join().unwrap(), local);
}

#[cfg(unix)]
#[tokio::test]
async fn unix_socket() {
    let path = std::env::temp_dir().join(format!("mail-login-tokio-{}", std::process::id()));
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let server = std::thread::spawn(move || {
        let mut peer = Peer(listener.accept().unwrap().0);
        peer.greet();
        peer.answer("OK in")
    });
    let connection = accepted(try_login(&Server::unix(&path)).await.unwrap());
    std::fs::remove_file(path).unwrap();
    assert!(connection.stream.secured().is_none());
    assert!(server.join().unwrap().contains("AUTHENTICATE XOAUTH2"));
}
