//! `status`: what is known, without asking anybody.

use crate::{
    bed::Bed,
    support::{code, json_lines, stderr, stdout},
};
use mail_testbed::Endpoint;

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
