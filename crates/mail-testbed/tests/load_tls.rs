//! What a connection over TLS costs, and how long a login takes among clients that begin a handshake
//! and never end it. In a file of its own, because memory is that of a process.

#![cfg(target_os = "linux")]
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

#[path = "support/load.rs"]
mod support;

use std::{
    io::Write as _,
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

use mail_testbed::{Authority, MailOptions, Testbed, TestbedOptions};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring, pki_types::ServerName,
};
use support::{
    DEADLINE, Raw, Stream, allow_open_files, hear_line, login_command, memory, show_times,
};

const USER: &str = "alice@example.com";

/// Those who log in and stay.
const GOOD: usize = 500;

/// Those who say nothing, and as many who send half of a message of the handshake.
const EACH: usize = 250;

const ALL: usize = GOOD + 2 * EACH;

const LOGIN_TIME: Duration = Duration::from_secs(20);

/// For each connection, in KiB.
const MOST_KIB: u64 = 64;

#[test]
fn good_logins_over_tls_among_hostile_clients() {
    allow_open_files(2 * ALL as u64 + 500);
    let options = MailOptions::new().login_time(LOGIN_TIME);
    let testbed = Testbed::with(TestbedOptions::new().imap(options)).unwrap();
    let server = testbed.imap();
    let login = login_command(USER, &testbed.token(USER));
    let client = Client {
        address: server.implicit_tls(),
        config: config(testbed.authority()),
        login,
    };
    client.log_in();
    let (before, _) = memory();
    let start = Instant::now();

    let fresh = {
        let client = client.clone();
        Stream::start(move || drop(client.log_in()))
    };
    let connect = |first: &[u8]| {
        let mut socket = TcpStream::connect(client.address).unwrap();
        socket.write_all(first).unwrap();
        Raw(socket)
    };
    let silent: Vec<_> = (0..EACH).map(|_| connect(b"")).collect();
    // A ClientHello of 16 KiB is announced, and ends early.
    let mut half = vec![0x16, 3, 1, 0x3f, 0xff, 1, 0, 0x3f, 0xfb];
    half.resize(16 << 10, 0);
    let halves: Vec<_> = (0..EACH).map(|_| connect(&half)).collect();
    let mut times = Vec::with_capacity(GOOD);
    let good: Vec<_> = (0..GOOD)
        .map(|_| {
            let start = Instant::now();
            let socket = client.log_in();
            times.push(start.elapsed());
            socket
        })
        .collect();

    let took = start.elapsed();
    assert!(took < LOGIN_TIME, "too slow to have all at once: {took:?}");
    // They are taken in the order in which they came.
    assert!(server.connections() >= ALL as u64);
    println!("{} connections in {took:.1?}", server.connections());
    let (now, peak) = memory();
    let each = (peak - before) / ALL as u64;
    println!(
        "memory: {before} KiB before, {now} KiB now, {peak} KiB at most: {each} KiB a connection"
    );
    assert!(each < MOST_KIB, "{each} KiB a connection");

    for raw in silent.iter().chain(&halves) {
        raw.is_closed(LOGIN_TIME * 2);
    }
    fresh.finish("fresh logins, all the time");
    show_times("those who stay", times);
    assert_eq!(server.connections(), good.len() as u64);
    println!("it took {:.1?}", start.elapsed());
}

#[derive(Clone)]
struct Client {
    address: SocketAddr,
    config: Arc<ClientConfig>,
    login: String,
}

impl Client {
    /// Logs in, and keeps the socket alone: the client's part of TLS is not what is measured.
    fn log_in(&self) -> TcpStream {
        let name = ServerName::try_from("localhost").unwrap();
        let tls = ClientConnection::new(Arc::clone(&self.config), name).unwrap();
        let socket = TcpStream::connect(self.address).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        let mut stream = StreamOwned::new(tls, socket);
        let greeting = hear_line(&mut stream);
        assert!(greeting.starts_with("* OK"), "{greeting:?}");
        stream.write_all(self.login.as_bytes()).unwrap();
        let answer = hear_line(&mut stream);
        assert!(answer.starts_with("a OK"), "{answer:?}");
        stream.into_parts().1
    }
}

fn config(authority: &Authority) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}
