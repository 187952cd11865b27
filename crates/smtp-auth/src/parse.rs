//! Pure functions on `&[u8]`, for those who own a buffer already.
//!
//! ```
//! use sasl_core::Mechanism;
//! use smtp_auth::parse;
//!
//! let offer = parse::ehlo(b"250-mx.example.com\r\n250-SIZE 1000\r\n250 AUTH XOAUTH2\r\n")?;
//! assert!(offer.mechanisms().contains(Mechanism::XOAuth2));
//!
//! let line = parse::reply_line(b"535 5.7.8 no", false)?;
//! assert_eq!(parse::reason(line.code, line.enhanced()), Some(sasl_core::Reason::CredentialsRejected));
//! # Ok::<(), sasl_core::Violation>(())
//! ```

mod code;
mod command;
mod ehlo;
mod reply;

pub use code::{Enhanced, reason};
pub use command::{Command, command};
pub use ehlo::{Offer, ehlo};
pub use reply::{ReplyLine, reply_line};
