//! What an accepted login leaves behind.

use sasl_core::{Mechanism, Session, wire::Conversation};

/// The session of an accepted login. A server that has accepted AUTH sends no new list; the one from
/// before stays valid, because none of our mechanisms adds a security layer
/// (<https://www.rfc-editor.org/rfc/rfc4954#section-4>).
pub(crate) fn session(wire: &mut Conversation, mechanism: Option<Mechanism>) -> Session {
    let capabilities = core::mem::take(&mut wire.capabilities);
    Session::new(mechanism, capabilities, wire.round_trips())
}
