//! Runs a program of somebody else.

use std::{
    env,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A program that is to be run.
pub(super) struct Program(Command);

/// What became of it.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) status: Option<i32>,
    /// Both of its outputs.
    pub(super) text: String,
}

/// Longer than any client takes to give up, in seconds; `timeout` ends the program then.
const TIME: &str = "60";

/// The status of a program that `timeout` has ended.
const TOO_LONG: i32 = 124;

impl Program {
    /// A program by its name or path. One that is missing fails the test: whoever asked for it wants
    /// to know what it says.
    #[track_caller]
    pub(super) fn new(program: impl AsRef<Path>) -> Self {
        let program = program.as_ref();
        assert_is_there(program);
        let mut command = Command::new("timeout");
        command.arg(TIME).arg(program);
        // Nothing of whoever runs the tests gets into them.
        command
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap())
            .env("LC_ALL", "C")
            .env("TERM", "dumb")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self(command)
    }

    pub(super) fn arguments(mut self, arguments: &[&str]) -> Self {
        self.0.args(arguments);
        self
    }

    pub(super) fn home(mut self, directory: &Path) -> Self {
        self.0.env("HOME", directory).current_dir(directory);
        self
    }

    pub(super) fn variable(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    #[track_caller]
    pub(super) fn run(mut self, input: &str) -> Ran {
        let mut child = self.0.stdin(Stdio::piped()).spawn().unwrap();
        // One that does not read it all has its reasons, and will tell them.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        assert_ne!(output.status.code(), Some(TOO_LONG), "still at it: {text}");
        Ran {
            status: output.status.code(),
            text,
        }
    }
}

/// A file beside this one.
pub(super) fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/foreign")
        .join(name)
}

#[track_caller]
pub(super) fn assert_is_there(program: impl AsRef<Path>) {
    let program = program.as_ref();
    // A path that is absolute stays what it is.
    let path = env::var_os("PATH").unwrap_or_default();
    assert!(
        env::split_paths(&path).any(|directory| directory.join(program).is_file()),
        "{} is missing: sudo tests/install gets it, tests/run --quick does without",
        program.display()
    );
}
