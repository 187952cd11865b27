//! What an accepted login leaves behind.

use sasl_core::{Mechanism, Session, wire::Conversation};

/// The session of an accepted login. The list of capabilities is kept only if the server sent it
/// together with its answer: what it offered before the login says nothing about what it offers now.
pub(crate) fn session(
    wire: &mut Conversation,
    mechanism: Option<Mechanism>,
    is_current: bool,
) -> Session {
    let mut capabilities = core::mem::take(&mut wire.capabilities);
    if !is_current {
        capabilities.clear();
    }
    Session::new(mechanism, capabilities, wire.round_trips())
}
