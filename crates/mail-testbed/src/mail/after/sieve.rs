//! ManageSieve behind the login: a place for scripts, with none in it.

use sieve_auth::Sieve;

use super::{After, Said, split};

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
            "LISTSCRIPTS" => said.line(&[b"OK"]),
            "NOOP" if arguments.is_empty() => said.line(&[b"OK"]),
            "NOOP" => said.line(&[b"OK (TAG ", arguments, b")"]),
            "HAVESPACE" | "CHECKSCRIPT" | "PUTSCRIPT" => {
                said.line(&[b"NO (QUOTA) \"No room here\""])
            }
            "GETSCRIPT" | "SETACTIVE" | "DELETESCRIPT" | "RENAMESCRIPT" => {
                said.line(&[b"NO (NONEXISTENT) \"There are no scripts\""]);
            }
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

/// A name with a quote or backslash is not shown: this is no place to be exact about it.
fn quotable(user: &str) -> &[u8] {
    if user.contains(['"', '\\']) {
        b"?"
    } else {
        user.as_bytes()
    }
}
