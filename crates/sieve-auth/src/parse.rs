//! Pure functions on `&[u8]`, for those who own a buffer already.
//!
//! ```
//! use sasl_core::Mechanism;
//! use sieve_auth::parse::{self, Response, Status};
//!
//! let block = b"\"SASL\" \"OAUTHBEARER XOAUTH2\"\r\n\"STARTTLS\"\r\nOK\r\n";
//! let offer = parse::capabilities(block, false)?;
//! assert!(offer.starttls() && offer.mechanisms().contains(Mechanism::XOAuth2));
//!
//! let response = parse::response(b"NO (TRYLATER) \"come back\"", false)?;
//! let Response::Condition { status: Status::No, text } = response else { panic!() };
//! assert!(text.code().unwrap().is("TRYLATER"));
//! # Ok::<(), sasl_core::Violation>(())
//! ```

mod capability;
mod code;
mod command;
mod response;
mod string;

pub use capability::{Offer, capabilities};
pub use code::{Code, Text, reason, referral};
pub(crate) use command::answer;
pub use command::{Command, command};
pub(crate) use response::is_condition;
pub use response::{Response, Status, has_literal, response};
pub use string::{Str, string};
