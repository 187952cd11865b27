//! `token` and `sign-out`: what comes out, and how it ends when something is wrong.

use std::{fs, time::Duration};

use mail_testbed::{Endpoint, Fault, ProviderOptions};

use crate::{
    bed::{Bed, USER},
    support::{code, json_lines, stderr, stdout},
};

#[test]
fn a_good_token_costs_no_request() {
    let bed = Bed::start();
    let tokens = bed.sign_in();
    let output = bed.good(&["token", "work"]);
    assert_eq!(stdout(&output), format!("{}\n", tokens.access_token()));
    assert_eq!(stderr(&output), "");
    assert_eq!(bed.testbed.provider().requests(Endpoint::Token), 0);

    let json: serde_json::Value =
        serde_json::from_str(&stdout(&bed.good(&["token", "work", "--json"]))).unwrap();
    assert_eq!(json["v"], 1);
    assert_eq!(json["access_token"], tokens.access_token());
    assert_eq!(json["user"], USER);
    assert!((3500..=3600).contains(&json["expires_in"].as_u64().unwrap()));
}

#[test]
fn messages_of_sasl() {
    let bed = Bed::start();
    let token = bed.sign_in().access_token().to_owned();
    let port = bed.testbed.imap().implicit_tls().port();
    for (format, message) in [
        (
            "xoauth2",
            format!("user={USER}\x01auth=Bearer {token}\x01\x01"),
        ),
        (
            "oauthbearer",
            format!("n,a={USER},\x01host=localhost\x01port={port}\x01auth=Bearer {token}\x01\x01"),
        ),
    ] {
        let output = bed.good(&["token", "work", "--format", format]);
        let decoded = decode(stdout(&output).trim_end());
        assert_eq!(decoded, message, "{format}");
    }
}

