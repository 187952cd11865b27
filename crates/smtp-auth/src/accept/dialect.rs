//! What an SMTP server says.

use core::fmt;

use sasl_core::{
    Failure, Farewell, Limit, Reason,
    wire::{Dialect, Offer, Order, SendBuf},
};

use super::{AcceptOptions, Handshake};
use crate::parse::{self, Command};

pub(super) struct SmtpDialect {
    options: AcceptOptions,
    /// The client knows the extensions: it has said EHLO.
    extended: bool,
    /// TLS can be started.
    starttls: bool,
    /// Without TLS there is no login.
    tls_first: bool,
}

impl SmtpDialect {
    pub(super) fn new(options: AcceptOptions) -> Self {
        Self {
            options,
            extended: false,
            starttls: false,
            tls_first: false,
        }
    }

    fn obey<'a>(
        &mut self,
        send: &mut SendBuf,
        command: Command<'a>,
        offer: &Offer<'_>,
    ) -> Order<'a> {
        let answer: &[u8] = match command {
            Command::Ehlo(_) | Command::Helo(_) if self.options.lmtp => UNKNOWN,
            Command::Lhlo(_) if !self.options.lmtp => UNKNOWN,
            Command::Ehlo(_) | Command::Lhlo(_) => {
                self.extended = true;
                self.push_capabilities(send, offer);
                return Order::Other;
            }
            Command::Helo(_) => {
                // Whoever says this knows no extensions, and AUTH is one.
                self.extended = false;
                let name = self.options.server_name.as_bytes();
                send.push(b"250 ").push(name).push(b"\r\n");
                return Order::Other;
            }
            Command::Authenticate { .. } | Command::StartTls if !self.extended => EHLO_FIRST,
            Command::Authenticate {
                mechanism: Some(mechanism),
                message: Some(_),
            } if offer.mechanisms.contains(mechanism)
                && !mechanism.is_client_first()
                && !offer.settings.is_login_with_user() =>
            {
                // <https://www.rfc-editor.org/rfc/rfc4954#section-4>
                b"501 5.7.0 This mechanism takes no initial response\r\n"
            }
            Command::Authenticate { mechanism, message } => {
                return Order::Authenticate { mechanism, message };
            }
            Command::StartTls if offer.starttls => return Order::StartTls,
            Command::StartTls => b"502 5.5.1 TLS cannot be started here\r\n",
            Command::Quit => {
                send.push(b"221 2.0.0 Bye\r\n");
                return Order::Leave;
            }
            Command::Help => b"214 2.0.0 See RFC 5321 and RFC 4954\r\n",
            Command::Mail if self.tls_first => TLS_FIRST,
            Command::Mail => b"530 5.7.0 Authentication required\r\n",
            Command::Malformed => b"501 5.5.4 Invalid arguments\r\n",
            Command::Noop | Command::Rset => b"250 2.0.0 Done\r\n",
            Command::Unknown => UNKNOWN,
            Command::Vrfy => b"252 2.0.0 Nobody is verified here\r\n",
        };
        send.push(answer);
        Order::Other
    }

    /// The answer to EHLO: the name, a line for each extension, and no `-` in the last one.
    fn push_capabilities(&self, send: &mut SendBuf, offer: &Offer<'_>) {
        let auth = !offer.mechanisms.is_empty();
        let mut left =
            self.options.extensions().count() + usize::from(offer.starttls) + usize::from(auth);
        let mut begin = |send: &mut SendBuf| {
            send.push(if left == 0 { b"250 " } else { b"250-" });
            left = left.saturating_sub(1);
        };
        begin(send);
        send.push(self.options.server_name.as_bytes()).push(b"\r\n");
        for extension in self.options.extensions() {
            begin(send);
            send.push(extension.as_bytes()).push(b"\r\n");
        }
        if offer.starttls {
            begin(send);
            send.push(b"STARTTLS\r\n");
        }
        if auth {
            begin(send);
            send.push(b"AUTH");
            for mechanism in offer.mechanisms.iter() {
                send.push(b" ").push(mechanism.name().as_bytes());
            }
            send.push(b"\r\n");
        }
    }
}

const EHLO_FIRST: &[u8] = b"503 5.5.1 Say EHLO first\r\n";
/// <https://www.rfc-editor.org/rfc/rfc3207#section-4>
const TLS_FIRST: &[u8] = b"530 5.7.0 Must issue a STARTTLS command first\r\n";
const UNKNOWN: &[u8] = b"500 5.5.1 Unknown command\r\n";

