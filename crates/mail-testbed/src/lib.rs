//! The other side of a mail program's login, inside a test: IMAP, SMTP and ManageSieve servers and an
//! OAuth authorization server, on loopback, with certificates that are made on the spot.
//!
//! One line starts it all, and nothing has to be installed:
//!
//! ```
//! use mail_testbed::Testbed;
//! use sasl_core::Reason;
//!
//! let testbed = Testbed::start()?;
//! let token = testbed.token("alice@example.com");
//!
//! // The program that is tested trusts testbed.authority(), and logs in with this token at:
//! println!("{} {}", testbed.imap().implicit_tls(), testbed.imap().starttls());
//! # use std::io::{BufRead, BufReader, Write};
//! # let mut stream = std::net::TcpStream::connect(testbed.imap().in_clear())?;
//! # stream.write_all(b"a LOGIN alice@example.com made-up\r\n")?;
//! # BufReader::new(stream).lines().nth(1).unwrap()?;
//!
//! // Then the test asks what happened:
//! for attempt in testbed.imap().attempts() {
//!     println!("{} by {:?}: {:?}", attempt.user, attempt.mechanism, attempt.refused);
//! }
//! # assert_eq!(testbed.imap().attempts()[0].refused, Some(Reason::CredentialsRejected));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! No test waits for a token to expire, and a server can be as slow, broken or odd as real ones are:
//!
//! ```
//! use core::time::Duration;
//! use mail_testbed::{Fault, MailOptions, Quirk, Testbed, TestbedOptions, TokenProblem};
//!
//! let odd = MailOptions::new().quirk(Quirk::bare_challenge()).quirk(Quirk::byte_at_a_time());
//! let testbed = Testbed::with(TestbedOptions::new().imap(odd))?;
//! let token = testbed.token("alice@example.com");
//!
//! // An hour passes:
//! let provider = testbed.provider();
//! provider.advance(Duration::from_secs(3600));
//! assert_eq!(provider.check(&token, None, None).unwrap_err(), TokenProblem::Expired);
//! // The first answer to a refresh shall get lost:
//! provider.misbehave(Fault::dropped_after());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # What it is not
//!
//! It keeps all it ever knew in memory, signs anybody in, and does wrong things when told to. It is for
//! tests and demonstrations alone.
//!
//! # Map
//!
//! | type | what |
//! |---|---|
//! | [`Testbed`], [`TestbedOptions`] | everything at once |
//! | [`MailServer`], [`MailOptions`] | an IMAP, SMTP or ManageSieve server, and what it is like |
//! | [`Quirk`] | what a mail server does wrong |
//! | [`Attempted`], [`Message`] | what a mail server has seen |
//! | [`Authority`] | certificates, good and bad ones |
//! | [`Provider`], [`ProviderOptions`] | the authorization server, and what it is like |
//! | [`Client`], [`User`] | who is known to it |
//! | [`Issue`], [`Tokens`], [`Grant`] | tokens without a request |
//! | [`Checker`], [`Claims`], [`TokenProblem`] | what a mail server asks about a token |
//! | [`Fault`], [`Gate`], [`Endpoint`] | what goes wrong, where and when |

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

extern crate alloc;

mod authority;
mod mail;
mod provider;
mod testbed;

pub use authority::Authority;
pub use mail::{Attempted, MailOptions, MailServer, Message, Quirk};
pub use provider::{
    Approval, Checker, Claims, Client, Endpoint, ExpiresIn, Fault, Gate, Grant, Issue, Provider,
    ProviderOptions, Rotation, TokenFormat, TokenProblem, Tokens, User,
};
pub use testbed::{Testbed, TestbedOptions};
