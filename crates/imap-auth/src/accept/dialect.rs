//! What an IMAP server says.

use alloc::vec::Vec;
use core::fmt;

use sasl_core::{
    Credentials, Failure, Farewell, Mechanism, Reason, Violation,
    wire::{Dialect, Offer, Order, SendBuf},
};
use zeroize::Zeroizing;

use super::{AcceptOptions, Handshake};
use crate::parse::{self, Command};

pub(super) struct ImapDialect {
    options: AcceptOptions,
    /// The tag of the command under way.
    tag: Vec<u8>,
}

impl ImapDialect {
    pub(super) fn new(options: AcceptOptions) -> Self {
        Self {
            options,
            tag: Vec::with_capacity(16),
        }
    }

    fn tagged(&self, send: &mut SendBuf, text: &[u8]) {
        send.push(&self.tag).push(b" ").push(text).push(b"\r\n");
    }

    /// Capabilities before the login. LOGINDISABLED says that the LOGIN command is, and nothing else.
    fn push_capabilities(&self, send: &mut SendBuf, offer: &Offer<'_>) {
        send.push(b"CAPABILITY ")
            .push(self.options.before.as_bytes());
        if offer.starttls {
            send.push(b" STARTTLS");
        }
        if !offer.mechanisms.contains(Mechanism::Plain) {
            send.push(b" LOGINDISABLED");
        }
        for mechanism in offer.mechanisms.iter() {
            send.push(b" AUTH=").push(mechanism.name().as_bytes());
        }
    }

    fn obey<'a>(
        &mut self,
        send: &mut SendBuf,
        command: Command<'a>,
        offer: &Offer<'_>,
    ) -> Order<'a> {
        match command {
            Command::Authenticate { mechanism, message } => {
                return Order::Authenticate { mechanism, message };
            }
            Command::Login { user, password } => {
                let password = Zeroizing::new(password.into_owned());
                let credentials = core::str::from_utf8(&user)
                    .ok()
                    .zip(core::str::from_utf8(&password).ok())
                    .and_then(|(user, password)| Credentials::password(user, password).ok());
                match credentials {
                    Some(credentials) => return Order::Login(credentials),
                    None => self.tagged(send, b"BAD Invalid user name or password"),
                }
            }
            Command::StartTls if offer.starttls => return Order::StartTls,
            Command::StartTls => self.tagged(send, b"BAD TLS cannot be started here"),
            Command::Logout => {
                send.push(b"* BYE Logging out\r\n");
                self.tagged(send, b"OK Logged out");
                return Order::Leave;
            }
            Command::Capability => {
                send.push(b"* ");
                self.push_capabilities(send, offer);
                send.push(b"\r\n");
                self.tagged(send, b"OK Done");
            }
            Command::Id => {
                send.push(b"* ID NIL\r\n");
                self.tagged(send, b"OK Done");
            }
            Command::Noop => self.tagged(send, b"OK Done"),
            Command::Malformed => self.tagged(send, b"BAD Invalid arguments"),
            Command::Unknown => self.tagged(send, b"BAD Not a command before the login"),
        }
        Order::Other
    }
}

impl Dialect for ImapDialect {
    type Handshake = Handshake;

    fn greet(&mut self, send: &mut SendBuf, offer: &Offer<'_>) {
        // After STARTTLS the client speaks first.
        if !offer.upgraded {
            send.push(b"* OK [");
            self.push_capabilities(send, offer);
            send.push(b"] ")
                .push(self.options.greeting.as_bytes())
                .push(b"\r\n");
        }
    }

    fn order<'a>(&mut self, send: &mut SendBuf, line: &'a [u8], offer: &Offer<'_>) -> Order<'a> {
        self.tag.clear();
        match parse::command(line) {
            Ok((tag, command)) => {
                self.tag.extend_from_slice(tag);
                self.obey(send, command, offer)
            }
            Err(_) => {
                send.push(b"* BAD Not a tagged command\r\n");
                Order::Other
            }
        }
    }

    fn challenge(&mut self, send: &mut SendBuf, text: &[u8]) {
        send.push(b"+ ").push(text).push(b"\r\n");
    }

    fn accept(&mut self, send: &mut SendBuf) {
        send.push(&self.tag)
            .push(b" OK [CAPABILITY ")
            .push(self.options.after.as_bytes())
            .push(b"] Logged in\r\n");
    }

    fn fail(&mut self, send: &mut SendBuf, failure: Failure) {
        let text: &[u8] = match failure {
            // <https://www.rfc-editor.org/rfc/rfc9051#section-6.2.2>
            Failure::Cancelled => b"BAD Login cancelled",
            Failure::Malformed => b"BAD Invalid login message",
            Failure::Unavailable => b"NO Unsupported mechanism",
            Failure::Refused(reason) => refusal(reason),
        };
        self.tagged(send, text);
    }

    fn take_leave(&mut self, send: &mut SendBuf, farewell: Farewell) {
        send.push(match farewell {
            Farewell::TooManyFailures => b"* BYE Too many failed logins\r\n",
            Farewell::TooManyCommands => b"* BYE Too many commands without a login\r\n",
            Farewell::LimitExceeded(_) => b"* BYE Line too long\r\n",
            Farewell::Malformed(_) => b"* BYE Malformed line\r\n",
            Farewell::Asked | Farewell::HungUp => b"* BYE\r\n",
        });
    }

    fn agree(&mut self, send: &mut SendBuf) {
        self.tagged(send, b"OK Begin TLS negotiation now");
    }

    fn handshake(&self) -> Handshake {
        Handshake(())
    }

    fn has_literal(_: &[u8], exchange: bool) -> bool {
        !exchange
    }

    fn invite(&mut self, send: &mut SendBuf) -> Result<(), Violation> {
        send.push(b"+ Go on\r\n");
        Ok(())
    }
}

/// Codes of <https://www.rfc-editor.org/rfc/rfc5530#section-3>. The text says nothing that the code
/// does not.
fn refusal(reason: Reason) -> &'static [u8] {
    match reason {
        Reason::AdminRequired => b"NO [CONTACTADMIN] Login not possible",
        Reason::AuthorizationDenied => b"NO [AUTHORIZATIONFAILED] Login denied",
        Reason::CredentialsExpired => b"NO [EXPIRED] Login failed",
        Reason::EncryptionRequired => b"NO [PRIVACYREQUIRED] TLS is required",
        Reason::Closed | Reason::Temporary => b"NO [UNAVAILABLE] Login not possible now",
        Reason::Cancelled
        | Reason::CredentialsRejected
        | Reason::MechanismUnavailable
        | Reason::Referral
        | Reason::ScopeInsufficient
        | Reason::TokenRejected
        | Reason::TokenTooLong
        | _ => b"NO [AUTHENTICATIONFAILED] Login failed",
    }
}

impl fmt::Debug for ImapDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImapDialect").finish_non_exhaustive()
    }
}
