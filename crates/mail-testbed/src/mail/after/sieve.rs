//! ManageSieve behind the login: a place for some scripts, which nobody runs
//! (<https://www.rfc-editor.org/rfc/rfc5804#section-2>).

use alloc::{format, string::String};

use sieve_auth::{
    Sieve,
    parse::{Str, string},
};

use super::{After, Said, split};
use crate::mail::boxes::{Mailbox, SCRIPTS};

#[derive(Default)]
pub(in crate::mail) struct Session;

impl After for Sieve {
    type Session = Session;

    fn hear(_: &mut Session, line: &[u8], said: &mut Said<'_>) {
        let (word, arguments) = split(line);
        match word.as_str() {
            "CAPABILITY" => {
                said.line(&[b"\"IMPLEMENTATION\" \"mail-testbed\""]);
                said.line(&[b"\"SASL\" \"\""]);
                said.line(&[b"\"SIEVE\" \"fileinto vacation\""]);
                said.line(&[b"\"OWNER\" \"", quotable(said.user), b"\""]);
                said.line(&[b"\"VERSION\" \"1.0\""]);
                said.line(&[b"OK"]);
            }
            "NOOP" if arguments.is_empty() => said.line(&[b"OK"]),
            "NOOP" => said.line(&[b"OK (TAG ", arguments, b")"]),
            "HAVESPACE" => said.line(&[b"OK"]),
            "LISTSCRIPTS" | "CHECKSCRIPT" | "PUTSCRIPT" | "GETSCRIPT" | "SETACTIVE"
            | "DELETESCRIPT" => {
                let (boxes, user) = (said.boxes, said.user);
                let answer = boxes.scripts(user, |mailbox| mailbox.answer(&word, arguments));
                said.line(&[answer.as_bytes()]);
            }
            "RENAMESCRIPT" => said.line(&[b"NO \"Nothing is renamed here\""]),
            "AUTHENTICATE" => said.line(&[b"NO \"Authenticated already\""]),
            "LOGOUT" => {
                said.line(&[b"OK"]);
                said.leaves = true;
            }
            _ => said.line(&[b"NO \"Unknown command\""]),
        }
    }

    fn refuse(_: &[u8], said: &mut Said<'_>) {
        said.line(&[b"NO \"User is authenticated but not connected\""]);
    }

    const FAREWELL: &'static [u8] = b"BYE \"Malformed or too long\"\r\n";

    fn has_literal(_: &Session, line: &[u8]) -> bool {
        sieve_auth::parse::has_literal(line)
    }
}

const MISSING: &str = "NO (NONEXISTENT) \"There is no such script\"";

impl Mailbox {
    /// The answer to a command about scripts, without the last line end.
    fn answer(&mut self, word: &str, arguments: &[u8]) -> String {
        if word == "LISTSCRIPTS" {
            return self.list();
        }
        let Some((first, rest)) = argument(arguments) else {
            return "NO \"A string is missing\"".into();
        };
        match word {
            "CHECKSCRIPT" => checked(&first.decoded()),
            "PUTSCRIPT" => {
                let Some((script, _)) = rest.strip_prefix(b" ").and_then(argument) else {
                    return "NO \"The script is missing\"".into();
                };
                self.put(name(first), &script.decoded())
            }
            "GETSCRIPT" => match self.scripts.get(&name(first)) {
                Some(script) => {
                    let text = String::from_utf8_lossy(script);
                    format!("{{{}}}\r\n{text}\r\nOK", text.len())
                }
                None => MISSING.into(),
            },
            "SETACTIVE" if first.raw().is_empty() => {
                self.active = None;
                "OK".into()
            }
            "SETACTIVE" if self.scripts.contains_key(&name(first)) => {
                self.active = Some(name(first));
                "OK".into()
            }
            "DELETESCRIPT" if self.active.as_ref() == Some(&name(first)) => {
                "NO (ACTIVE) \"The script is in use\"".into()
            }
            "DELETESCRIPT" if self.scripts.remove(&name(first)).is_some() => "OK".into(),
            _ => MISSING.into(),
        }
    }

    fn list(&self) -> String {
        let names = self.scripts.keys().map(|name| {
            let is_active = self.active.as_ref() == Some(name);
            let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{quoted}\"{}\r\n", if is_active { " ACTIVE" } else { "" })
        });
        let mut list: String = names.collect();
        list.push_str("OK");
        list
    }

    fn put(&mut self, name: String, script: &[u8]) -> String {
        if self.scripts.len() >= SCRIPTS && !self.scripts.contains_key(&name) {
            return "NO (QUOTA/MAXSCRIPTS) \"There are enough scripts\"".into();
        }
        let answer = checked(script);
        if answer == "OK" {
            self.scripts.insert(name, script.to_vec());
        }
        answer
    }
}

/// What this server knows of Sieve: blocks end, and commands do.
fn checked(script: &[u8]) -> String {
    let count = |octet: u8| script.iter().filter(|other| **other == octet).count();
    let last = script.trim_ascii_end().last();
    let ends = matches!(last, None | Some(b';' | b'}')) || script.contains(&b'#');
    if count(b'{') != count(b'}') || !ends {
        return "NO \"line 1: error: the script ends too soon\"".into();
    }
    "OK".into()
}

fn argument(text: &[u8]) -> Option<(Str<'_>, &[u8])> {
    string(text, false).ok()
}

fn name(text: Str<'_>) -> String {
    String::from_utf8_lossy(&text.decoded()).into_owned()
}

/// A name with a quote or backslash is not shown: this is no place to be exact about it.
fn quotable(user: &str) -> &[u8] {
    if user.contains(['"', '\\']) {
        b"?"
    } else {
        user.as_bytes()
    }
}
