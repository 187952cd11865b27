use alloc::{format, string::ToString};

use sasl_core::{Credentials, Error, Limit, Machine, Settings};

use super::*;
use crate::{
    Options,
    tests::{
        GREETING, INVALID_TOKEN, REFUSAL, Scenario, TOKEN, asked, login, login_with, strict, token,
        violation,
    },
};

fn strictly() -> Scenario<Login> {
    login_with(strict()).hears(GREETING)
}

fn refused() -> Scenario<Login> {
    let scenario = asked().hears(format!("\"{REFUSAL}\"\r\n"));
    assert_eq!(scenario.writes[1], "\"AQ==\"\r\n");
    scenario
}

/// What each response code means, as one table. The last column: whether the connection is gone.
#[test]
fn codes() {
    for (answer, reason, code) in [
        ("NO\r\n", Reason::CredentialsRejected, ""),
        ("no \"x\"\r\n", Reason::CredentialsRejected, ""),
        (
            "NO (ENCRYPT-NEEDED)\r\n",
            Reason::EncryptionRequired,
            "ENCRYPT-NEEDED",
        ),
        ("NO (TRYLATER)\r\n", Reason::Temporary, "TRYLATER"),
        ("NO (trylater/x)\r\n", Reason::Temporary, "trylater/x"),
        (
            "NO (LIMIT/CONNECTIONS) {1}\r\nx\r\n",
            Reason::Temporary,
            "LIMIT/CONNECTIONS",
        ),
        (
            "NO (REFERRAL sieve://b.example/)\r\n",
            Reason::Referral,
            "REFERRAL",
        ),
        (
            "NO (REFERRAL http://b.example/)\r\n",
            Reason::CredentialsRejected,
            "REFERRAL",
        ),
        (
            "NO (QUOTA/MAXSIZE) \"x\"\r\n",
            Reason::CredentialsRejected,
            "QUOTA/MAXSIZE",
        ),
        (
            "NO (TRYLATERX)\r\n",
            Reason::CredentialsRejected,
            "TRYLATERX",
        ),
        ("NO (WARNINGS)\r\n", Reason::CredentialsRejected, "WARNINGS"),
    ] {
        for scenario in [asked(), strictly()] {
            let rejection = scenario.hears(answer).rejected();
            assert_eq!(
                (rejection.reason(), rejection.code()),
                (reason, code),
                "{answer}"
            );
            assert!(!rejection.is_closed());
        }
        let rejection = asked().hears(answer.replacen("NO", "BYE", 1).replacen("no", "bye", 1));
        let rejection = rejection.rejected();
        assert_eq!(rejection.reason(), reason, "{answer}");
        assert!(rejection.is_closed());
    }
}

/// V07, V15.
#[test]
fn text_and_unknown_codes() {
    let answer = "NO (X-NEW (a (\"b)\" 1) {2}\r\n)) c) atom) {12}\r\nline 1\r\nline\r\n";
    for scenario in [asked(), strictly()] {
        let rejection = scenario.hears(answer).rejected();
        assert_eq!(rejection.reason(), Reason::CredentialsRejected);
        assert_eq!(rejection.code(), "X-NEW");
        assert_eq!(rejection.text().as_bytes(), b"line 1\r\nline");
    }
    let rejection = asked().hears("NO \"a \\\"b\\\" \\\\\"\r\n").rejected();
    assert_eq!(rejection.text().as_bytes(), b"a \"b\" \\");
    // T13: nothing of it can drive a terminal.
    let rejection = asked().hears("NO {5}\r\n\x1b[2J\n\r\n").rejected();
    assert!(rejection.to_string().ends_with("it said: \\u{1b}[2J\\u{a}"));
    for bad in [
        "NO (X\r\n",
        "NO (X))\r\n",
        "NO (X (\"a\")\r\n",
        "NO ()\r\n",
        "NO (X)\"y\"\r\n",
        "NO x\r\n",
        "NO \"x\" \"y\"\r\n",
        "NO (X \u{e4})\r\n",
    ] {
        let end = asked().hears(bad).end();
        assert_eq!(violation(end), Violation::BadLine, "{bad}");
    }
    let end = asked().hears("NO (X \"a\\n\")\r\n").end();
    assert_eq!(violation(end), Violation::BadString);
}

