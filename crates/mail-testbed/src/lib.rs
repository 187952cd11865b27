//! The other side of a mail program's login, inside a test: an authorization server on loopback, with
//! a certificate authority that is made on the spot.
//!
//! One line starts it, nothing has to be installed, and no test waits for a token to expire:
//!
//! ```
//! use core::time::Duration;
//! use mail_testbed::{Provider, ProviderOptions, TokenProblem};
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
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The program that is tested talks HTTPS to it as to any other provider, and trusts its authority.
//! Here a refresh whose answer gets lost, and what comes of trying again:
//!
//! ```
//! use mail_testbed::{Endpoint, Fault, Provider, ProviderOptions};
//! # use ureq::{Agent, tls::{Certificate, RootCerts, TlsConfig}};
//! # fn http_client(root: &[u8]) -> Agent {
//! #     let roots = RootCerts::new_with_certs(&[Certificate::from_der(root).to_owned()]);
//! #     let tls = TlsConfig::builder().root_certs(roots).build();
//! #     Agent::config_builder().tls_config(tls).proxy(None).http_status_as_error(false).build().into()
//! # }
//!
//! let provider = Provider::start(ProviderOptions::new())?;
//! let tokens = provider.issue("alice@example.com");
//! let client = http_client(&provider.authority().der());
//! let refresh = || client.post(provider.url(Endpoint::Token)).send_form([
//!     ("grant_type", "refresh_token"),
//!     ("refresh_token", tokens.refresh_token().unwrap()),
//!     ("client_id", "mail-client"),
//! ]);
//!
//! provider.misbehave(Fault::dropped_after());
//! assert!(refresh().is_err());
//! assert_eq!(provider.refreshes(), 1);
//! // The token is used up, and whoever brings it again may have stolen it:
//! assert_eq!(refresh().unwrap().status(), 400);
//! assert_eq!(provider.reuses(), 1);
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
