//! chromedriver: a process that lives as long as the browser.

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
};

use crate::profile::Profile;

/// chromedriver on a port of its own, with a profile for one browser. Both go when this is dropped.
#[derive(Debug)]
pub(crate) struct Driver {
    process: Child,
    profile: Profile,
    port: u16,
}

impl Driver {
    /// # Panics
    ///
    /// When there is no chromedriver, or it does not start.
    pub(crate) fn start() -> Self {
        let program = find("chromedriver", "chromium-driver");
        let profile = Profile::new();
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

    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        // The browser sees that its driver is gone.
        self.profile.wait_for_end();
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
