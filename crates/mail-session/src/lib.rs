//! Mail access for webmail back ends: sessions whose OAuth tokens stay fresh.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

extern crate alloc;

pub mod places;
pub mod settings;
mod user;

pub use user::User;
