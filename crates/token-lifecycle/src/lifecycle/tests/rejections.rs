use sasl_core::Reason;

use super::*;

const INVALID_GRANT: &str = r#"{"error":"invalid_grant"}"#;

#[test]
fn a_refused_token_is_refreshed_once() {
    let mut s = Scenario::fresh();
    assert_eq!(s.rejected(1, Reason::TokenRejected), Feedback::Retry);
    assert!(s.token().unwrap_err().is_temporary());
    s.until("send refresh-1")
        .answers(200, REFRESHED)
        .until("wait");
    assert_eq!(s.token().unwrap(), "access-2");
    // The one that is refused too is not the reason.
    assert_eq!(
        s.rejected(2, Reason::TokenRejected),
        Feedback::AccessRefused
    );
    s.does("wait");
    assert_eq!(s.token().unwrap(), "access-2");
}

#[test]
fn that_it_was_forced_survives_the_process() {
    let mut s = Scenario::fresh();
    assert_eq!(s.rejected(1, Reason::TokenRejected), Feedback::Retry);
    s.until("send refresh-1")
        .answers(200, REFRESHED)
        .until("wait");
    let json = s.stored.as_ref().unwrap().to_json();
    let stored = Record::from_json(json.expose().as_bytes()).unwrap();
    let mut next = Scenario::with_stored(Options::new("next", Audience::new("mail")), Some(stored));
    next.does("load").loads();
    assert_eq!(
        next.rejected(2, Reason::TokenRejected),
        Feedback::AccessRefused
    );
}

#[test]
fn an_older_token_was_refused() {
    let mut s = Scenario::expired();
    s.until("send refresh-1")
        .answers(200, REFRESHED)
        .until("wait");
    assert_eq!(s.rejected(1, Reason::TokenRejected), Feedback::Retry);
    s.does("wait");
    assert_eq!(s.token().unwrap(), "access-2");
}

#[test]
fn many_are_refused_at_once() {
    let mut s = Scenario::fresh();
    for _ in 0..10 {
        assert_eq!(s.rejected(1, Reason::TokenRejected), Feedback::Retry);
    }
    s.until("send refresh-1");
    assert_eq!(s.rejected(1, Reason::TokenRejected), Feedback::Retry);
    s.answers(200, REFRESHED).until("wait");
    assert_eq!(s.rejected(1, Reason::TokenRejected), Feedback::Retry);
    s.does("wait");
}

#[test]
fn without_a_reason_a_fresh_token_is_not_to_blame() {
    let mut s = Scenario::fresh();
    assert_eq!(
        s.rejected(1, Reason::CredentialsRejected),
        Feedback::AccessRefused
    );
    s.does("wait").pass(301);
    assert_eq!(s.rejected(1, Reason::CredentialsRejected), Feedback::Retry);
    s.does("lock");
}

#[test]
fn a_server_in_trouble_may_mean_an_expired_token() {
    let mut s = Scenario::fresh();
    s.pass(600);
    assert_eq!(s.rejected(1, Reason::Temporary), Feedback::Wait);
    s.does("wait").pass(3600 - 600 - 30);
    assert_eq!(s.rejected(1, Reason::Temporary), Feedback::Retry);
    s.until("send refresh-1")
        .answers(200, REFRESHED)
        .until("wait");
    assert_eq!(s.rejected(2, Reason::Temporary), Feedback::Wait);
    s.does("wait");
    // Nobody knows how old it is good.
    let mut stored = record(3600);
    stored.access[0].expires_at = None;
    let mut s = Scenario::with_stored(Options::new("me", Audience::new("mail")), Some(stored));
    s.does("load").loads().pass(600);
    assert_eq!(s.rejected(1, Reason::Temporary), Feedback::Retry);
}

