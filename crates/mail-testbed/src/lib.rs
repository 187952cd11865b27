//! The other side of a mail program's login, inside a test: an authorization server on loopback, with
//! a certificate authority that is made on the spot.
//!
//! One line starts it, nothing has to be installed, and no test waits for a token to expire:
//!
//! ```
//! use core::time::Duration;
//! use mail_testbed::{Endpoint, Fault, Provider, ProviderOptions, TokenProblem};
//!
//! let provider = Provider::start(ProviderOptions::new())?;
//! let tokens = provider.issue("alice@example.com");
//! let token = tokens.access_token();
//!
//! // What a mail server asks:
//! let claims = provider.check(token, Some("https://mail.example.com/"), Some("mail")).unwrap();
//! assert_eq!(claims.email, "alice@example.com");
//!
//! // An hour passes:
//! provider.advance(Duration::from_secs(3600));
//! assert_eq!(provider.check(token, None, None).unwrap_err(), TokenProblem::Expired);
//!
//! // The program that is tested refreshes at provider.url(Endpoint::Token), and trusts
//! // provider.authority(). The first answer shall get lost:
//! provider.misbehave(Fault::dropped_after());
//! assert!(provider.url(Endpoint::Token).starts_with("https://127.0.0.1:"));
//! assert!(provider.authority().pem().starts_with("-----BEGIN CERTIFICATE-----"));
//! assert_eq!(provider.refreshes(), 0);
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
mod provider;

pub use authority::Authority;
pub use provider::{
    Approval, Checker, Claims, Client, Endpoint, ExpiresIn, Fault, Gate, Grant, Issue, Provider,
    ProviderOptions, Rotation, TokenFormat, TokenProblem, Tokens, User,
};
