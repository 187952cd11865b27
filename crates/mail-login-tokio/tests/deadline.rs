//! One deadline over everything, against servers that stall in every way.

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

use std::{
    thread,
    time::{Duration, Instant},
};

use imap_auth::{Imap, Options};
use mail_login_tokio::{Failure, Phase, Server, Silent, login};
use sasl_core::Credentials;
use support::{Authority, NAME, Peer, drip, serve};

const TIME: Duration = Duration::from_millis(300);

/// Logs in, and says what took too long. It must not take much longer than it may.
async fn late(server: Server) -> Phase {
    let server = server
        .server_name(NAME)
        .timeout(TIME)
        .extra_ca_pem(Authority::new().pem().as_bytes())
        .unwrap();
    phase_of(&server).await
}

async fn phase_of(server: &Server) -> Phase {
    let credentials = Credentials::bearer("user@example.com", "mF_9.B5f-4.1JqM").unwrap();
    let start = Instant::now();
    let failure = login::<Imap>(server, credentials, Options::default(), &mut Silent).await;
    let took = start.elapsed();
    assert!(took >= TIME && took < TIME * 5, "{took:?}");
    let failure = failure.unwrap_err();
    let Failure::Deadline { during } = failure else {
        panic!("{failure:?}")
    };
    during
}

#[tokio::test]
async fn stalled_greeting() {
    let (port, server) = serve(|stream| Peer(stream).is_gone());
    let during = late(Server::dangerous_in_clear("127.0.0.1", port)).await;
    assert_eq!(during, Phase::Conversation);
    assert!(server.join().unwrap());
}

#[tokio::test]
async fn stalled_starttls() {
    let (port, server) = serve(|stream| {
        let mut peer = Peer(stream);
        peer.say("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n");
        assert!(peer.hear().ends_with("STARTTLS"));
        peer.is_gone()
    });
    let during = late(Server::starttls("127.0.0.1", port)).await;
    assert_eq!(during, Phase::StartTls);
    assert!(server.join().unwrap());
}

#[tokio::test]
async fn stalled_handshake() {
    let (port, server) = serve(|stream| Peer(stream).is_gone());
    let during = late(Server::implicit_tls("127.0.0.1", port)).await;
    assert_eq!(during, Phase::Handshake);
    assert!(server.join().unwrap());
}

#[tokio::test]
async fn stalled_handshake_after_starttls() {
    let (port, server) = serve(|stream| {
        let mut peer = Peer(stream);
        peer.starttls("");
        peer.is_gone()
    });
    let during = late(Server::starttls("127.0.0.1", port)).await;
    assert_eq!(during, Phase::Handshake);
    assert!(server.join().unwrap());
}

#[tokio::test]
async fn one_octet_now_and_then_in_clear() {
    let (port, server) = serve(drip);
    let during = late(Server::dangerous_in_clear("127.0.0.1", port)).await;
    assert_eq!(during, Phase::Conversation);
    assert!(server.join().unwrap());
}

#[tokio::test]
async fn one_octet_now_and_then_in_tls() {
    let authority = Authority::new();
    let config = authority.server(&[NAME]);
    let (port, server) = serve(move |stream| drip(Peer(stream).secure(config).0));
    let server_ = Server::implicit_tls("127.0.0.1", port)
        .server_name(NAME)
        .timeout(TIME)
        .extra_ca_pem(authority.pem().as_bytes())
        .unwrap();
    assert_eq!(phase_of(&server_).await, Phase::Conversation);
    assert!(server.join().unwrap());
}

#[tokio::test]
async fn one_octet_now_and_then_of_a_handshake() {
    let (port, server) = serve(|mut stream| {
        use std::io::Write;
        // A handshake record of 16 KiB, which would take minutes at this pace.
        for octet in [0x16, 3, 3, 0x3f, 0xff, 2].into_iter().chain([0; 400]) {
            if stream.write_all(&[octet]).is_err() {
                return true;
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    });
    let during = late(Server::implicit_tls("127.0.0.1", port)).await;
    assert_eq!(during, Phase::Handshake);
    assert!(server.join().unwrap());
}
