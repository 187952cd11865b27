//! Editing scripts (<https://www.rfc-editor.org/rfc/rfc5804#section-2>).

use mail_session::MailConnection;
use serde::Serialize;
use sieve_auth::parse::{Response, Status, has_literal, response, string};

use super::{MailError, clean, wire::Wire};

/// A ManageSieve connection behind the login.
pub(crate) struct Sieve {
    wire: Wire,
}

/// A script in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Script {
    pub(crate) name: String,
    pub(crate) active: bool,
}

impl Script {
    /// The name of the one that is wanted, or of the one that is in use.
    pub(crate) fn chosen(scripts: &[Self], wanted: Option<String>) -> Option<String> {
        let active = scripts.iter().find(|script| script.active);
        wanted.or_else(|| active.map(|script| script.name.clone()))
    }
}

/// Octets of a script; longer ones are not taken from the user.
pub(crate) const SCRIPT: usize = 64 << 10;
/// Octets of a name (<https://www.rfc-editor.org/rfc/rfc5804#section-1.6>: at least 128 characters).
const NAME: usize = 512;
/// More lines than this a list has not.
const LINES: usize = 512;

impl Sieve {
    pub(crate) fn new(connection: MailConnection) -> Self {
        Self {
            wire: Wire::new(connection),
        }
    }

    /// All scripts.
    pub(crate) async fn scripts(&mut self) -> Result<Vec<Script>, MailError> {
        self.wire.send(&[b"LISTSCRIPTS\r\n"]).await?;
        let mut scripts = Vec::new();
        for _ in 0..LINES {
            let line = self.wire.line(has_literal).await?;
            match string(&line, false) {
                Ok((name, rest)) => scripts.push(Script {
                    name: String::from_utf8_lossy(&name.decoded()).into_owned(),
                    active: rest.eq_ignore_ascii_case(b" ACTIVE"),
                }),
                Err(_) => return condition(&line).map(|_| scripts),
            }
        }
        Err(MailError::TooLong)
    }

    /// One script.
    pub(crate) async fn script(&mut self, name: &str) -> Result<String, MailError> {
        let name = quoted(name)?;
        self.wire
            .send(&[b"GETSCRIPT ", name.as_bytes(), b"\r\n"])
            .await?;
        let line = self.wire.line(has_literal).await?;
        let Ok((script, _)) = string(&line, false) else {
            condition(&line)?;
            return Err(MailError::Malformed);
        };
        let script = String::from_utf8_lossy(&script.decoded()).into_owned();
        self.done().await?;
        Ok(script)
    }

    /// Writes a script, if the server can read it: otherwise it says what is wrong. What it warns of is
    /// handed back.
    pub(crate) async fn put(&mut self, name: &str, script: &str) -> Result<String, MailError> {
        if script.len() > SCRIPT {
            return Err(MailError::Input("a script has 64 KiB at most"));
        }
        let name = quoted(name)?;
        let length = format!(" {{{}+}}\r\n", script.len());
        self.wire
            .send(&[
                b"PUTSCRIPT ",
                name.as_bytes(),
                length.as_bytes(),
                script.as_bytes(),
                b"\r\n",
            ])
            .await?;
        self.done().await
    }

    /// Makes a script the one that is run; with an empty name none is.
    pub(crate) async fn activate(&mut self, name: &str) -> Result<(), MailError> {
        let name = match name {
            "" => "\"\"".to_owned(),
            name => quoted(name)?,
        };
        self.wire
            .send(&[b"SETACTIVE ", name.as_bytes(), b"\r\n"])
            .await?;
        self.done().await.map(drop)
    }

    /// Deletes a script, unless it is the one that is run.
    pub(crate) async fn delete(&mut self, name: &str) -> Result<(), MailError> {
        let name = quoted(name)?;
        self.wire
            .send(&[b"DELETESCRIPT ", name.as_bytes(), b"\r\n"])
            .await?;
        self.done().await.map(drop)
    }

    /// Says goodbye. Nobody waits for an answer.
    pub(crate) async fn leave(mut self) {
        let _ = self.wire.send(&[b"LOGOUT\r\n"]).await;
    }

    async fn done(&mut self) -> Result<String, MailError> {
        let line = self.wire.line(has_literal).await?;
        condition(&line)
    }
}

/// What the server says to a command: OK with a text, or NO with a reason.
fn condition(line: &[u8]) -> Result<String, MailError> {
    let Ok(Response::Condition { status, text }) = response(line, false) else {
        return Err(MailError::Malformed);
    };
    // What is wrong with a script is told in several lines.
    let human = text.human().decoded();
    let human = String::from_utf8_lossy(&human);
    let human: Vec<String> = human
        .lines()
        .take(50)
        .map(|line| clean(line, 300))
        .collect();
    let human = human.join("\n");
    match status {
        Status::Ok => Ok(human),
        Status::No => Err(MailError::Refused(human)),
        Status::Bye => Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into()),
    }
}

fn quoted(name: &str) -> Result<String, MailError> {
    if name.is_empty() || name.len() > NAME || name.chars().any(char::is_control) {
        return Err(MailError::Input(
            "the name of a script has 1 to 512 octets and no line breaks",
        ));
    }
    let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
    Ok(format!("\"{escaped}\""))
}

#[cfg(test)]
mod tests;
