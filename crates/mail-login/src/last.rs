//! What went wrong last, kept beside the tokens of an account: whoever looks later sees what the
//! command was told.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use mail_login_tokens::clock;
use serde::{Deserialize, Serialize};

use crate::{
    config,
    exit::{Exit, Problem},
};

/// Why a command got no token. No secret, and no word of the server but its error code.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct LastFailure {
    /// When, in seconds since 1970.
    pub(crate) at: u64,
    pub(crate) kind: String,
    pub(crate) code: Option<String>,
    /// What happened, and what to do about it.
    pub(crate) message: String,
    exit: u8,
}

/// Characters of a sentence that are kept.
const MESSAGE: usize = 1000;
/// A longer file is none of ours.
const LENGTH: u64 = 16 << 10;

impl LastFailure {
    /// How the command ended.
    pub(crate) fn exit(&self) -> Exit {
        Exit::of_code(self.exit).unwrap_or(Exit::Temporary)
    }

    fn of(problem: &Problem) -> Self {
        Self {
            at: clock::now().wall.as_secs(),
            kind: problem.kind.into(),
            code: problem.code.clone(),
            message: problem.plain().chars().take(MESSAGE).collect(),
            exit: problem.exit as u8,
        }
    }
}

/// A command got no token. Where that cannot be written, nothing is lost but this.
pub(crate) fn remember(name: &str, problem: &Problem) {
    if let Ok(path) = path(name) {
        let _ = write(&path, &LastFailure::of(problem));
    }
}

/// There are tokens again, or there is no account any more.
pub(crate) fn forget(name: &str) {
    if let Ok(path) = path(name) {
        let _ = fs::remove_file(path);
    }
}

/// What a file says that can be read; it is for people, and no reason to fail.
pub(crate) fn read(name: &str) -> Option<LastFailure> {
    let mut text = String::new();
    let file = File::open(path(name).ok()?).ok()?;
    file.take(LENGTH).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// In the same directory whatever the store: it is about commands of this machine.
fn path(name: &str) -> Result<PathBuf, Problem> {
    let directory = config::state_directory()?.join("accounts");
    Ok(directory.join(format!("{name}.last")))
}

fn write(path: &Path, failure: &LastFailure) -> io::Result<()> {
    let directory = path.parent().unwrap_or(path);
    config::make_private(directory)?;
    // For its owner alone, and whole or not at all.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(serde_json::to_string(failure)?.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
