//! Accounts of a real provider at real mail servers: what becomes of a login when the token is expired,
//! revoked or not good enough, and how often tokens are refreshed for it.

use harness::interop::Interop;
use serde_json::{Value, json};

use crate::{
    real::{Check, Real, Settings},
    support::{code, json_lines, stderr, stdout},
};

/// A mail server, and the arguments that name it where the account does not.
type Server = Vec<String>;

/// All that take the tokens of an account: Dovecot by the configuration, and Postfix besides.
fn servers(interop: &Interop, check: Check) -> Vec<Server> {
    let name = match check {
        Check::Local => "POSTFIX_LOCAL",
        Check::Introspect => "POSTFIX_INTROSPECT",
    };
    let port = |service: &str| interop.port(&format!("{name}_{service}")).to_string();
    let (tls, starttls) = (port("SUBMISSIONS"), port("SUBMISSION"));
    let words = |words: &[&str]| words.iter().map(|word| word.to_string()).collect();
    vec![
        words(&["imap"]),
        words(&["smtp"]),
        words(&["sieve"]),
        words(&["smtp", "--port", &tls, "--tls", "implicit"]),
        words(&["smtp", "--port", &starttls, "--tls", "starttls"]),
    ]
}

/// What `try` says: the exit code, how often it tried once more, and the result.
fn attempt(real: &Real, server: &Server) -> (i32, usize, Value) {
    let mut arguments = vec!["try"];
    arguments.extend(server.iter().map(String::as_str));
    arguments.extend(["--account", "work", "--json"]);
    let output = real.run(&arguments);
    let lines = json_lines(&output);
    let retries = lines.iter().filter(|line| line["event"] == "retry").count();
    (code(&output), retries, lines.last().unwrap().clone())
}

/// The server lets the user in, after so many more tries.
#[track_caller]
fn accepted(real: &Real, server: &Server, retries: usize) {
    let (exit, seen, result) = attempt(real, server);
    assert_eq!(exit, 0, "{server:?}: {result}");
    assert_eq!(result["result"], "accepted", "{server:?}");
    assert_eq!(seen, retries, "{server:?}: tries after the first");
}

/// How many tokens there have been: each refresh makes one.
fn generation(real: &Real) -> u64 {
    real.record()["generation"].as_u64().unwrap()
}

/// Puts a token in the place of the access token, half an hour old and by the client's clock good for as long.
fn put(real: &Real, token: &str) {
    real.life(1800);
    real.change_record(|record| {
        record["access"][0]["token"] = token.into();
        record["access"][0]
            .as_object_mut()
            .unwrap()
            .remove("forced");
    });
}

#[test]
fn a_good_token_is_used_by_all() {
    for check in [Check::Local, Check::Introspect] {
        let real = Real::with(Settings::new(check));
        real.sign_in();
        for server in servers(real.interop, check) {
            accepted(&real, &server, 0);
        }
        assert_eq!(generation(&real), 1, "{check:?}: nothing was refreshed");
    }
}

#[test]
fn a_token_that_is_expired_is_refreshed_once_before() {
    for check in [Check::Local, Check::Introspect] {
        let real = Real::with(Settings::new(check));
        real.sign_in();
        for (n, server) in servers(real.interop, check).iter().enumerate() {
            real.expire();
            // Refused by nobody: it was not even tried.
            accepted(&real, server, 0);
            assert_eq!(generation(&real), n as u64 + 2, "{check:?} {server:?}");
            accepted(&real, server, 0);
            assert_eq!(generation(&real), n as u64 + 2, "{check:?} {server:?}");
        }
    }
}

#[test]
fn a_token_that_only_the_server_knows_to_be_bad_is_refreshed_once_and_tried_once_more() {
    for check in [Check::Local, Check::Introspect] {
        let real = Real::with(Settings::new(check));
        real.sign_in();
        for (n, server) in servers(real.interop, check).iter().enumerate() {
            let bad = match check {
                Check::Local => real.interop.mint(json!({"exp": 1_000_000_000}), 0),
                // Of another grant, for the provider revokes all that belongs together.
                Check::Introspect => {
                    let resource = real.interop.env("RESOURCE_OPAQUE");
                    let token = real.interop.token("mail-client", "mail", resource);
                    real.interop.revoke(&token);
                    token
                }
            };
            put(&real, &bad);
            accepted(&real, server, 1);
            assert_eq!(generation(&real), n as u64 + 2, "{check:?} {server:?}");
            accepted(&real, server, 0);
            assert_eq!(generation(&real), n as u64 + 2, "{check:?} {server:?}");
        }
    }
}

