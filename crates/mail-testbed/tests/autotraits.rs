//! What a test hands to its threads can be handed to them.

use mail_testbed::{
    Authority, Checker, Claims, Fault, Gate, Grant, Issue, Provider, ProviderOptions, Tokens,
};

#[test]
fn everything_is_send_and_sync() {
    fn is<T: Send + Sync + 'static>() {}
    is::<Authority>();
    is::<Checker>();
    is::<Claims>();
    is::<Fault>();
    is::<Gate>();
    is::<Grant>();
    is::<Issue>();
    is::<Provider>();
    is::<ProviderOptions>();
    is::<Tokens>();
}
