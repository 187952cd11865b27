//! What an accepted login leaves behind.

use sasl_core::{Mechanism, Session, wire::Conversation};

/// The session of an accepted login. The capabilities are those from before the login: none follow
/// its success (<https://www.rfc-editor.org/rfc/rfc5804#section-2.1>).
pub(crate) fn session(wire: &mut Conversation, mechanism: Mechanism) -> Session {
    let capabilities = core::mem::take(&mut wire.capabilities);
    Session::new(Some(mechanism), capabilities, wire.round_trips())
}
