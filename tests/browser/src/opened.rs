//! A browser that another program opens.

use crate::{driver::find, flags, profile::Profile};

/// A browser for a program that opens one by itself, as the variable `BROWSER` tells it to. What was opened
/// ends when this is dropped. It goes where it is sent, and nobody clicks in it.
///
/// ```no_run
/// let opened = mail_login_browser::Opened::new();
/// let mut program = std::process::Command::new("mail-login");
/// program.args(["sign-in", "work"]).env("BROWSER", opened.command());
/// ```
#[derive(Debug)]
pub struct Opened(Profile);

impl Opened {
    /// One that is not open yet.
    #[allow(clippy::new_without_default, reason = "each has a profile of its own")]
    pub fn new() -> Self {
        Self(Profile::new())
    }

    /// What to open it with: a program and its arguments, with spaces between them. The address comes last.
    ///
    /// # Panics
    ///
    /// When there is no Chromium.
    pub fn command(&self) -> String {
        flags::command(&find("chromium", "chromium"), &self.0)
    }
}
