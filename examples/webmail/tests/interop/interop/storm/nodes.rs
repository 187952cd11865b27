//! Three processes and one Redis.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

#[allow(dead_code, reason = "the tests of the stores use more of it")]
#[path = "../../../../../../crates/mail-login-tokio/tests/redis/process.rs"]
mod process;

use process::RedisProcess;

/// Where the nodes get their tokens, and where they log in.
pub(super) struct Setting {
    pub(super) issuer: String,
    pub(super) ca: PathBuf,
    pub(super) client: &'static str,
    pub(super) imap: Option<u16>,
    pub(super) resource: String,
}

pub(super) struct Nodes {
    redis: RedisProcess,
    folder: PathBuf,
    arguments: Vec<String>,
    nodes: Vec<(u16, Child)>,
}

impl Nodes {
    pub(super) fn start(setting: &Setting) -> Self {
        let redis = RedisProcess::start();
        let folder = redis.directory().join("webmail");
        fs::create_dir(&folder).unwrap();
        let config = folder.join("webmail.toml");
        fs::write(&config, toml(setting)).unwrap();
        let key = folder.join("key");
        private(&key, &"k".repeat(64));
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let arguments = vec![
            "--config".into(),
            text(&config),
            "--ca".into(),
            text(&setting.ca),
            "--redis".into(),
            redis.url(),
            "--key".into(),
            text(&key),
            "--login-claim".into(),
            "sub".into(),
            "--log".into(),
            "warn".into(),
        ];
        let ports = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let ports = ports.map(|listener| listener.local_addr().unwrap().port());
        let nodes = ports.map(|port| (port, launch(&arguments, port)));
        Self {
            redis,
            folder,
            arguments,
            nodes: nodes.into(),
        }
    }

    pub(super) fn urls(&self) -> Vec<String> {
        let ports = self.nodes.iter().map(|(port, _)| port);
        ports
            .map(|port| format!("http://127.0.0.1:{port}"))
            .collect()
    }

    pub(super) fn redis(&mut self) -> &mut RedisProcess {
        &mut self.redis
    }

    /// As `kill -9` does.
    pub(super) fn kill(&mut self, node: usize) {
        let child = &mut self.nodes[node].1;
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub(super) fn start_again(&mut self, node: usize) {
        let port = self.nodes[node].0;
        self.nodes[node].1 = launch(&self.arguments, port);
    }

    /// What each node has in memory, in KiB.
    pub(super) fn memory(&self) -> Vec<u64> {
        let of = |child: &Child| {
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
            let line = status
                .lines()
                .find(|line| line.starts_with("VmRSS:"))
                .unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        self.nodes.iter().map(|(_, child)| of(child)).collect()
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        for (_, child) in &mut self.nodes {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn toml(setting: &Setting) -> String {
    let ca = setting.ca.display();
    let imap = setting.imap.unwrap_or(993);
    format!(
        "[primary]
imap = {{ host = \"localhost\", port = {imap}, security = \"tls\", ca = \"{ca}\" }}
smtp = {{ host = \"localhost\", port = 465, security = \"tls\" }}

[tokens]
issuer = \"{}\"
client_id = \"{}\"
scope = \"openid offline_access mail\"
resource = \"{}\"
password_grant = true

[sessions]
look = \"1s\"
",
        setting.issuer, setting.client, setting.resource
    )
}

/// A file for its owner alone.
fn private(path: &Path, text: &str) {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};

    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    file.unwrap().write_all(text.as_bytes()).unwrap();
}

/// Starts a node, and waits until it says that it is ready.
fn launch(arguments: &[String], port: u16) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_webmail"))
        .args(arguments)
        .args(["--listen", &format!("127.0.0.1:{port}")])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut said).unwrap();
    assert!(said.contains("is ready"), "the node does not start: {said}");
    child
}
