//! Defects of token handling that were found by reading other software, one test each. What must
//! happen instead is in the file of the same name.

use std::path::Path;

use harness::lifecycle::play;

macro_rules! defects {
    ($($name:ident: $file:literal,)*) => {
        $(#[test] fn $name() {
            play(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(concat!($file, ".json")));
        })*
    };
}

defects! {
    b01_the_old_expiry_is_not_kept: "b01-old-expiry-cleared",
    b02_no_expiry_is_not_expired: "b02-no-expiry-is-not-expired",
    b03_zero_seconds_are_not_for_ever: "b03-zero-is-not-for-ever",
    b04_a_short_token_ends_no_session: "b04-short-token-is-used",
    b05_without_a_refresh_token_the_session_ends_with_the_token: "b05-no-refresh-token-until-expiry",
    b06_a_wrong_client_is_not_asked_for_all_the_time: "b06-wrong-client-is-no-loop",
    b07_nobody_waits_while_the_token_is_good: "b07-nobody-waits-for-a-good-token",
    b08_two_nodes_do_not_use_one_refresh_token_twice: "b08-mark-of-another-node",
    b09_what_cannot_be_saved_is_saved_later: "b09-unsaved-is-saved-later",
    b10_the_id_token_of_a_refresh_is_kept: "b10-id-token-is-kept",
    b11_what_passes_ends_no_session: "b11-temporary-ends-nothing",
    b12_unavailable_may_mean_expired_in_every_protocol: "b12-unavailable-may-mean-expired",
    b13_a_token_that_is_not_replaced_is_kept: "b13-not-rotated-is-kept",
}

/// An answer without the token that is needed is told without what was in it.
#[test]
fn b15_an_odd_answer_is_not_shown() {
    use token_lifecycle::{Exchange, GrantKind, Response, UnixTime};

    let exchange = Exchange::new(GrantKind::RefreshToken, UnixTime::from_secs(1_767_222_000));
    let body = br#"{"id_token":"secret-id","refresh_token":"secret-refresh"}"#;
    let response = Response::new(200, body);
    let failure = exchange.read(&response).unwrap_err();
    let shown = format!("{failure} {failure:?} {response:?}");
    assert!(!shown.contains("secret-"), "{shown}");
}

/// Seconds and milliseconds have one type, and nothing wraps.
#[test]
fn b18_times_have_one_unit() {
    use core::time::Duration;
    use token_lifecycle::{Exchange, GrantKind, Response, UnixTime};

    let sent = UnixTime::from_secs(1_767_222_000);
    let exchange = Exchange::new(GrantKind::RefreshToken, sent);
    let body = br#"{"access_token":"a","expires_in":2147484}"#;
    let tokens = exchange.read(&Response::new(200, body)).unwrap();
    assert_eq!(
        tokens.expires_at,
        Some(sent + Duration::from_secs(2_147_484))
    );
}
