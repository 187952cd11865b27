//! chromedriver: a process that lives as long as the browser.

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::flags;

/// How long processes may take to end.
const END: Duration = Duration::from_secs(10);

/// chromedriver on a port of its own, with a profile for one browser. Both go when this is dropped, and
/// every process that uses the profile.
#[derive(Debug)]
pub(crate) struct Driver {
    process: Child,
    profile: tempfile::TempDir,
    port: u16,
}

impl Driver {
    /// # Panics
    ///
    /// When there is no chromedriver, or it does not start.
    pub(crate) fn start() -> Self {
        let program = find("chromedriver", "chromium-driver");
        let profile = tempfile::Builder::new()
            .prefix("mail-login-browser-")
            .tempdir()
            .unwrap_or_else(|error| panic!("no directory for a profile: {error}"));
        let mut process = Command::new(&program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let port = process.stdout.take().and_then(|out| {
            let mut lines = BufReader::new(out).lines();
            let port = lines.by_ref().find_map(|line| port(&line.ok()?));
            // Nobody reads the rest, and it must not stand in the way.
            thread::spawn(move || lines.for_each(drop));
            port
        });
        let driver = Self {
            process,
            profile,
            port: port.unwrap_or_default(),
        };
        assert_ne!(driver.port, 0, "chromedriver ended without naming a port");
        driver
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn profile(&self) -> &Path {
        self.profile.path()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        // The browser sees that its driver is gone; one that does not is ended.
        let end = Instant::now() + END;
        let flag = flags::profile_flag(self.profile());
        while let [first, ..] = processes_with(&flag).as_slice() {
            if Instant::now() > end {
                let _ = Command::new("kill").args(["-KILL", first]).status();
            }
            if Instant::now() > end + END {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// The file of a program.
///
/// # Panics
///
/// When it is not there, with what to do.
pub(crate) fn find(program: &str, package: &str) -> PathBuf {
    env::var_os("PATH")
        .into_iter()
        .flat_map(|path| env::split_paths(&path).collect::<Vec<_>>())
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{package} is missing: run sudo tests/install"))
}

/// `ChromeDriver was started successfully on port 38245.`
fn port(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("successfully on port ")?;
    port.trim_end_matches('.').parse().ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read() {
        let line = "ChromeDriver was started successfully on port 38245.";
        assert_eq!(port(line), Some(38245));
        assert_eq!(port("Only local connections are allowed."), None);
    }

    #[test]
    #[should_panic(expected = "chromium is missing: run sudo tests/install")]
    fn what_is_missing_is_named() {
        find("no-such-program", "chromium");
    }
}
