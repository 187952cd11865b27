//! What a ManageSieve server says.

use sasl_core::{
    Failure, Farewell, Reason,
    wire::{Dialect, Offer, Order, SendBuf},
};

use super::{AcceptOptions, Handshake};
use crate::{
    command::QUOTED,
    parse::{self, Command},
};

#[derive(Debug)]
pub(super) struct SieveDialect {
    options: AcceptOptions,
}

impl SieveDialect {
    pub(super) fn new(options: AcceptOptions) -> Self {
        Self { options }
    }

    /// The list of capabilities up to the condition that ends it. SASL is always there, be it empty.
    fn push_capabilities(&self, send: &mut SendBuf, offer: &Offer<'_>) {
        for (name, value) in self.options.listed() {
            push_string(send, name.as_bytes());
            if let Some(value) = value {
                push_string(send.push(b" "), value.as_bytes());
            }
            send.push(b"\r\n");
        }
        send.push(b"\"SASL\" \"");
        for (n, mechanism) in offer.mechanisms.iter().enumerate() {
            if n > 0 {
                send.push(b" ");
            }
            send.push(mechanism.name().as_bytes());
        }
        send.push(b"\"\r\n");
        if offer.starttls {
            send.push(b"\"STARTTLS\"\r\n");
        }
        send.push(b"\"VERSION\" \"1.0\"\r\n");
    }
}

impl Dialect for SieveDialect {
    type Handshake = Handshake;

    /// Under TLS the list comes again without being asked for
    /// (<https://www.rfc-editor.org/rfc/rfc5804#section-2.2>).
    fn greet(&mut self, send: &mut SendBuf, offer: &Offer<'_>) {
        self.push_capabilities(send, offer);
        if offer.upgraded {
            send.push(b"OK \"TLS negotiation successful\"\r\n");
        } else {
            push_string(send.push(b"OK "), self.options.greeting.as_bytes());
            send.push(b"\r\n");
        }
    }

    fn order<'a>(&mut self, send: &mut SendBuf, line: &'a [u8], offer: &Offer<'_>) -> Order<'a> {
        let answer: &[u8] = match parse::command(line) {
            Command::Authenticate { mechanism, message } => {
                return Order::Authenticate { mechanism, message };
            }
            Command::StartTls if offer.starttls => return Order::StartTls,
            Command::StartTls => b"NO \"TLS cannot be started here\"\r\n",
            Command::Logout => {
                send.push(b"OK \"Logged out\"\r\n");
                return Order::Leave;
            }
            Command::Capability => {
                self.push_capabilities(send, offer);
                b"OK \"Done\"\r\n"
            }
            Command::Noop { tag: Some(tag) } => {
                push_string(send.push(b"OK (TAG "), &tag.decoded());
                b") \"Done\"\r\n"
            }
            Command::Noop { tag: None } => b"OK \"Done\"\r\n",
            Command::Malformed => b"NO \"Invalid arguments\"\r\n",
            Command::Unknown => b"NO \"Not a command before the login\"\r\n",
        };
        send.push(answer);
        Order::Other
    }

    fn challenge(&mut self, send: &mut SendBuf, text: &[u8]) {
        push_string(send, text);
        send.push(b"\r\n");
    }

    fn response<'a>(&mut self, line: &'a [u8]) -> Option<&'a [u8]> {
        parse::answer(line)
    }

    /// No list follows (<https://www.rfc-editor.org/rfc/rfc5804#section-2.1>).
    fn accept(&mut self, send: &mut SendBuf) {
        send.push(b"OK \"Logged in\"\r\n");
    }

    fn fail(&mut self, send: &mut SendBuf, failure: Failure) {
        send.push(match failure {
            Failure::Cancelled => b"NO \"Login cancelled\"\r\n",
            Failure::Malformed => b"NO \"Invalid login message\"\r\n",
            // The only code that tells a client to try another mechanism and not other credentials.
            Failure::Unavailable => b"NO (AUTH-TOO-WEAK) \"Unsupported mechanism\"\r\n",
            Failure::Refused(reason) => refusal(reason),
        });
    }

    fn take_leave(&mut self, send: &mut SendBuf, farewell: Farewell) {
        send.push(match farewell {
            Farewell::TooManyFailures => b"BYE \"Too many failed logins\"\r\n",
            Farewell::TooManyCommands => b"BYE \"Too many commands without a login\"\r\n",
            Farewell::LimitExceeded(_) => b"BYE \"Line or literal too long\"\r\n",
            Farewell::Malformed(_) => b"BYE \"Malformed line\"\r\n",
            Farewell::Asked | Farewell::HungUp => b"BYE\r\n",
        });
    }

    fn agree(&mut self, send: &mut SendBuf) {
        send.push(b"OK \"Begin TLS negotiation now\"\r\n");
    }

    fn handshake(&self) -> Handshake {
        Handshake(())
    }

    /// Commands and answers have literals alike. That `{n}` is not for a client to write is what the
    /// machine finds out, as nobody is invited here.
    fn has_literal(line: &[u8], _: bool) -> bool {
        parse::has_literal(line)
    }
}

/// Codes of <https://www.rfc-editor.org/rfc/rfc5804#section-1.3>. The text says nothing that the code
/// does not.
fn refusal(reason: Reason) -> &'static [u8] {
    match reason {
        Reason::Closed | Reason::Temporary => b"NO (TRYLATER) \"Login not possible now\"\r\n",
        Reason::EncryptionRequired => b"NO (ENCRYPT-NEEDED) \"TLS is required\"\r\n",
        Reason::MechanismUnavailable => b"NO (AUTH-TOO-WEAK) \"Another mechanism is required\"\r\n",
        Reason::AdminRequired
        | Reason::AuthorizationDenied
        | Reason::Cancelled
        | Reason::CredentialsExpired
        | Reason::CredentialsRejected
        | Reason::Referral
        | Reason::ScopeInsufficient
        | Reason::TokenRejected
        | Reason::TokenTooLong
        | _ => b"NO \"Login failed\"\r\n",
    }
}

/// A string: quoted where it may be (<https://www.rfc-editor.org/rfc/rfc5804#section-4>), else a
/// literal, for which nobody waits.
fn push_string(send: &mut SendBuf, text: &[u8]) {
    let escaped = text.len() + memchr::memchr2_iter(b'"', b'\\', text).count();
    if escaped > QUOTED || memchr::memchr3(0, b'\r', b'\n', text).is_some() {
        send.push(b"{").push_number(text.len()).push(b"}\r\n");
        send.push(text);
        return;
    }
    send.push(b"\"");
    let mut rest = text;
    while let Some((before, special)) =
        memchr::memchr2(b'"', b'\\', rest).and_then(|at| rest.split_at_checked(at))
    {
        let (octet, behind) = special.split_at(1);
        send.push(before).push(b"\\").push(octet);
        rest = behind;
    }
    send.push(rest).push(b"\"");
}
