//! How it looks. All that comes from outside is text to the templates, which escape it.

mod accounts;
mod assets;
mod compose;
mod filters;
mod inbox;
mod layout;
mod message;
mod problem;
mod sign_in;

pub(crate) use accounts::{State, accounts};
pub(crate) use assets::{icon, script, style};
pub(crate) use compose::compose;
pub(crate) use filters::{Editor, filters};
pub(crate) use inbox::inbox;
pub(crate) use layout::Here;
pub(crate) use message::message;
pub(crate) use problem::{dressed, not_signed_in, over, problem};
pub(crate) use sign_in::sign_in;
