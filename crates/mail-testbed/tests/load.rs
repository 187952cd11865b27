//! Five thousand connections at once, half of them hostile: good logins succeed in time, and memory
//! is bounded. On loopback alone, and over within a minute.

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
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use mail_testbed::{MailOptions, Testbed, TestbedOptions};
use support::{Raw, Stream, allow_open_files, login_command, memory, show_times};

const USER: &str = "alice@example.com";

/// Those who log in and stay.
const GOOD: usize = 2500;

/// Those of each hostile kind.
const EACH: usize = 625;

const ALL: usize = GOOD + 4 * EACH;

/// Until then all are there; then the hostile ones are cut off.
const LOGIN_TIME: Duration = Duration::from_secs(25);

/// For each connection, in KiB. Half of it is what those cost that send as much as they may.
const MOST_KIB: u64 = 32;

#[test]
fn good_logins_among_hostile_clients() {
    // Both ends, and some for the rest.
    allow_open_files(2 * ALL as u64 + 500);
    let options = MailOptions::new().login_time(LOGIN_TIME);
    let testbed = Testbed::with(TestbedOptions::new().imap(options)).unwrap();
    let server = testbed.imap();
    let address = server.in_clear();
    let login = login_command(USER, &testbed.token(USER));
    Raw::connect(address).log_in(&login);
    let (before, _) = memory();
    let start = Instant::now();

    let fresh = {
        let login = login.clone();
        Stream::start(move || Raw::connect(address).log_in(&login))
    };
    let silent: Vec<_> = (0..EACH).map(|_| Raw::connect(address)).collect();
    let lines: Vec<_> = (0..EACH).map(|_| endless_line(address)).collect();
    let literals: Vec<_> = (0..EACH).map(|_| endless_literal(address)).collect();
    let drip = Drip::start(address);
    let mut times = Vec::with_capacity(GOOD);
    let good: Vec<_> = (0..GOOD)
        .map(|_| {
            let start = Instant::now();
            let raw = Raw::connect(address);
            raw.log_in(&login);
            times.push(start.elapsed());
            raw
        })
        .collect();

    let took = start.elapsed();
    assert!(took < LOGIN_TIME, "too slow to have all at once: {took:?}");
    assert!(server.connections() >= ALL as u64);
    println!("{} connections in {took:.1?}", server.connections());
    // None of them was forgotten over the others.
    for raw in &good {
        raw.say(b"b NOOP\r\n");
        raw.hear("b OK");
    }
    let (now, peak) = memory();
    let each = |memory: u64| (memory - before) / ALL as u64;
    println!(
        "memory: {before} KiB before, {now} KiB now, {peak} KiB at most: {} KiB a connection",
        each(peak)
    );
    assert!(each(peak) < MOST_KIB, "{} KiB a connection", each(peak));

    // One octet too many.
    for raw in &lines {
        raw.say(&[b'a'; 1024]);
        raw.is_closed(LOGIN_TIME);
    }
    // The time to log in ends, and what drips does not prolong it.
    for raw in silent.iter().chain(&literals) {
        raw.is_closed(LOGIN_TIME * 2);
    }
    drip.are_closed();
    fresh.finish("fresh logins, all the time");
    show_times("those who stay", times);
    assert_eq!(server.connections(), GOOD as u64);
    for raw in &good {
        raw.say(b"c NOOP\r\n");
        raw.hear("c OK");
    }
    println!("it took {:.1?}", start.elapsed());
}

/// Nearly as much as a line may have, and no end of it.
fn endless_line(address: SocketAddr) -> Raw {
    let raw = Raw::connect(address);
    raw.say(&[b'a'; 16_000]);
    raw
}

/// First a literal that nobody has room for, which is refused before it is sent; then one that is just
/// small enough, and never whole.
fn endless_literal(address: SocketAddr) -> Raw {
    let raw = Raw::connect(address);
    raw.say(b"a LOGIN alice {4294967295}\r\n");
    raw.is_closed(support::DEADLINE);
    let raw = Raw::connect(address);
    raw.say(b"a LOGIN alice {16000}\r\n");
    raw.hear("+ ");
    raw.say(&[b'a'; 15_000]);
    raw
}

/// Connections on which an octet comes now and then.
struct Drip {
    done: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Raw>>,
}

impl Drip {
    fn start(address: SocketAddr) -> Self {
        let raws: Vec<_> = (0..EACH).map(|_| Raw::connect(address)).collect();
        let done = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&done);
        let thread = thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                for Raw(socket) in &raws {
                    // When the server has cut it off there is nobody to hear it.
                    let _ = (socket as &TcpStream).write(b"a");
                }
                thread::sleep(Duration::from_millis(500));
            }
            raws
        });
        Self { done, thread }
    }

    fn are_closed(self) {
        self.done.store(true, Ordering::Relaxed);
        for raw in self.thread.join().unwrap() {
            raw.is_closed(LOGIN_TIME);
        }
    }
}
