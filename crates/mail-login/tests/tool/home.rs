//! Where an account is configured and its tokens are kept, and the tool run with that.

use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

use crate::{
    bed::{CLIENT_SECRET, PASSWORD},
    support::{code, stderr},
};

/// A directory with configuration and state, for an account `work`.
pub(crate) struct Home {
    pub(crate) directory: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { directory }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Where the tokens of the account are.
    pub(crate) fn record_path(&self) -> PathBuf {
        self.path("state/accounts/work.json")
    }

    pub(crate) fn record(&self) -> Value {
        serde_json::from_slice(&fs::read(self.record_path()).unwrap()).unwrap()
    }

    /// Changes the record, as time would.
    pub(crate) fn change_record(&self, change: impl FnOnce(&mut Value)) {
        let mut record = self.record();
        change(&mut record);
        fs::write(self.record_path(), record.to_string()).unwrap();
    }

    /// The access token is past its time, by the client's clock.
    pub(crate) fn expire(&self) {
        self.life(-60);
    }

    /// The access token is good for so many seconds more, of an hour.
    pub(crate) fn life(&self, seconds: i64) {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        let expires = i64::try_from(now.as_millis()).unwrap() + seconds * 1000;
        self.change_record(|record| {
            record["access"][0]["expires_at"] = expires.into();
            record["access"][0]["issued_at"] = (expires - 3_600_000).into();
        });
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mail-login"));
        command
            .args(arguments)
            .env("MAIL_LOGIN_CONFIG", self.path("config.toml"))
            .env("MAIL_LOGIN_STATE", self.path("state"))
            .env_remove("BROWSER")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, "")
    }

    pub(crate) fn run_with(&self, arguments: &[&str], stdin: &str) -> Output {
        let before = self.secrets();
        let mut child = self.spawn(arguments);
        // The tool may end before it reads.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        self.check_secrecy(arguments, &output, before);
        output
    }

    /// Runs a command that has to do what it should.
    #[track_caller]
    pub(crate) fn good(&self, arguments: &[&str]) -> Output {
        let output = self.run(arguments);
        assert_eq!(code(&output), 0, "{arguments:?}: {}", stderr(&output));
        output
    }

    /// No output holds a secret, but that of `token`.
    pub(crate) fn check_secrecy(&self, arguments: &[&str], output: &Output, before: Vec<String>) {
        let mut secrets = before;
        secrets.extend(self.secrets());
        for secret in &secrets {
            let is_result = arguments.first() == Some(&"token");
            let outputs = [(&output.stdout, is_result), (&output.stderr, false)];
            for (text, allowed) in outputs {
                let leak = harness::secrecy::leak(text, secret);
                assert!(
                    allowed || leak.is_none(),
                    "{arguments:?}: a secret is shown: {leak:?}"
                );
            }
        }
    }

    /// All that is secret now.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut secrets = vec![PASSWORD.to_owned(), CLIENT_SECRET.to_owned()];
        let record = fs::read(self.record_path()).unwrap_or_default();
        if let Ok(record) = serde_json::from_slice::<Value>(&record) {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            secrets.extend(text(&record["refresh"]));
            secrets.extend(text(&record["id_token"]));
            secrets.extend(
                record["access"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|token| text(&token["token"])),
            );
        }
        secrets
    }
}
