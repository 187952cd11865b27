//! Pure functions on `&[u8]`, for those who own a buffer already.
//!
//! ```
//! use imap_auth::parse::{self, Response, Status};
//!
//! let response = parse::response(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready", false)?;
//! let Response::Untagged { status: Some(Status::Ok), text, .. } = response else { panic!() };
//! let offer = parse::capabilities(text.capabilities().unwrap(), false)?;
//! assert!(offer.allows_initial_response());
//! # Ok::<(), sasl_core::Violation>(())
//! ```

mod capability;
mod code;
mod command;
mod response;

pub use capability::{Offer, capabilities};
pub use code::{Code, Text, reason, referral};
pub use command::{Command, command};
pub use response::{Response, Status, greeting, has_literal, response};
