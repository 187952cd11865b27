//! Defects of logging in that were found by reading other software, one test each. What must happen
//! instead is in transcripts.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test")]

use std::path::Path;

use harness::{Cut, Script, Tested, play::play};
use imap_auth::Imap;
use sasl_core::{Credentials, Invalid};
use sieve_auth::Sieve;
use smtp_auth::Smtp;

/// Plays these transcripts; each says how it ends.
fn plays<P: Tested>(names: &[&str]) {
    for name in names {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts");
        let path = folder.join(P::NAME).join(format!("{name}.txt"));
        play::<P>(&Script::file(&path), Cut::Whole);
    }
}

/// A parameter that comes twice is refused, and breaks nothing.
#[test]
fn b14_a_parameter_that_comes_twice_is_refused() {
    use token_lifecycle::{Authorization, Client, Redirect, State, Url, Verifier};

    let client = Client::public("mail-client").unwrap();
    let new = || {
        Authorization::new(
            &Url::new("https://id.example.com/authorize").unwrap(),
            &client,
            Redirect::new("http://127.0.0.1:4711/callback").unwrap(),
            State::from_entropy(&[7; 32]),
            Verifier::from_entropy(&[8; 32]),
        )
    };
    let url = new().url();
    let state = url.split("state=").nth(1).unwrap();
    let state = state.split('&').next().unwrap();
    for twice in [
        format!("/callback?code=one&code=two&state={state}"),
        format!("/callback?code=one&state={state}&state={state}"),
        format!("/callback?code=one&state={state}&error=a&error=b"),
    ] {
        assert!(new().receive(twice.as_bytes()).is_err(), "{twice}");
    }
    let once = format!("/callback?code=one&state={state}");
    assert!(new().receive(once.as_bytes()).is_ok());
}

#[test]
fn b19_the_user_is_escaped_and_nothing_can_be_smuggled_in() {
    plays::<Imap>(&["oauthbearer-escapes-the-user"]);
    for (user, token) in [
        ("a\u{1}auth=Bearer x", "t"),
        ("a\r\nA2 LOGOUT", "t"),
        ("a\0b", "t"),
        ("a", "t\u{1}u"),
        ("a", "t u"),
        ("a", "t\r\n"),
    ] {
        let refused: Result<Credentials, Invalid> = Credentials::bearer(user, token);
        assert!(refused.is_err(), "{user:?} {token:?}");
    }
}

#[test]
fn b20_imap_answers_a_refusal_without_the_token_and_not_for_ever() {
    plays::<Imap>(&[
        "oauthbearer-refused",
        "gmail-refused-400",
        "gmail-refused-401",
        "d11-rounds",
    ]);
}

#[test]
fn b21_smtp_hears_the_last_word_and_no_login_is_no_success() {
    plays::<Smtp>(&[
        "dovecot-refused-expired",
        "document-wins-over-535",
        "d15-second-challenge",
        "no-auth-is-no-success",
        "in-clear-nothing-offered",
        "dovecot-tls-required",
        "code-530",
    ]);
}

#[test]
fn b22_sieve_answers_the_challenge_and_tells_an_outage_from_a_refusal() {
    plays::<Sieve>(&[
        "dovecot-refused-expired",
        "dovecot-scope-403",
        "d15-second-challenge",
        "code-auth-too-weak-never-a-password",
        "bye-instead-of-capabilities",
        "bye-after-the-document",
        "code-trylater-bye",
    ]);
}

#[test]
fn b23_a_token_is_never_a_password() {
    plays::<Imap>(&["no-mechanism-and-no-logindisabled"]);
    plays::<Smtp>(&["code-504-never-a-password"]);
    plays::<Sieve>(&["code-auth-too-weak-never-a-password"]);
}
