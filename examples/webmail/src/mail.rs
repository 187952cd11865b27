//! What is done on a connection that is logged in: small clients for exactly what this program needs, with
//! limits on everything that a server may send.

mod error;
mod imap;
mod message;
mod pool;
mod sieve;
mod smtp;
mod wire;

pub(crate) use error::MailError;
pub(crate) use imap::Imap;
pub(crate) use message::{Row, Text, clean};
pub(crate) use pool::Pool;
pub(crate) use sieve::{SCRIPT, Script, Sieve};
pub(crate) use smtp::{Draft, LETTER, SUBJECT, TEXT, TO, send};
