//! A Redis server on a socket of its own, until it is dropped.

use std::{
    fs,
    io::{BufRead as _, BufReader, ErrorKind},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use mail_login_tokio::tokens::{clock, redis::RedisServer};

pub(crate) struct RedisProcess {
    directory: PathBuf,
    arguments: Vec<String>,
    child: Child,
}

impl RedisProcess {
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// What it has written is on the disk before it answers, as the contract of a store wants it.
    pub(crate) fn with(more: &[&str]) -> Self {
        let name = format!("mail-login-redis-{}", clock::owner().unwrap());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir(&directory).unwrap();
        let socket = directory.join("socket");
        let fixed = [
            "--port",
            "0",
            "--save",
            "",
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--unixsocket",
        ];
        let socket = [socket.to_str().unwrap()];
        let at = ["--dir", directory.to_str().unwrap()];
        let all = fixed.iter().chain(&socket).chain(&at).chain(more);
        let arguments: Vec<String> = all.map(|text| (*text).to_owned()).collect();
        let child = launch(&arguments);
        Self {
            directory,
            arguments,
            child,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("unix://{}", self.socket())
    }

    pub(crate) fn socket(&self) -> String {
        self.directory.join("socket").to_str().unwrap().to_owned()
    }

    pub(crate) fn server(&self) -> RedisServer {
        RedisServer::new(&self.url()).unwrap()
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Kills it as a power failure does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn start_again(&mut self) {
        self.child = launch(&self.arguments);
    }

    /// It takes connections and answers nothing, until it is told to go on.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(status.success());
    }

    /// What an operator sees.
    pub(crate) fn cli(&self, arguments: &[&str]) -> String {
        let output = Command::new("redis-cli")
            .args(["-s", &self.socket()])
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for RedisProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Starts it, and waits until it says that it is ready.
fn launch(arguments: &[String]) -> Child {
    let child = Command::new("redis-server")
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn();
    let mut child = match child {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("redis-server is missing: sudo tests/install")
        }
        child => child.unwrap(),
    };
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("eady to accept connections") {
        let read = output.read_line(&mut said).unwrap();
        assert!(read > 0, "redis-server ended: {said}");
    }
    // Nobody listens from now on, so that it must not stop for that: it logs next to nothing later.
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    child
}