/// The document counts where there is no code, or none that says more.
#[test]
fn document_and_code() {
    for (answer, reason) in [
        (
            "NO \"Authentication failed.\"\r\n",
            Reason::ScopeInsufficient,
        ),
        ("NO (AUTH-TOO-WEAK)\r\n", Reason::ScopeInsufficient),
        ("NO (TRYLATER)\r\n", Reason::Temporary),
        ("NO (LIMIT/CONNECTIONS)\r\n", Reason::Temporary),
        ("NO (ENCRYPT-NEEDED)\r\n", Reason::EncryptionRequired),
        ("BYE \"Too many failures\"\r\n", Reason::ScopeInsufficient),
    ] {
        let scenario = refused().hears(answer);
        assert!(scenario.has_told("Refused"));
        assert_eq!(scenario.writes.len(), 2);
        let rejection = scenario.rejected();
        assert_eq!(rejection.reason(), reason, "{answer}");
        assert_eq!(rejection.refusal().unwrap().scope(), Some("mail"));
        assert_eq!(rejection.is_closed(), answer.starts_with("BYE"));
    }
}

/// XOAUTH2 answers the document by nothing, in quotes; a literal document is the same.
#[test]
fn the_dummy_of_xoauth2() {
    let settings = Settings::new().mechanisms(&[Mechanism::XOAuth2]);
    let scenario = login_with(Options::from(settings)).hears(GREETING);
    let document = format!("{{{}}}\r\n{INVALID_TOKEN}\r\n", INVALID_TOKEN.len());
    let scenario = scenario.hears(document).hears("NO\r\n");
    assert_eq!(scenario.writes[1], "\"\"\r\n");
    assert_eq!(scenario.rejected().reason(), Reason::TokenRejected);
}

/// D07 to D10, T16: what is no base64 is answered by `*`, and then it is over.
#[test]
fn malformed_challenges() {
    let cases = [
        "AAA", "=AAA", "AAA=BBB", "A Q==", "AR==", "AQ==\\\\", "Go ahead",
    ];
    for challenge in cases {
        for scenario in [asked(), strictly()] {
            let scenario = scenario.hears(format!("\"{challenge}\"\r\n"));
            assert_eq!(scenario.writes[1], "\"*\"\r\n", "{challenge}");
            let end = scenario.hears("NO \"aborted\"\r\n").end();
            assert_eq!(violation(end), Violation::BadChallenge, "{challenge}");
        }
    }
    let settings = Settings::new().allow_trailing_bits(true);
    let scenario = login_with(Options::from(settings)).hears(GREETING);
    assert_eq!(scenario.hears("\"AR==\"\r\n").writes[1], "\"AQ==\"\r\n");
    let scenario = asked().hears(format!("{{30000}}\r\n{}\r\n", "A".repeat(30_000)));
    assert_eq!(scenario.writes[1], "\"*\"\r\n");
    let end = scenario.hears("NO\r\n").end();
    assert!(matches!(
        end,
        Err(Error::LimitExceeded {
            limit: Limit::Challenge,
            ..
        })
    ));
}

/// V16, and other lines that are no answer.
#[test]
fn lines_that_are_no_answer() {
    for (line, expected) in [
        (INVALID_TOKEN, Violation::BadChallenge),
        ("+ ", Violation::BadChallenge),
        ("", Violation::BadChallenge),
        ("\"IMPLEMENTATION\" \"x\"", Violation::BadChallenge),
        ("\"a\"b", Violation::BadChallenge),
        ("OKAY", Violation::BadChallenge),
        ("OK x", Violation::BadLine),
        ("\"a\\b\"", Violation::BadString),
    ] {
        for scenario in [asked(), strictly()] {
            let scenario = scenario.hears(format!("{line}\r\n"));
            assert_eq!(scenario.writes.len(), 1, "{line}");
            assert_eq!(violation(scenario.end()), expected, "{line}");
        }
    }
}

