//! What one browser writes, and by which its processes are told from those of all others.

use std::{
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// How long processes may take to end.
const END: Duration = Duration::from_secs(10);

/// A fresh profile. It goes when this is dropped, and so does every process that uses it.
#[derive(Debug)]
pub(crate) struct Profile(tempfile::TempDir);

impl Profile {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("mail-login-browser-")
            .tempdir();
        Self(folder.unwrap_or_else(|error| panic!("no directory for a profile: {error}")))
    }

    /// The argument that names it.
    pub(crate) fn flag(&self) -> String {
        let path: &Path = self.0.path();
        format!("--user-data-dir={}", path.display())
    }

    /// Waits until nobody uses it, and not for ever.
    pub(crate) fn wait_for_end(&self) {
        self.look_until(Instant::now() + END, |_| ());
    }

    /// Looks who uses it until nobody does.
    fn look_until(&self, end: Instant, act: impl Fn(&str)) {
        let flag = self.flag();
        while let [first, ..] = processes_with(&flag).as_slice() {
            if Instant::now() > end {
                break;
            }
            act(first);
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        self.look_until(Instant::now() + END, |process| {
            let _ = Command::new("kill").args(["-KILL", process]).status();
        });
    }
}

/// The identifiers of the processes that were started with an argument.
fn processes_with(argument: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let has = |entry: &fs::DirEntry| {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        line.split(|octet| *octet == 0)
            .any(|word| word == argument.as_bytes())
    };
    entries
        .flatten()
        .filter(has)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}