impl Dialect for SmtpDialect {
    type Handshake = Handshake;

    fn greet(&mut self, send: &mut SendBuf, offer: &Offer<'_>) {
        self.starttls = offer.starttls;
        self.tls_first = offer.starttls && offer.mechanisms.is_empty();
        // After STARTTLS the client speaks first.
        if !offer.upgraded {
            let protocol: &[u8] = if self.options.lmtp {
                b" LMTP "
            } else {
                b" ESMTP "
            };
            send.push(b"220 ")
                .push(self.options.server_name.as_bytes())
                .push(protocol)
                .push(self.options.greeting.as_bytes())
                .push(b"\r\n");
        }
    }

    fn order<'a>(&mut self, send: &mut SendBuf, line: &'a [u8], offer: &Offer<'_>) -> Order<'a> {
        self.obey(send, parse::command(line), offer)
    }

    fn challenge(&mut self, send: &mut SendBuf, text: &[u8]) {
        send.push(b"334 ").push(text).push(b"\r\n");
    }

    fn accept(&mut self, send: &mut SendBuf) {
        send.push(b"235 2.7.0 Logged in\r\n");
    }

    fn fail(&mut self, send: &mut SendBuf, failure: Failure) {
        send.push(match failure {
            // What there is under TLS is told under TLS.
            Failure::Unavailable | Failure::Refused(Reason::EncryptionRequired)
                if self.tls_first =>
            {
                TLS_FIRST
            }
            Failure::Cancelled => b"501 5.7.0 Login cancelled\r\n",
            Failure::Malformed => b"501 5.5.2 Invalid login message\r\n",
            Failure::Unavailable => b"504 5.5.4 Unsupported mechanism\r\n",
            Failure::Refused(Reason::EncryptionRequired) if self.starttls => TLS_FIRST,
            Failure::Refused(reason) => refusal(reason),
        });
    }

    fn take_leave(&mut self, send: &mut SendBuf, farewell: Farewell) {
        let last_words: &[u8] = match farewell {
            Farewell::TooManyFailures => b"421 4.7.0 Too many failed logins\r\n",
            Farewell::TooManyCommands => b"421 4.7.0 Too many commands without a login\r\n",
            Farewell::LimitExceeded(Limit::Line) => {
                b"500 5.5.6 Line too long\r\n421 4.7.0 Closing\r\n"
            }
            Farewell::LimitExceeded(_) => b"421 4.7.0 Too much at once\r\n",
            Farewell::Malformed(_) => b"421 4.5.2 Malformed line\r\n",
            Farewell::Asked | Farewell::HungUp => b"421 4.0.0 Closing\r\n",
        };
        send.push(last_words);
    }

    fn agree(&mut self, send: &mut SendBuf) {
        send.push(b"220 2.0.0 Ready to start TLS\r\n");
    }

    fn handshake(&self) -> Handshake {
        Handshake(())
    }
}

/// Codes of <https://www.rfc-editor.org/rfc/rfc4954#section-6> and
/// <https://www.iana.org/assignments/smtp-enhanced-status-codes>. The text says nothing that the code
/// does not.
fn refusal(reason: Reason) -> &'static [u8] {
    match reason {
        Reason::AdminRequired => b"525 5.7.13 Account disabled\r\n",
        // There is no code of AUTH for it: "command rejected for policy reasons"
        // (<https://www.rfc-editor.org/rfc/rfc5321#section-4.2.3>).
        Reason::AuthorizationDenied => b"550 5.7.1 Login denied\r\n",
        Reason::Closed | Reason::Temporary => b"454 4.7.0 Login not possible now\r\n",
        Reason::EncryptionRequired => b"538 5.7.11 TLS is required\r\n",
        Reason::MechanismUnavailable => b"534 5.7.9 Another mechanism is required\r\n",
        Reason::TokenTooLong => b"500 5.5.6 Login message too long\r\n",
        Reason::Cancelled
        | Reason::CredentialsExpired
        | Reason::CredentialsRejected
        | Reason::Referral
        | Reason::ScopeInsufficient
        | Reason::TokenRejected
        | _ => b"535 5.7.8 Login failed\r\n",
    }
}

impl fmt::Debug for SmtpDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpDialect")
            .field("extended", &self.extended)
            .finish_non_exhaustive()
    }
}