/// D11, D15: challenges without end.
#[test]
fn challenges_without_end() {
    let scenario = refused().hears(format!("\"{REFUSAL}\"\r\n"));
    assert_eq!(scenario.writes[2], "\"*\"\r\n");
    let scenario = scenario.hears("\"\"\r\n");
    assert_eq!(scenario.writes[3], "\"*\"\r\n");
    let end = scenario.hears("\"\"\r\n").end();
    assert_eq!(violation(end), Violation::UnexpectedChallenge);
    let end = refused()
        .hears(format!("\"{REFUSAL}\"\r\n"))
        .hears("NO\r\n");
    assert_eq!(violation(end.end()), Violation::UnexpectedChallenge);
}

/// D12, D13, T15: the first challenge has to be empty, and prose is not.
#[test]
fn the_first_challenge() {
    for (challenge, expected) in [
        (REFUSAL, Violation::UnexpectedChallengeData),
        ("Go ahead", Violation::BadChallenge),
    ] {
        let settings = Settings::new().initial_response(false);
        let scenario = login_with(Options::from(settings)).hears(GREETING);
        let scenario = scenario.hears(format!("\"{challenge}\"\r\n"));
        assert_eq!(scenario.writes[1], "\"*\"\r\n");
        assert_eq!(violation(scenario.hears("NO\r\n").end()), expected);
    }
    let settings = Settings::new().initial_response(false);
    let scenario = login_with(Options::from(settings)).hears(GREETING);
    let end = scenario.hears("OK\r\n").end();
    assert_eq!(violation(end), Violation::PrematureOk);
}

/// D14, D16, T14.
#[test]
fn success_that_is_none() {
    let end = refused().hears("OK\r\n").end();
    assert_eq!(violation(end), Violation::OkAfterRefusal);
    let scenario = asked().hears("\"\"\r\n");
    assert_eq!(scenario.writes[1], "\"AQ==\"\r\n");
    assert_eq!(scenario.hears("OK\r\n").accepted().round_trips(), 2);
    let rejection = asked().hears("\"\"\r\n").hears("NO\r\n").rejected();
    assert_eq!(rejection.reason(), Reason::CredentialsRejected);
}

/// D17, D18.
#[test]
fn documents_of_all_kinds() {
    for (document, reason) in [
        // `no JSON`
        ("bm8gSlNPTg==", Reason::CredentialsRejected),
        // `{"status":401}` and a line feed
        ("eyJzdGF0dXMiOjQwMX0K", Reason::TokenRejected),
        // `{"status":"401","status":"403"}`
        (
            "eyJzdGF0dXMiOiI0MDEiLCJzdGF0dXMiOiI0MDMifQ==",
            Reason::CredentialsRejected,
        ),
        // `{"status":"401"`
        ("eyJzdGF0dXMiOiI0MDEi", Reason::CredentialsRejected),
    ] {
        let scenario = asked().hears(format!("\"{document}\"\r\n"));
        assert_eq!(scenario.writes[1], "\"AQ==\"\r\n");
        assert_eq!(
            scenario.hears("NO\r\n").rejected().reason(),
            reason,
            "{document}"
        );
    }
}

/// V13.
#[test]
fn data_with_the_success() {
    for code in ["\"AQ==\"", "{4}\r\nAQ==", "\"\""] {
        for scenario in [asked(), strictly()] {
            let scenario = scenario.hears(format!("OK (SASL {code}) \"in\"\r\n"));
            assert!(scenario.has_told("UnexpectedSuccessData"));
            let _ = scenario.accepted();
        }
    }
    for code in ["\"AR==\"", "AQ==", "\"A\""] {
        let answer = format!("OK (SASL {code})\r\n");
        assert_eq!(
            violation(strictly().hears(&answer).end()),
            Violation::BadChallenge
        );
        let scenario = asked().hears(&answer);
        assert!(scenario.has_told("UnexpectedSuccessData"));
        let _ = scenario.accepted();
    }
}