#[test]
fn a_grant_that_is_revoked_ends_with_what_to_do() {
    let servers = servers(harness::interop::start(), Check::Introspect);
    for server in &servers {
        let real = Real::with(Settings::new(Check::Introspect));
        real.sign_in();
        real.life(1800);
        let token = real.record()["access"][0]["token"]
            .as_str()
            .unwrap()
            .to_owned();
        // The refresh token goes with it.
        real.interop.revoke(&token);
        let (exit, retries, result) = attempt(&real, server);
        assert_eq!((exit, retries), (77, 1), "{server:?}: {result}");
        assert_eq!(result["kind"], "rejected", "{server:?}");
        ends_with_what_to_do(result["message"].as_str().unwrap());

        // Nobody tries these tokens again, and everybody says why.
        assert_eq!(generation(&real), 1);
        assert!(real.record()["refresh"].is_null());
        let (exit, retries, result) = attempt(&real, server);
        assert_eq!((exit, retries), (77, 0), "{server:?}: {result}");
        ends_with_what_to_do(result["message"].as_str().unwrap());
        let output = real.run(&["token", "work"]);
        assert_eq!((code(&output), &*stdout(&output)), (77, ""));
        ends_with_what_to_do(&stderr(&output));
        assert_eq!(code(&real.run(&["status", "work", "--check"])), 77);

        real.sign_in();
        accepted(&real, server, 0);
    }
}

#[track_caller]
fn ends_with_what_to_do(message: &str) {
    let end = "; run `mail-login sign-in work`";
    assert!(message.trim_end().ends_with(end), "{message}");
    assert!(message.contains("the sign-in has ended"), "{message}");
}

#[test]
fn a_scope_that_the_server_does_not_want_is_no_reason_to_refresh_again_and_again() {
    for check in [Check::Local, Check::Introspect] {
        for server in servers(harness::interop::start(), check) {
            let real = Real::with(Settings {
                scope: "openid calendar offline_access",
                ..Settings::new(check)
            });
            real.sign_in();
            real.life(1800);
            for run in 0..3 {
                let (exit, retries, result) = attempt(&real, &server);
                assert_eq!(exit, 77, "{server:?}: {result}");
                assert_eq!(result["advice"], "sign-in-again", "{server:?}: {result}");
                assert!(retries <= usize::from(run == 0), "{server:?}");
                let remedy = result["remedy"].as_str().unwrap();
                assert!(remedy.contains("scope"), "{server:?}: {remedy}");
                assert!(remedy.contains("mail-login sign-in work"), "{remedy}");
                // Dovecot 2.3 does not tell a scope from a token that is no good, so one try is right.
                let most = if real.interop.dovecot == 3 { 2 } else { 1 };
                assert!(generation(&real) <= most, "{server:?}: {run}");
            }
        }
    }
}

#[test]
fn a_scope_that_was_not_granted_is_named() {
    for check in [Check::Local, Check::Introspect] {
        let real = Real::with(Settings::new(check));
        let resource = match check {
            Check::Local => "RESOURCE_JWT",
            Check::Introspect => "RESOURCE_OPAQUE",
        };
        let less = "openid calendar offline_access";
        let tokens = real
            .interop
            .grant("mail-client", less, real.interop.env(resource));
        let output = real.run_with(&["sign-in", "work", "--import", "-"], &tokens.to_string());
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(
            stdout(&output).contains("not granted"),
            "{}",
            stdout(&output)
        );
        real.life(1800);
        for server in servers(real.interop, check) {
            let (exit, _, result) = attempt(&real, &server);
            assert_eq!(exit, 77, "{check:?} {server:?}: {result}");
            assert_eq!(result["advice"], "sign-in-again", "{server:?}: {result}");
            let remedy = result["remedy"].as_str().unwrap();
            let expected = "did not grant \"mail\": sign in again and allow it; run `mail-login";
            assert!(remedy.contains(expected), "{server:?}: {remedy}");
        }
        let most = if real.interop.dovecot == 3 { 2 } else { 1 };
        assert_eq!(generation(&real), most, "{check:?}: one refresh for all");
    }
}