/// Base64, so that no other crate has to be trusted.
fn decode(text: &str) -> String {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut octets, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for letter in text.chars().filter(|letter| *letter != '=') {
        bits = bits << 6 | u32::try_from(LETTERS.find(letter).unwrap()).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            octets.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    String::from_utf8(octets).unwrap()
}

#[test]
fn an_expired_token_is_refreshed() {
    let bed = Bed::start();
    let tokens = bed.sign_in();
    bed.expire();
    let output = bed.good(&["token", "work"]);
    assert_ne!(stdout(&output).trim_end(), tokens.access_token());
    assert_eq!(bed.testbed.provider().refreshes(), 1);
    assert_eq!(stdout(&bed.good(&["token", "work"])), stdout(&output));
    assert_eq!(bed.testbed.provider().refreshes(), 1);
    assert_ne!(bed.record()["refresh"], tokens.refresh_token().unwrap());
}

#[test]
fn a_token_that_ends_soon_is_refreshed_where_that_works() {
    let bed = Bed::start();
    let tokens = bed.sign_in();
    bed.life(300);
    bed.testbed
        .provider()
        .misbehave(Fault::too_many_requests(Duration::from_secs(60)));
    let output = bed.good(&["token", "work"]);
    assert_eq!(stdout(&output).trim_end(), tokens.access_token());
    let output = bed.good(&["token", "work"]);
    assert_ne!(stdout(&output).trim_end(), tokens.access_token());
    // Enough is enough.
    let output = bed.good(&["token", "work", "--min-valid", "3000"]);
    assert_eq!(bed.testbed.provider().refreshes(), 1, "{}", stderr(&output));
}

#[test]
fn many_at_once_refresh_once() {
    let bed = Bed::start();
    bed.sign_in();
    bed.expire();
    let running: Vec<_> = (0..10).map(|_| bed.spawn(&["token", "work"])).collect();
    let outputs: Vec<_> = running
        .into_iter()
        .map(|child| child.wait_with_output().unwrap())
        .collect();
    for output in &outputs {
        assert_eq!(code(output), 0, "{}", stderr(output));
        assert_eq!(stdout(output), stdout(&outputs[0]));
    }
    assert_eq!(bed.testbed.provider().refreshes(), 1);
    assert_eq!(bed.testbed.provider().reuses(), 0);
}

#[test]
fn a_provider_that_is_gone_costs_no_good_token() {
    let bed = Bed::start();
    let token = bed.sign_in().access_token().to_owned();
    bed.life(400);
    let Bed { testbed, home } = bed;
    drop(testbed);
    let run = |arguments: &[&str]| home.run(arguments);
    let output = run(&["token", "work"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(stdout(&output).trim_end(), token);
    let output = run(&["token", "work", "--min-valid", "3000", "--timeout", "2"]);
    assert_eq!(code(&output), 75, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("try again later"),
        "{}",
        stderr(&output)
    );
    assert!(!stderr(&output).contains(&token));
}

#[test]
fn a_good_token_is_printed_whatever_keeps_us_from_a_new_one() {
    let bed = Bed::start();
    let token = bed.sign_in().access_token().to_owned();
    let is_printed = |why: &str| {
        let output = bed.good(&["token", "work"]);
        assert_eq!(stdout(&output).trim_end(), token, "{why}");
        let told = stderr(&output);
        assert!(told.contains("this is the token that was there"), "{told}");
        assert!(told.contains("good for"), "{told}");
        assert!(told.contains(why), "{told}");
        // It is not forgotten either.
        let status = bed.good(&["status", "work"]);
        assert!(
            stdout(&status).contains("last failure"),
            "{}",
            stdout(&status)
        );
    };
    // It is due, and the secret of the client is gone.
    bed.life(300);
    bed.configure("client_secret_file = \"gone\"");
    is_printed("the client secret cannot be read");
    bed.good(&["status", "work", "--check"]);
    // It would be given out no more if another one could be had.
    bed.life(40);
    is_printed("the client secret cannot be read");
    // The issuer is down.
    bed.configure("");
    fs::remove_dir_all(bed.path("state/issuers")).unwrap();
    let down = || {
        let fault = Fault::status(503);
        bed.testbed
            .provider()
            .misbehave_at(Endpoint::Discovery, fault);
    };
    down();
    is_printed("is busy");
    // It is not good for long enough.
    down();
    let output = bed.run(&["token", "work", "--min-valid", "60"]);
    assert_eq!(code(&output), 75, "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
    bed.expire();
    down();
    assert_eq!(code(&bed.run(&["token", "work"])), 75);
    let output = bed.good(&["token", "work"]);
    assert_ne!(stdout(&output).trim_end(), token);
    assert_eq!(stderr(&output), "");
}

#[test]
fn a_token_that_ends_too_soon_is_not_taken_for_a_longer_one() {
    // Without a refresh token there is nothing to be done.
    let bed = Bed::start();
    let token = bed.sign_in().access_token().to_owned();
    bed.change_record(|record| {
        record.as_object_mut().unwrap().remove("refresh");
    });
    for (life, wanted) in [(30, "600"), (300, "600"), (3000, "3600")] {
        bed.life(life);
        let output = bed.run(&["token", "work", "--min-valid", wanted, "--json"]);
        assert_eq!(code(&output), 77, "{life}: {}", stderr(&output));
        let result = json_lines(&output).pop().unwrap();
        assert_eq!(result["kind"], "no-refresh-token");
        let message = result["message"].as_str().unwrap();
        assert!(message.contains("mail-login sign-in work"), "{message}");
        assert!(message.contains("only"), "{message}");
    }
    let output = bed.good(&["token", "work", "--min-valid", "600"]);
    assert_eq!(stdout(&output).trim_end(), token);
    assert_eq!(stderr(&output), "");

    // A server that gives short tokens gives no others.
    let short = ProviderOptions::new().access_life(Duration::from_secs(300));
    let bed = Bed::with_provider(short);
    bed.sign_in();
    bed.expire();
    for refreshes in [1, 1] {
        let output = bed.good(&["token", "work", "--min-valid", "600"]);
        let told = stderr(&output);
        assert!(told.contains("none that is good for longer"), "{told}");
        assert_eq!(bed.testbed.provider().refreshes(), refreshes);
    }
    assert_eq!(stderr(&bed.good(&["token", "work"])), "");
}

#[test]
fn troubles_have_their_codes() {
    let bed = Bed::start();
    assert_eq!(code(&bed.run(&["token", "home"])), 78);
    let output = bed.run(&["token", "work"]);
    assert_eq!(code(&output), 77);
    assert!(
        stderr(&output).contains("mail-login sign-in work"),
        "{}",
        stderr(&output)
    );
    for (fault, exit, kind) in [
        (
            Fault::too_many_requests(Duration::from_secs(30)),
            75,
            "throttled",
        ),
        (Fault::html_page(), 75, "suspicious"),
        (Fault::error(401, "invalid_client"), 78, "misconfigured"),
    ] {
        let bed = Bed::start();
        bed.sign_in();
        bed.expire();
        for _ in 0..5 {
            bed.testbed.provider().misbehave(fault.clone());
        }
        let output = bed.run(&["token", "work", "--json", "--timeout", "2"]);
        assert_eq!(code(&output), exit, "{kind}: {}", stdout(&output));
        assert_eq!(json_lines(&output).last().unwrap()["kind"], kind);
        assert_eq!(bed.testbed.provider().refreshes(), 0);
    }
    let tokens = bed.sign_in();
    bed.expire();
    bed.testbed.provider().revoke_grant(tokens.grant());
    let output = bed.run(&["token", "work", "--json"]);
    assert_eq!(code(&output), 77);
    assert_eq!(json_lines(&output).last().unwrap()["kind"], "rejected");
    // It is remembered, and nobody is asked again.
    let before = bed.testbed.provider().requests(Endpoint::Token);
    assert_eq!(code(&bed.run(&["token", "work"])), 77);
    assert_eq!(bed.testbed.provider().requests(Endpoint::Token), before);
    // A new sign-in mends it.
    bed.sign_in();
    bed.good(&["token", "work"]);
}

#[test]
fn a_store_that_does_not_work_has_its_codes() {
    let bed = Bed::start();
    bed.sign_in();
    let good = fs::read(bed.record_path()).unwrap();
    for bad in [
        "{\"version\":2,\"x\":1}",
        "{\"version\":1,\"revision\":1",
        "",
    ] {
        fs::write(bed.record_path(), bad).unwrap();
        for arguments in [
            &["token", "work"][..],
            &["try", "imap", "--account", "work"],
            &["status", "work", "--check"],
            &["sign-out", "work"],
            &["account", "remove", "work"],
        ] {
            let output = bed.run(arguments);
            assert_eq!(code(&output), 74, "{arguments:?}: {}", stderr(&output));
            assert!(stderr(&output).contains("work.json"), "{}", stderr(&output));
        }
        // What is damaged is replaced by new tokens; a sign-in that gets none leaves it, as it does
        // with what another version has written.
        let output = bed.run_with(&["sign-in", "work", "--password-stdin"], "wrong\n");
        let exit = if bad.contains("\"version\":2") {
            74
        } else {
            77
        };
        assert_eq!(code(&output), exit, "{}", stderr(&output));
        assert_eq!(fs::read_to_string(bed.record_path()).unwrap(), bad);
    }
    fs::write(bed.record_path(), &good).unwrap();
    bed.expire();
    // Something is in the way of what would be written.
    fs::create_dir_all(bed.path("state/accounts/work.json.new/x")).unwrap();
    let output = bed.run(&["token", "work", "--timeout", "3"]);
    assert_eq!(code(&output), 73, "{}", stderr(&output));
    assert_eq!(bed.testbed.provider().refreshes(), 0);
    fs::remove_dir_all(bed.path("state/accounts/work.json.new")).unwrap();
    bed.good(&["token", "work"]);
}

#[test]
fn a_damaged_record_is_moved_away_by_a_sign_in() {
    let bed = Bed::start();
    bed.sign_in();
    let way = ["sign-in", "work", "--password-stdin"];
    for (bad, place) in [
        ("{\"version\":1,\"revision\":1", "work.json.bad"),
        ("", "work.json.bad.1"),
    ] {
        fs::write(bed.record_path(), bad).unwrap();
        let output = bed.run_with(&way, crate::bed::PASSWORD);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let told = stderr(&output);
        assert!(told.contains(&format!("{place} now")), "{told}");
        let kept = bed.path(&format!("state/accounts/{place}"));
        assert_eq!(fs::read_to_string(kept).unwrap(), bad);
        bed.good(&["token", "work"]);
    }
    // Nothing is replaced that is of another version.
    let newer = "{\"version\":2,\"x\":1}";
    fs::write(bed.record_path(), newer).unwrap();
    let output = bed.run_with(&way, crate::bed::PASSWORD);
    assert_eq!(code(&output), 74, "{}", stderr(&output));
    assert_eq!(fs::read_to_string(bed.record_path()).unwrap(), newer);
}

#[test]
fn signing_out_takes_the_tokens_back() {
    let bed = Bed::start();
    let tokens = bed.sign_in();
    let output = bed.good(&["sign-out", "work"]);
    assert!(
        stdout(&output).contains("work is signed out"),
        "{}",
        stdout(&output)
    );
    assert_eq!(bed.testbed.provider().requests(Endpoint::Revoke), 1);
    assert!(
        bed.testbed
            .provider()
            .check(tokens.access_token(), None, None)
            .is_err()
    );
    assert!(!bed.record_path().exists());
    assert_eq!(code(&bed.run(&["token", "work"])), 77);
    let output = bed.good(&["sign-out", "work", "--json"]);
    let result = json_lines(&output).pop().unwrap();
    assert_eq!(result["was_signed_in"], false);
    assert_eq!(result["revoked"], false);

    bed.sign_in();
    let result = json_lines(&bed.good(&["sign-out", "work", "--json"])).pop();
    assert_eq!(result.unwrap()["revoked"], true);
}

#[test]
fn signing_out_needs_nobody() {
    let bed = Bed::start();
    let out = || bed.good(&["sign-out", "work", "--json"]);
    let is_forgotten = |output: &std::process::Output, why: &str| {
        let result = json_lines(output).pop().unwrap();
        assert_eq!(result["was_signed_in"], true);
        assert_eq!(result["revoked"], false);
        let told = stderr(output);
        assert!(told.contains("the tokens were not taken back"), "{told}");
        assert!(told.contains(why), "{told}");
        assert!(!bed.record_path().exists());
        assert_eq!(bed.testbed.provider().requests(Endpoint::Revoke), 0);
    };
    // The secret of the client is gone.
    bed.sign_in();
    bed.configure("client_secret_file = \"gone\"");
    is_forgotten(&out(), "the client secret cannot be read");
    // The issuer is down, and nothing is known of it from before.
    bed.configure("");
    bed.sign_in();
    fs::remove_dir_all(bed.path("state/issuers")).unwrap();
    bed.testbed
        .provider()
        .misbehave_at(Endpoint::Discovery, Fault::status(503));
    is_forgotten(&out(), "is busy");
    bed.good(&["account", "remove", "work"]);
}

#[test]
fn signing_out_does_not_wait_for_the_server() {
    let bed = Bed::start();
    bed.sign_in();
    let (fault, gate) = Fault::none().held();
    bed.testbed.provider().misbehave_at(Endpoint::Revoke, fault);
    let start = std::time::Instant::now();
    let output = bed.good(&["sign-out", "work", "--json", "--timeout", "1"]);
    // A request may take 20 s.
    assert!(start.elapsed() < Duration::from_secs(15));
    drop(gate);
    assert_eq!(json_lines(&output).pop().unwrap()["revoked"], false);
    assert!(
        stderr(&output).contains("did not answer in time"),
        "{}",
        stderr(&output)
    );
    assert!(!bed.record_path().exists());
}

#[test]
fn signing_out_fails_where_tokens_stay() {
    let bed = Bed::start();
    bed.sign_in();
    // Nothing can be written or deleted without this lock.
    let lock = bed.path("state/accounts/work.json.write");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    let fails = || {
        let output = bed.run(&["sign-out", "work", "--json", "--timeout", "1"]);
        assert_eq!(code(&output), 73, "{}", stdout(&output));
        let result = json_lines(&output).pop().unwrap();
        assert_eq!(result["kind"], "store-unwritable");
        let message = result["message"].as_str().unwrap();
        assert!(message.contains("work is not signed out"), "{message}");
        assert!(message.contains("work.json.write"), "{message}");
        assert!(bed.record_path().exists());
    };
    fails();
    bed.configure("client_secret_file = \"gone\"");
    fails();
    fs::remove_dir(&lock).unwrap();
    bed.good(&["sign-out", "work"]);
}

#[test]
fn signing_out_works_with_dead_tokens() {
    let bed = Bed::start();
    let tokens = bed.sign_in();
    bed.testbed.provider().revoke_grant(tokens.grant());
    bed.expire();
    assert_eq!(code(&bed.run(&["token", "work"])), 77);
    bed.good(&["sign-out", "work"]);
    assert!(!bed.record_path().exists());

    // And where the provider does not take them back.
    bed.sign_in();
    for _ in 0..8 {
        bed.testbed
            .provider()
            .misbehave_at(Endpoint::Revoke, Fault::error(400, "invalid_client"));
    }
    let output = bed.good(&["sign-out", "work"]);
    assert!(
        stderr(&output).contains("were not taken back"),
        "{}",
        stderr(&output)
    );
    assert!(!bed.record_path().exists());
}

#[test]
fn a_token_without_a_refresh_token_ends() {
    let bed = Bed::with_provider(ProviderOptions::new().rotation(mail_testbed::Rotation::Never));
    let output = bed.run_with(
        &["sign-in", "work", "--password-stdin"],
        crate::bed::PASSWORD,
    );
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(
        stdout(&output).contains("no refresh token"),
        "{}",
        stdout(&output)
    );
    bed.good(&["token", "work"]);
    bed.expire();
    let output = bed.run(&["token", "work", "--json"]);
    assert_eq!(code(&output), 77);
    assert_eq!(
        json_lines(&output).last().unwrap()["kind"],
        "no-refresh-token"
    );
    let output = bed.good(&["sign-out", "work"]);
    let told = stdout(&output);
    assert!(told.contains("no refresh token to take back"), "{told}");
    assert_eq!(bed.testbed.provider().requests(Endpoint::Revoke), 0);
}

#[test]
fn tokens_of_another_client_are_left_alone_until_the_next_sign_in() {
    use mail_testbed::Client;

    let client = |id: &str| Client::public(id).redirect_uri("http://127.0.0.1/callback");
    let options = ProviderOptions::new()
        .client(client("mail-client"))
        .client(client("other"));
    let bed = Bed::with_provider(options);
    bed.sign_in();
    let before = fs::read(bed.record_path()).unwrap();
    bed.configure_client("client_id = \"other\"", "");
    let output = bed.run(&["token", "work", "--timeout", "3"]);
    assert_eq!(code(&output), 78, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("another client_id"),
        "{}",
        stderr(&output)
    );
    let status = bed.run(&["status", "work", "--check"]);
    assert_eq!(code(&status), 78, "{}", stdout(&status));
    assert_eq!(fs::read(bed.record_path()).unwrap(), before);
    let output = bed.run_with(
        &["sign-in", "work", "--password-stdin"],
        crate::bed::PASSWORD,
    );
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    bed.good(&["token", "work"]);
}
