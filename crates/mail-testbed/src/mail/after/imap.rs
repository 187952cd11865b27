//! IMAP behind the login: one mailbox, with the messages that SMTP took for its user.

use imap_auth::Imap;

use super::{After, Said, fetch::fetch, split};

/// The tag of an IDLE under way.
#[derive(Default)]
pub(in crate::mail) struct Session {
    idle: Option<Vec<u8>>,
}

use alloc::{format, vec::Vec};

impl After for Imap {
    type Session = Session;

    fn hear(session: &mut Session, line: &[u8], said: &mut Said<'_>) {
        if let Some(tag) = session.idle.take() {
            said.line(&[&tag, b" OK Done"]);
            return;
        }
        let end = line.iter().position(|octet| *octet == b' ');
        let Some((tag, rest)) = end.and_then(|end| line.split_at_checked(end)) else {
            said.line(&[b"* BAD Not a tagged command"]);
            return;
        };
        let (word, arguments) = split(rest.get(1..).unwrap_or_default());
        let done: &[u8] = match word.as_str() {
            "NOOP" | "CHECK" | "ENABLE" | "CLOSE" | "UNSELECT" | "EXPUNGE" => b" OK Done",
            "CAPABILITY" => {
                said.line(&[b"* CAPABILITY ", CAPABILITIES.as_bytes()]);
                b" OK Done"
            }
            "ID" => {
                said.line(&[b"* ID (\"name\" \"mail-testbed\")"]);
                b" OK Done"
            }
            "NAMESPACE" => {
                said.line(&[b"* NAMESPACE ((\"\" \"/\")) NIL NIL"]);
                b" OK Done"
            }
            "LIST" | "LSUB" if arguments.ends_with(b"\"\"") => {
                said.line(&[b"* ", word.as_bytes(), b" (\\Noselect) \"/\" \"\""]);
                b" OK Done"
            }
            "LIST" | "LSUB" => {
                said.line(&[b"* ", word.as_bytes(), b" (\\HasNoChildren) \"/\" INBOX"]);
                b" OK Done"
            }
            "SELECT" | "EXAMINE" if is_inbox(arguments) => {
                said.line(&[b"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)"]);
                let messages = said.boxes.messages(said.user);
                let next = messages.last().map_or(1, |(uid, _)| uid + 1);
                said.line(&[format!("* {} EXISTS", messages.len()).as_bytes()]);
                said.line(&[b"* 0 RECENT"]);
                said.line(&[b"* OK [UIDVALIDITY 1] UIDs valid"]);
                said.line(&[format!("* OK [UIDNEXT {next}] Predicted next UID").as_bytes()]);
                if word == "SELECT" {
                    b" OK [READ-WRITE] Done"
                } else {
                    b" OK [READ-ONLY] Done"
                }
            }
            "SELECT" | "EXAMINE" | "STATUS" if !is_inbox(arguments) => {
                b" NO [NONEXISTENT] No such mailbox"
            }
            "STATUS" => {
                said.line(&[
                    b"* STATUS INBOX (MESSAGES 0 RECENT 0 UIDNEXT 1 UIDVALIDITY 1 UNSEEN 0)",
                ]);
                b" OK Done"
            }
            "SEARCH" => {
                said.line(&[b"* SEARCH"]);
                b" OK Done"
            }
            "FETCH" if fetch(arguments, false, said) => b" OK Done",
            "UID" if split(arguments).0 == "FETCH" && fetch(split(arguments).1, true, said) => {
                b" OK Done"
            }
            "FETCH" => b" BAD Not understood",
            "UID" | "STORE" => b" OK Nothing is changed",
            "IDLE" => {
                session.idle = Some(tag.to_vec());
                said.line(&[b"+ idling"]);
                return;
            }
            "LOGOUT" => {
                said.line(&[b"* BYE Logging out"]);
                said.leaves = true;
                b" OK Logged out"
            }
            _ => b" BAD Unknown command",
        };
        said.line(&[tag, done]);
    }

    fn refuse(line: &[u8], said: &mut Said<'_>) {
        let (tag, _) = line.split_at(line.iter().position(|o| *o == b' ').unwrap_or(line.len()));
        said.line(&[tag, b" BAD User is authenticated but not connected."]);
    }

    const FAREWELL: &'static [u8] = b"* BYE Malformed or too long\r\n";

    fn has_literal(session: &Session, _: &[u8]) -> bool {
        session.idle.is_none()
    }
}

/// What can be done here.
pub(in crate::mail) const CAPABILITIES: &str =
    "IMAP4rev1 SASL-IR LITERAL- ID IDLE ENABLE NAMESPACE UNSELECT";

fn is_inbox(arguments: &[u8]) -> bool {
    if arguments.starts_with(b"{") {
        let name = arguments.split(|octet| *octet == b'\n').nth(1);
        return name.is_some_and(|name| name.eq_ignore_ascii_case(b"INBOX"));
    }
    let name = arguments
        .split(|octet| *octet == b' ')
        .next()
        .unwrap_or_default();
    let name = name
        .strip_prefix(b"\"")
        .and_then(|name| name.strip_suffix(b"\""))
        .unwrap_or(name);
    name.eq_ignore_ascii_case(b"INBOX")
}
