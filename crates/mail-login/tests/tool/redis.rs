//! Tokens in Redis: one sign-in serves two machines.

use std::{
    fs,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use mail_testbed::Endpoint;

use crate::{
    bed::Bed,
    support::{code, stderr, stdout},
};

/// A server of its own on a socket of its own, which ends with the test.
struct Redis(Child);

impl Redis {
    fn start(bed: &Bed) -> Self {
        let socket = bed.path("redis.sock");
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--unixsocket"])
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let end = Instant::now() + Duration::from_secs(20);
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(Instant::now() < end, "redis-server does not start");
            std::thread::yield_now();
        }
        Self(child)
    }
}

impl Redis {
    fn signal(&self, signal: &str) {
        let pid = self.0.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn one_sign_in_serves_two_machines() {
    let bed = Bed::start();
    let redis = Redis::start(&bed);
    let store = format!(
        "store = \"redis+unix://{}\"",
        bed.path("redis.sock").display()
    );
    bed.configure(&store);
    let tokens = bed.sign_in();
    // The other machine has the same configuration, and no state.
    fs::remove_dir_all(bed.path("state")).unwrap();
    let output = bed.good(&["token", "work"]);
    assert_eq!(stdout(&output).trim_end(), tokens.access_token());
    bed.good(&["try", "imap", "--account", "work"]);

    // A store that is gone is no sign-out.
    drop(redis);
    let output = bed.run(&["token", "work", "--timeout", "3"]);
    assert_eq!(code(&output), 74, "{}", stderr(&output));
    let redis = Redis::start(&bed);
    assert_eq!(code(&bed.run(&["token", "work"])), 77);
    drop(redis);
}

/// Gone, or stuck: the store cannot be read, nothing is asked of the provider, and once the store is
/// back all is as it was.
#[test]
fn a_store_that_does_not_answer_costs_no_sign_in() {
    let bed = Bed::start();
    let redis = Redis::start(&bed);
    let socket = bed.path("redis.sock");
    bed.configure(&format!("store = \"redis+unix://{}\"", socket.display()));
    bed.sign_in();
    redis.signal("-STOP");
    let stuck = bed.run(&["token", "work", "--min-valid", "3600", "--timeout", "2"]);
    redis.signal("-CONT");
    fs::rename(&socket, bed.path("away.sock")).unwrap();
    let gone = bed.run(&["token", "work", "--min-valid", "3600", "--timeout", "2"]);
    fs::rename(bed.path("away.sock"), &socket).unwrap();
    for output in [stuck, gone] {
        assert_eq!(code(&output), 74, "{}", stderr(&output));
        let said = stderr(&output);
        assert!(said.contains("the tokens cannot be read"), "{said}");
        assert!(said.contains("Redis"), "{said}");
    }
    assert_eq!(bed.testbed.provider().requests(Endpoint::Token), 0);
    bed.good(&["token", "work"]);
    bed.good(&["try", "imap", "--account", "work"]);
    assert_eq!(bed.testbed.provider().reuses(), 0);
}
