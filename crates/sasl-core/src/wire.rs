//! What lies under every machine: bounded buffers, literals, and the loop that turns lines into steps.
//!
//! Protocol crates build on this; a program that only drives machines does not need it.

mod conversation;
mod facts;
mod line;
mod literal;
mod send;
mod words;

pub use crate::accept::{
    acceptor::{Acceptor, Dialect, Order},
    channel::{Channel, Offer},
};
pub use conversation::{Conversation, Converse, Turn};
pub use facts::Fact;
pub use line::{Line, LineBuf};
pub use literal::announced_literal;
pub use send::SendBuf;
pub use words::{code_name, is_text, is_word, server_url};