/// The refusal of a server that wants a scope which the token does not have.
fn refuse_for_scope(s: &mut Scenario, generation: u64) -> Feedback {
    let refusal = sasl_core::Refusal::parse(br#"{"status":"403","scope":"mail.send"}"#);
    let rejection = sasl_core::Rejection::new(Reason::ScopeInsufficient, sasl_core::Kind::Token)
        .with_refusal(Some(refusal));
    s.life
        .handle_rejection(s.now(), Generation::from(generation), &rejection)
}

#[test]
fn a_missing_scope_concerns_only_whoever_was_refused() {
    let mut s = Scenario::fresh();
    for _ in 0..2 {
        assert_eq!(refuse_for_scope(&mut s, 1), Feedback::SignIn);
        assert_eq!(s.token().unwrap(), "access-1");
    }
    // It is told once, with what to ask for.
    let Action::SignIn(sign_in) = s.life.poll(s.now()) else {
        panic!("nobody is told")
    };
    assert_eq!(sign_in.reason, SignInReason::ConsentMissing);
    assert_eq!(sign_in.generation, Generation::from(1));
    assert_eq!(sign_in.scopes, Some(Scopes::from("mail.send")));
    s.does("load").loads().does("wait");
    assert_eq!(s.token().unwrap(), "access-1");
    assert!(s.life.fresh_for(s.now()) > Duration::ZERO);
    // Whoever tries again is refused again, and nobody is told anew.
    assert_eq!(refuse_for_scope(&mut s, 1), Feedback::SignIn);
    s.does("load").loads().does("wait");
}

#[test]
fn a_missing_scope_keeps_no_token_from_being_refreshed() {
    let mut s = Scenario::fresh();
    assert_eq!(refuse_for_scope(&mut s, 1), Feedback::SignIn);
    s.does("sign-in consent-missing").does("load").loads();
    s.does("wait").pass(3300);
    assert_eq!(s.token().unwrap(), "access-1");
    s.until("send refresh-1")
        .answers(200, REFRESHED)
        .until("wait");
    assert_eq!(s.token().unwrap(), "access-2");
    // Other tokens are another matter.
    assert_eq!(refuse_for_scope(&mut s, 1), Feedback::Retry);
    s.does("wait");
    assert_eq!(refuse_for_scope(&mut s, 2), Feedback::SignIn);
    s.does("sign-in consent-missing").does("load").loads();
    s.does("wait");
    // Another server that refuses the token as such has it replaced as ever.
    assert_eq!(s.rejected(2, Reason::TokenRejected), Feedback::Retry);
    s.until("send refresh-2");
}

#[test]
fn a_sign_in_gives_what_was_missing() {
    let mut s = Scenario::fresh();
    assert_eq!(refuse_for_scope(&mut s, 1), Feedback::SignIn);
    s.does("sign-in consent-missing").does("load").loads();
    s.grant("access-7", Some("refresh-7")).until("wait");
    assert_eq!(s.token().unwrap(), "access-7");
    assert_eq!(refuse_for_scope(&mut s, 1), Feedback::Retry);
    s.does("wait");
}

/// Whoever is refused has the store looked at, for the token is good for others and nobody else would.
#[test]
fn a_sign_in_elsewhere_gives_what_was_missing() {
    let mut s = Scenario::fresh();
    assert_eq!(refuse_for_scope(&mut s, 1), Feedback::SignIn);
    s.does("sign-in consent-missing").does("load").cannot_load();
    s.does("wait");
    assert_eq!(s.token().unwrap(), "access-1");
    s.others_refresh();
    let stored = s.stored.as_mut().unwrap();
    stored.signed_in = stored.signed_in + Duration::from_secs(1);
    s.does("wait");
    assert_eq!(refuse_for_scope(&mut s, 1), Feedback::SignIn);
    s.does("load").loads().does("wait");
    assert!(s.has_told("adopted"));
    assert_eq!(s.token().unwrap(), "access-theirs");
    // Or somebody has signed out there.
    assert_eq!(refuse_for_scope(&mut s, 2), Feedback::SignIn);
    s.stored = None;
    s.does("sign-in consent-missing").does("load").loads();
    s.does("sign-in signed-out");
    assert!(s.token().is_err());
}

#[test]
fn what_is_no_token_problem_touches_no_token() {
    let mut s = Scenario::fresh();
    for reason in [
        Reason::AdminRequired,
        Reason::AuthorizationDenied,
        Reason::MechanismUnavailable,
    ] {
        assert_eq!(s.rejected(1, reason), Feedback::AccessRefused);
    }
    s.does("wait");
    assert_eq!(s.token().unwrap(), "access-1");
}

#[test]
fn a_refused_token_without_a_refresh_token_wants_the_user() {
    let mut stored = record(3600);
    stored.refresh = None;
    let mut s = Scenario::with_stored(Options::new("me", Audience::new("mail")), Some(stored));
    s.does("load").loads();
    assert_eq!(s.rejected(1, Reason::TokenRejected), Feedback::SignIn);
    s.does("load").loads().does("sign-in no-refresh-token");
}

#[test]
fn a_refused_token_is_not_given_after_the_refresh_was_refused_too() {
    let mut s = Scenario::fresh();
    assert_eq!(s.rejected(1, Reason::TokenRejected), Feedback::Retry);
    s.until("send refresh-1")
        .answers(400, INVALID_GRANT)
        .until("sign-in rejected");
    assert!(matches!(s.token(), Err(Unavailable::SignIn(_))));
    // Nor by another process, which does not know of the refusal.
    assert!(s.stored.as_ref().unwrap().access().is_empty());
}

#[test]
fn a_token_that_nobody_refused_outlives_the_grant() {
    let mut s = Scenario::fresh();
    s.pass(3300)
        .until("send refresh-1")
        .answers(400, INVALID_GRANT)
        .until("sign-in rejected");
    assert_eq!(s.stored.as_ref().unwrap().access().len(), 1);
}

/// A token that is good is given again and again without thinking; not so when something has happened.
#[test]
fn what_was_remembered_is_forgotten_when_something_happens() {
    let mut stored = record(3600);
    stored.refresh = None;
    let options = Options::new("me", Audience::new("mail"));
    let given = || {
        let mut s = Scenario::with_stored(options.clone(), Some(stored.clone()));
        s.does("load").loads();
        for _ in 0..3 {
            assert_eq!(s.token().unwrap(), "access-1");
        }
        s
    };
    let mut s = given();
    assert_eq!(s.rejected(1, Reason::TokenRejected), Feedback::SignIn);
    assert!(s.token().is_err());
    let mut s = given();
    s.others_refresh();
    assert_eq!(s.rejected(1, Reason::ScopeInsufficient), Feedback::SignIn);
    s.does("sign-in consent-missing").does("load").loads();
    assert_eq!(s.token().unwrap(), "access-theirs");
    let mut s = given();
    let now = s.now();
    s.life.sign_out(now);
    assert_eq!(s.token(), Err(Unavailable::SignedOut));
}
