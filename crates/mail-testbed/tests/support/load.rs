//! Thousands of connections, what they cost, and how long a login takes among them.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "every test file uses a part; a test needs no `no_std`, and a panic is how it fails"
)]

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use base64::Engine as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// A good login must not take longer, however many others there are.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// Lets this process have so many open files: both ends of every connection are in it.
pub fn allow_open_files(wanted: u64) {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|now| now < wanted) {
        let raised = Rlimit {
            current: Some(wanted),
            maximum: limit.maximum,
        };
        setrlimit(Resource::Nofile, raised)
            .expect("the test needs more open files than this user may have: ulimit -Hn");
    }
}

/// What this process has in memory, in KiB: now, and at most so far.
pub fn memory() -> (u64, u64) {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let value = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.unwrap().trim().trim_end_matches(" kB");
        number.parse().unwrap()
    };
    (value("VmRSS:"), value("VmHWM:"))
}

/// A client that knows just enough of IMAP, and keeps nothing in memory.
pub struct Raw(pub TcpStream);

impl Raw {
    /// Connects and waits for the greeting: then the server has taken the connection.
    pub fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        let raw = Self(socket);
        raw.hear("* OK");
        raw
    }

    pub fn log_in(&self, login: &str) {
        self.say(login.as_bytes());
        self.hear("a OK");
    }

    pub fn say(&self, bytes: &[u8]) {
        (&self.0).write_all(bytes).unwrap();
    }

    /// Reads a line or more, which must have this in it.
    #[track_caller]
    pub fn hear(&self, expected: &str) {
        let heard = hear_line(&mut &self.0);
        assert!(heard.contains(expected), "{heard:?}");
    }

    /// Reads until the server has closed the connection, or torn it down.
    #[track_caller]
    pub fn is_closed(&self, within: Duration) {
        self.0.set_read_timeout(Some(within)).unwrap();
        let mut buffer = [0; 1024];
        loop {
            match (&self.0).read(&mut buffer) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return,
                Err(error) => panic!("it is open still: {error}"),
            }
        }
    }
}

pub fn hear_line(stream: &mut impl Read) -> String {
    let mut heard = Vec::new();
    let mut buffer = [0; 1024];
    while !heard.ends_with(b"\n") {
        let read = stream.read(&mut buffer).unwrap();
        assert_ne!(read, 0, "{}", heard.escape_ascii());
        heard.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8(heard).unwrap()
}

/// The command of a login by XOAUTH2.
pub fn login_command(user: &str, token: &str) -> String {
    let message = format!("user={user}\x01auth=Bearer {token}\x01\x01");
    let message = base64::engine::general_purpose::STANDARD.encode(message);
    format!("a AUTHENTICATE XOAUTH2 {message}\r\n")
}

/// Fresh logins, one after the other, until it is finished.
pub struct Stream {
    done: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Duration>>,
}

impl Stream {
    /// `log_in` logs in and out, or panics.
    pub fn start(log_in: impl Fn() + Send + 'static) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&done);
        let thread = thread::spawn(move || {
            let mut times = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let start = Instant::now();
                log_in();
                times.push(start.elapsed());
                // Each leaves a port behind that cannot be used again at once.
                thread::sleep(Duration::from_millis(5));
            }
            times
        });
        Self { done, thread }
    }

    /// Ends it. Each login must have succeeded, and in time.
    pub fn finish(self, name: &str) {
        self.done.store(true, Ordering::Relaxed);
        let times = self.thread.join().unwrap();
        show_times(name, times);
    }
}

/// Shows how long it took half of them, 99 in a hundred, and the slowest, which must be in time.
pub fn show_times(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    println!(
        "{name}: {} logins, p50 {:.1?}, p99 {:.1?}, slowest {:.1?}",
        times.len(),
        at(50),
        at(99),
        at(100)
    );
    assert!(times.len() >= 100, "too few to say anything");
    assert!(at(100) < DEADLINE, "{name}: {:?}", at(100));
}
