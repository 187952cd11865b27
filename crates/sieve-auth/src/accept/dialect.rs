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

    /// <https://www.rfc-editor.org/rfc/rfc5804#section-1.7>. The list of mechanisms may be empty, and
    /// is there all the same.
    fn push_capabilities(&self, send: &mut SendBuf, offer: &Offer<'_>) {
        let options = &self.options;
        send.push(b"\"IMPLEMENTATION\" \"")
            .push(options.implementation.as_bytes())
            .push(b"\"\r\n\"SASL\" \"");
        for (n, mechanism) in offer.mechanisms.iter().enumerate() {
            send.push(if n == 0 { b"" } else { b" " })
                .push(mechanism.name().as_bytes());
        }
        send.push(b"\"\r\n\"SIEVE\" \"")
            .push(options.extensions.as_bytes())
            .push(b"\"\r\n");
        if offer.starttls {
            send.push(b"\"STARTTLS\"\r\n");
        }
        send.push(b"\"VERSION\" \"1.0\"\r\n");
    }
}

impl Dialect for SieveDialect {
    type Handshake = Handshake;

    /// The capabilities are the greeting, and come unasked once more after STARTTLS
    /// (<https://www.rfc-editor.org/rfc/rfc5804#section-2.2>).
    fn greet(&mut self, send: &mut SendBuf, offer: &Offer<'_>) {
        self.push_capabilities(send, offer);
        if offer.upgraded {
            send.push(b"OK \"TLS negotiation successful\"\r\n");
        } else {
            send.push(b"OK \"")
                .push(self.options.greeting.as_bytes())
                .push(b"\"\r\n");
        }
    }

    fn order<'a>(&mut self, send: &mut SendBuf, line: &'a [u8], offer: &Offer<'_>) -> Order<'a> {
        match parse::command(line) {
            Command::Authenticate { mechanism, message } => {
                return Order::Authenticate { mechanism, message };
            }
            Command::StartTls if offer.starttls => return Order::StartTls,
            Command::StartTls => send.push(b"NO \"TLS cannot be started here\"\r\n"),
            Command::Logout => {
                send.push(b"OK \"Logged out\"\r\n");
                return Order::Leave;
            }
            Command::Capability => {
                self.push_capabilities(send, offer);
                send.push(b"OK\r\n")
            }
            Command::Noop(None) => send.push(b"OK\r\n"),
            Command::Noop(Some(tag)) => {
                // As a literal, so that nothing in it has to be escaped.
                send.push(b"OK (TAG {").push_number(tag.len());
                send.push(b"}\r\n").push(&tag).push(b")\r\n")
            }
            Command::Malformed => send.push(b"NO \"Invalid arguments\"\r\n"),
            Command::Unknown => send.push(b"NO \"Not a command before the login\"\r\n"),
        };
        Order::Other
    }

    fn challenge(&mut self, send: &mut SendBuf, text: &[u8]) {
        if text.len() <= QUOTED {
            send.push(b"\"").push(text).push(b"\"\r\n");
        } else {
            send.push(b"{").push_number(text.len()).push(b"}\r\n");
            send.push(text).push(b"\r\n");
        }
    }

    fn response<'a>(&mut self, line: &'a [u8]) -> Option<&'a [u8]> {
        parse::message(line)
    }

    fn accept(&mut self, send: &mut SendBuf) {
        send.push(b"OK \"Logged in\"\r\n");
    }

    fn fail(&mut self, send: &mut SendBuf, failure: Failure) {
        send.push(match failure {
            Failure::Cancelled => b"NO \"Login cancelled\"\r\n",
            Failure::Malformed => b"NO \"Invalid login message\"\r\n",
            // Any other one may do.
            Failure::Unavailable => b"NO (AUTH-TOO-WEAK) \"Unsupported mechanism\"\r\n",
            Failure::Refused(reason) => refusal(reason),
        });
    }

    fn take_leave(&mut self, send: &mut SendBuf, farewell: Farewell) {
        send.push(match farewell {
            Farewell::TooManyFailures => b"BYE \"Too many failed logins\"\r\n",
            Farewell::TooManyCommands => b"BYE \"Too many commands without a login\"\r\n",
            Farewell::LimitExceeded(_) => b"BYE \"Line too long\"\r\n",
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

    /// A client that waits for an invitation to send its literal would wait for ever; so that is no
    /// literal, and the line is refused.
    fn has_literal(line: &[u8], _: bool) -> bool {
        line.ends_with(b"+}") && parse::has_literal(line)
    }
}

/// Codes of <https://www.rfc-editor.org/rfc/rfc5804#section-1.3>. The text says nothing that the code
/// does not.
fn refusal(reason: Reason) -> &'static [u8] {
    match reason {
        Reason::EncryptionRequired => b"NO (ENCRYPT-NEEDED) \"TLS is required\"\r\n",
        Reason::MechanismUnavailable => b"NO (AUTH-TOO-WEAK) \"Another mechanism is needed\"\r\n",
        Reason::Closed | Reason::Temporary => b"NO (TRYLATER) \"Login not possible now\"\r\n",
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