/// V14, T12: data, whatever it comes with; never followed.
#[test]
fn referrals() {
    let quoted = "(REFERRAL \"sieve://b.example/\")";
    for word in ["NO", "BYE", "OK"] {
        let end = strictly().hears(format!("{word} {quoted}\r\n")).end();
        assert_eq!(violation(end), Violation::BadLine);
    }
    for form in [quoted, "(referral SIEVE://b.example/)"] {
        for word in ["NO", "BYE"] {
            let rejection = asked().hears(format!("{word} {form} \"x\"\r\n")).rejected();
            assert_eq!(rejection.reason(), Reason::Referral);
            let url = rejection.referral().unwrap();
            assert!(url.eq_ignore_ascii_case("sieve://b.example/"));
            assert_eq!(rejection.is_closed(), word == "BYE");
        }
    }
    let scenario = asked().hears("OK (REFERRAL sieve://b.example/) \"x\"\r\n");
    assert!(scenario.has_told("Referral, text: \"sieve://b.example/\""));
    let _ = scenario.accepted();
    let scenario = Scenario::new(Login::dangerous_in_clear(token(), Options::new()));
    let scenario = scenario
        .hears(GREETING)
        .hears("OK (REFERRAL sieve://b.example)\r\n");
    assert!(!scenario.has_told("Referral"));
}

/// The next mechanism of the same kind, each once, never a password.
#[test]
fn mechanisms_that_will_not_do() {
    for code in ["AUTH-TOO-WEAK", "TRANSITION-NEEDED", "auth-too-weak/x"] {
        let scenario = asked().hears(format!("NO ({code}) \"x\"\r\n"));
        assert!(scenario.writes[1].starts_with("AUTHENTICATE \"XOAUTH2\" \""));
        let scenario = scenario.hears(format!("NO ({code})\r\n"));
        assert_eq!(scenario.writes.len(), 2);
        let rejection = scenario.rejected();
        assert_eq!(rejection.reason(), Reason::MechanismUnavailable);
        assert!(!rejection.is_closed());
        let scenario = asked().hears(format!("BYE ({code})\r\n"));
        assert_eq!(scenario.writes.len(), 1);
        assert!(scenario.rejected().is_closed());
    }
    // The same token is not tried twice where it was refused.
    for answer in ["NO\r\n", "NO (TRYLATER)\r\n"] {
        assert_eq!(asked().hears(answer).writes.len(), 1);
    }
}

/// T3: in the same read as the greeting, before AUTHENTICATE was written.
#[test]
fn answers_before_the_command() {
    for forged in ["OK\r\n", "NO\r\n", "\"\"\r\n", "O"] {
        let scenario = login().hears(format!("{GREETING}{forged}"));
        let scenario = if forged == "O" {
            scenario.hears("K\r\n")
        } else {
            scenario
        };
        assert_eq!(violation(scenario.end()), Violation::AnswerBeforeCommand);
    }
    let rejection = login()
        .hears(format!("{GREETING}BYE \"idle\"\r\n"))
        .rejected();
    assert_eq!(
        (rejection.reason(), rejection.is_closed()),
        (Reason::Closed, true)
    );
}

/// V17: what comes behind the success belongs to whoever speaks next.
#[test]
fn a_list_behind_the_success() {
    let scenario = asked().hears(format!("OK\r\n{GREETING}"));
    assert_eq!(scenario.machine.remaining(), GREETING.as_bytes());
    let _ = scenario.accepted();
}

/// D05, D22; and Dovecot, which hangs up on long tokens without a word.
#[test]
fn hanging_up() {
    for text in ["", "OK", "\"", "{5}\r\nabc"] {
        let end = asked().hears(text).hears_end().end();
        let during = STAGE;
        assert_eq!(end.err(), Some(Error::UnexpectedEnd { during }));
    }
    let long = Credentials::bearer("u", "t".repeat(7000)).unwrap();
    let scenario = Scenario::new(Login::over_tls(long, Options::new())).hears(GREETING);
    let end = scenario.hears_end().end();
    assert!(matches!(end, Err(Error::ResponseTooLong { octets }) if octets > 8192));
}

/// D01.
#[test]
fn a_line_feed_alone() {
    let _ = asked().hears("OK\n").accepted();
    let _ = asked().hears("OK {1}\nx\n").accepted();
    assert_eq!(
        violation(strictly().hears("OK\n").end()),
        Violation::BadLineEnd
    );
}

/// T17: nothing of ours can leave its string.
#[test]
fn no_quote_in_what_we_send() {
    let user = "a\"\\,=@example.com";
    let credentials = Credentials::bearer(user, TOKEN).unwrap();
    let scenario = Scenario::new(Login::over_tls(credentials, Options::new())).hears(GREETING);
    assert_eq!(scenario.writes[0].matches('"').count(), 4);
    assert!(!scenario.writes[0].contains('\\'));
}
