//! `status`: what is known, without asking anybody.

use crate::{
    bed::Bed,
    support::{code, json_lines, stderr, stdout},
};
use mail_testbed::{Endpoint, Fault};

#[test]
fn each_state_has_its_words_and_codes() {
    let bed = Bed::start();
    let look = || bed.run(&["status", "work", "--check"]);
    let output = look();
    assert_eq!(code(&output), 77);
    assert!(
        stdout(&output).contains("not signed in"),
        "{}",
        stdout(&output)
    );
    assert!(
        stdout(&output).contains("mail-login sign-in work"),
        "{}",
        stdout(&output)
    );
    // Without --check, to look is no failure.
    bed.good(&["status"]);

    let tokens = bed.sign_in();
    let output = look();
    assert_eq!(code(&output), 0);
    assert!(
        stdout(&output).contains("alice@example.com is signed in"),
        "{}",
        stdout(&output)
    );
    assert!(
        stdout(&output).contains("good until"),
        "{}",
        stdout(&output)
    );

    bed.expire();
    let output = look();
    assert_eq!(code(&output), 0);
    assert!(
        stdout(&output).contains("the next command gets a new token"),
        "{}",
        stdout(&output)
    );
    assert!(
        stdout(&output).contains("expired at"),
        "{}",
        stdout(&output)
    );
    assert_eq!(bed.testbed.provider().requests(Endpoint::Token), 0);

    bed.testbed.provider().revoke_grant(tokens.grant());
    assert_eq!(code(&bed.run(&["token", "work"])), 77);
    let output = look();
    assert_eq!(code(&output), 77, "{}", stdout(&output));
    assert!(
        stdout(&output).contains("the sign-in has ended"),
        "{}",
        stdout(&output)
    );

    let output = bed.run(&["status", "--json", "--check"]);
    assert_eq!(code(&output), 77);
    let lines = json_lines(&output);
    assert_eq!(lines[0]["state"], "signed-out");
    assert_eq!(lines[0]["kind"], "rejected");
    assert_eq!(lines.last().unwrap()["result"], "status");
    assert_eq!(stderr(&output), "");
}

#[test]
fn a_token_that_cannot_be_renewed() {
    let bed = Bed::start();
    bed.sign_in();
    bed.change_record(|record| {
        record.as_object_mut().unwrap().remove("refresh");
    });
    let output = bed.run(&["status", "work", "--check"]);
    assert_eq!(code(&output), 0);
    assert!(
        stdout(&output).contains("there is no refresh token"),
        "{}",
        stdout(&output)
    );
    bed.expire();
    assert_eq!(code(&bed.run(&["status", "work", "--check"])), 77);
}

#[test]
fn what_went_wrong_last_is_shown_until_it_works_again() {
    let bed = Bed::start();
    bed.sign_in();
    bed.expire();
    let path = bed.path("state/accounts/work.last");
    bed.testbed
        .provider()
        .misbehave(Fault::error(401, "invalid_client"));
    let output = bed.run(&["token", "work", "--timeout", "3"]);
    assert_eq!(code(&output), 78, "{}", stderr(&output));

    let output = bed.run(&["status", "work", "--check"]);
    assert_eq!(code(&output), 78, "{}", stdout(&output));
    let told = stdout(&output);
    assert!(told.contains("last failure"), "{told}");
    assert!(told.contains("the last command got no token"), "{told}");
    assert!(told.contains("check client id"), "{told}");
    assert!(told.contains("invalid_client"), "{told}");
    // To look is no failure.
    bed.good(&["status", "work"]);
    let output = bed.run(&["status", "--json", "--check"]);
    assert_eq!(code(&output), 78);
    let last = json_lines(&output)[0]["last_failure"].clone();
    assert_eq!(last["kind"], "misconfigured");
    assert_eq!(last["code"], "invalid_client");
    assert_eq!(last["exit"], 78);
    assert!(last["at"].as_u64().unwrap() > 1_700_000_000, "{last}");

    // The file is for its owner alone, and has no word of the server but the code.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(!kept.contains("as the test wants it"), "{kept}");
    for secret in bed.secrets() {
        assert!(!kept.contains(&secret), "a secret is in the file");
    }

    // A token that is good again, wherever it came from, ends it.
    bed.life(3000);
    let output = bed.good(&["status", "work", "--check"]);
    assert!(
        stdout(&output).contains("last failure"),
        "{}",
        stdout(&output)
    );
    bed.good(&["token", "work"]);
    assert!(!path.exists());
    assert!(!stdout(&bed.good(&["status", "work"])).contains("last failure"));
}

#[test]
fn a_login_without_a_token_is_a_failure_as_well() {
    let bed = Bed::start();
    let path = bed.path("state/accounts/work.last");
    bed.sign_in();
    bed.expire();
    for _ in 0..8 {
        bed.testbed.provider().misbehave(Fault::status(503));
    }
    let login = ["try", "imap", "--account", "work", "--timeout", "2"];
    assert_eq!(code(&bed.run(&login)), 75);
    let output = bed.run(&["status", "work", "--check"]);
    assert_eq!(code(&output), 75, "{}", stdout(&output));
    assert!(
        stdout(&output).contains("try again later"),
        "{}",
        stdout(&output)
    );
    // A sign-in mends it, and so does a sign-out.
    bed.sign_in();
    assert!(!path.exists());
    std::fs::write(&path, "no JSON at all").unwrap();
    bed.good(&["status", "work", "--check"]);
    bed.good(&["sign-out", "work"]);
    assert!(!path.exists());
    assert_eq!(code(&bed.run(&["token", "work"])), 77);
    assert!(path.exists());
    let output = bed.run(&["status", "work", "--check"]);
    assert_eq!(code(&output), 77);
    assert!(
        stdout(&output).contains("mail-login sign-in work"),
        "{}",
        stdout(&output)
    );
    bed.good(&["account", "remove", "work"]);
    assert!(!path.exists());
}

#[test]
fn a_failure_that_later_tokens_have_mended_is_over() {
    let bed = Bed::start();
    bed.sign_in();
    bed.expire();
    bed.testbed
        .provider()
        .misbehave(Fault::error(401, "invalid_client"));
    assert_eq!(code(&bed.run(&["token", "work", "--timeout", "3"])), 78);
    // Another program got tokens meanwhile, and they have ended too.
    let path = bed.path("state/accounts/work.last");
    let mut kept: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    kept["at"] = (kept["at"].as_u64().unwrap() - 7200).into();
    std::fs::write(&path, kept.to_string()).unwrap();
    let output = bed.good(&["status", "work", "--check"]);
    assert!(
        !stdout(&output).contains("last failure"),
        "{}",
        stdout(&output)
    );
}
