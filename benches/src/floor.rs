//! The least code that still does the job, for one fixed case each.

pub mod imap;
pub mod message;
pub mod sieve;
pub mod smtp;
pub mod tokens;

/// What a floor finds in a list of what a server offers.
pub const XOAUTH2: u32 = 1;
/// See [`XOAUTH2`].
pub const OAUTHBEARER: u32 = 2;
/// See [`XOAUTH2`].
pub const SASL_IR: u32 = 4;
/// See [`XOAUTH2`].
pub const STARTTLS: u32 = 8;
