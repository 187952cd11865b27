//! A dropped login leaves nothing behind: no socket, no task.

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

use std::{net::TcpStream, time::Duration};

use imap_auth::{Imap, Options};
use mail_login_tokio::{Server, Silent, login, probe};
use sasl_core::Credentials;
use support::{Authority, NAME, Peer, serve};
use tokio::runtime::Handle;

/// Begins a login, drops it after a while, and says whether the server saw the connection close
/// while the runtime is still there.
async fn cancelled(server: Server, play: std::thread::JoinHandle<bool>) {
    let credentials = Credentials::bearer("user@example.com", "mF_9.B5f-4.1JqM").unwrap();
    let mut observer = Silent;
    let login = login::<Imap>(&server, credentials, Options::default(), &mut observer);
    let late = tokio::time::timeout(Duration::from_millis(150), login).await;
    assert!(late.is_err(), "{late:?}");
    assert!(play.join().unwrap());
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
}

#[tokio::test]
async fn before_the_greeting() {
    let (port, server) = serve(|stream: TcpStream| Peer(stream).is_gone());
    cancelled(Server::dangerous_in_clear("127.0.0.1", port), server).await;
}

#[tokio::test]
async fn in_the_handshake() {
    let (port, server) = serve(|stream: TcpStream| Peer(stream).is_gone());
    let address = Server::implicit_tls("127.0.0.1", port)
        .extra_ca_pem(Authority::new().pem().as_bytes())
        .unwrap();
    cancelled(address, server).await;
}

#[tokio::test]
async fn between_token_and_verdict() {
    let authority = Authority::new();
    let config = authority.server(&[NAME]);
    let (port, server) = serve(move |stream| {
        let mut peer = Peer(stream).secure(config);
        peer.greet();
        assert!(peer.hear().contains("AUTHENTICATE"));
        peer.is_gone()
    });
    let address = Server::implicit_tls("127.0.0.1", port)
        .server_name(NAME)
        .extra_ca_pem(authority.pem().as_bytes())
        .unwrap();
    cancelled(address, server).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_descriptor_is_left() {
    // Other tests of this process open sockets too, so this one counts those to its own port.
    let open = |port: u16| {
        let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
        let remote = format!("0100007F:{port:04X}");
        let ours = |line: &&str| line.split_whitespace().nth(2) == Some(remote.as_str());
        // State 01 is an established connection.
        let established = |line: &&str| line.split_whitespace().nth(3) == Some("01");
        table.lines().filter(ours).filter(established).count()
    };
    let (port, server) = serve(|stream: TcpStream| Peer(stream).is_gone());
    let address = Server::dangerous_in_clear("127.0.0.1", port);
    let mut observer = Silent;
    let mut probing = Box::pin(probe::<Imap>(&address, Options::default(), &mut observer));
    let late = tokio::time::timeout(Duration::from_millis(100), &mut probing).await;
    assert!(late.is_err(), "{late:?}");
    assert_eq!(open(port), 1);
    drop(probing);
    assert_eq!(open(port), 0);
    assert!(server.join().unwrap());
}

#[test]
fn futures_can_be_spawned() {
    fn spawnable<T: Send>(_: &T) {}

    let server = Server::dangerous_in_clear("127.0.0.1", 1);
    let credentials = Credentials::bearer("user@example.com", "t0ken").unwrap();
    spawnable(&login::<Imap>(
        &server,
        credentials,
        Options::default(),
        &mut Silent,
    ));
    spawnable(&probe::<Imap>(&server, Options::default(), &mut Silent));
}
