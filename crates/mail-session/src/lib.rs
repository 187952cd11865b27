//! Mail access for webmail back ends: sessions whose OAuth tokens stay fresh.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

extern crate alloc;

mod access;
mod account;
mod attributes;
mod end;
mod failed;
mod id;
mod identity;
#[cfg(feature = "tower")]
pub mod layer;
mod outcome;
pub mod places;
mod record;
mod session;
mod sessions;
pub mod settings;
mod user;
mod watch;

pub use access::{AccessError, MailConnection, Service};
pub use account::{Account, AccountKind};
pub use attributes::{Attributes, InvalidAttribute};
pub use end::{EndReason, Ended};
pub use id::{SessionId, SessionKey};
pub use identity::{Expected, Identity, IdentityError};
pub use outcome::{Outcome, Wait};
pub use session::{AccountError, Session};
pub use sessions::{Builder, Sessions, SetUpError, SignInError};
pub use user::User;
pub use watch::{Change, Fact};
