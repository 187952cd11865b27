//! Recordings of Dovecot and Postfix, played against our machines: every login ends as it did for the
//! recorded client, for the reason that the server gave, however the bytes are cut.

#![allow(
    missing_docs,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test"
)]

use std::collections::BTreeMap;

use harness::{
    Cut, Recording, Tested, protocol,
    recording::{Protection, Replayed, folder, replay},
    secrecy::leak,
};
use sasl_core::{Credentials, Endpoint, Error, Mechanism, Outcome, Reason, Response, Session};

/// Recordings of each protocol that are played, and those that our client would never have made.
const COUNTS: [(&str, usize, usize); 3] =
    [("imap", 190, 10), ("submission", 334, 0), ("sieve", 200, 0)];

const USER: &str = "alice@example.test";

/// How a login must end, derived from the summary that the recorder wrote, not from our code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Accepted,
    /// The server hung up on a message of more or of less than 8192 octets.
    HungUp {
        long: bool,
    },
    Rejected(Reason),
}

/// One line of the summary.
struct Row {
    accepted: bool,
    answers: Vec<String>,
    challenge: String,
}

fn summary() -> BTreeMap<String, Row> {
    let text = std::fs::read_to_string(folder().join("summary.tsv")).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let cells: Vec<_> = line.split('\t').collect();
        let [server, protocol, case, outcome, "", answers, challenge] = cells[..] else {
            panic!("{line}");
        };
        let row = Row {
            accepted: outcome == "in",
            answers: answers.split(" / then: ").map(str::to_owned).collect(),
            challenge: challenge.to_owned(),
        };
        (format!("{server}/{protocol}-{case}"), row)
    });
    rows.collect()
}

/// What the recorded last word of the server means.
fn meaning(answer: &str, challenge: &str, octets: usize) -> End {
    let rejected = [
        ("Authentication aborted", Reason::Cancelled),
        ("[UNAVAILABLE]", Reason::Temporary),
        ("454 4.7.0", Reason::Temporary),
        ("(TRYLATER)", Reason::Temporary),
        ("[PRIVACYREQUIRED]", Reason::EncryptionRequired),
        ("530 5.7.0", Reason::EncryptionRequired),
        ("(ENCRYPT-NEEDED)", Reason::EncryptionRequired),
        ("500 5.5.6", Reason::TokenTooLong),
        ("500 5.5.2 Line too long", Reason::TokenTooLong),
    ];
    let accepted = ["OK Logged in", "OK \"Logged in.\"", "235 2.7.0"];
    if answer == "[server closed the connection]" {
        return End::HungUp {
            long: octets > 8192,
        };
    }
    if accepted.iter().any(|words| answer.contains(words)) {
        return End::Accepted;
    }
    if let Some((_, reason)) = rejected.iter().find(|(words, _)| answer.contains(words)) {
        return End::Rejected(*reason);
    }
    assert!(
        [
            "[AUTHENTICATIONFAILED]",
            "535 5.7.8",
            "NO \"Authentication failed.\""
        ]
        .iter()
        .any(|words| answer.contains(words)),
        "{answer}"
    );
    let about_token = ["\"status\":\"401\"", "\"status\":\"invalid_token\""];
    if about_token.iter().any(|status| challenge.contains(status)) {
        End::Rejected(Reason::TokenRejected)
    } else {
        End::Rejected(Reason::CredentialsRejected)
    }
}

/// The same for the matrix, from what the tokens were.
fn matrix(recording: &Recording) -> Option<End> {
    let (transport, rest) = recording.case.split_once('-')?;
    let (_, token) = rest.split_once('-')?;
    if !matches!(transport, "implicit" | "starttls") {
        return None;
    }
    Some(match (recording.server.as_str(), token) {
        (_, "good" | "good-es256") => End::Accepted,
        // The server's question at the userinfo endpoint fails, and it does not know why.
        ("dovecot-userinfo", "expired" | "revoked" | "garbage") => End::Rejected(Reason::Temporary),
        (
            _,
            "expired" | "revoked" | "garbage" | "wrong-audience" | "wrong-scope" | "wrong-user",
        ) => End::Rejected(Reason::TokenRejected),
        _ => panic!("{token}"),
    })
}

fn end(seen: &Result<Outcome<Session>, Error>, mechanism: Mechanism) -> End {
    match seen {
        Ok(Outcome::Accepted(session)) => {
            assert_eq!(session.mechanism(), Some(mechanism));
            assert!(!session.capabilities().is_empty());
            End::Accepted
        }
        Ok(Outcome::Rejected(rejection)) => End::Rejected(rejection.reason()),
        Err(Error::UnexpectedEnd { .. }) => End::HungUp { long: false },
        Err(Error::ResponseTooLong { .. }) => End::HungUp { long: true },
        Err(other) => panic!("{other:?}"),
    }
}

/// Credentials whose message is as long as the recorded one.
fn credentials(
    mechanism: Mechanism,
    endpoint: &Endpoint,
    octets: usize,
    letter: &str,
) -> Credentials {
    let token = |length: usize| Credentials::bearer(USER, letter.repeat(length)).unwrap();
    let short = token(8);
    let overhead = Response::new(&short, mechanism, Some(endpoint))
        .unwrap()
        .message_len()
        - 8;
    token((octets / 4 * 3).saturating_sub(overhead).max(8))
}

/// Octets of the recorded message. Those of one that was never sent are as many as usual.
fn message(recording: &Recording) -> usize {
    if !recording.sends_message() {
        return 1000;
    }
    let around = match (
        recording.protocol.as_str(),
        recording.has_initial_response(),
    ) {
        ("imap", true) => "a2 AUTHENTICATE  ".len(),
        ("submission", true) => "AUTH  ".len(),
        ("sieve", true) => "AUTHENTICATE \"\" {10976+}".len(),
        ("sieve", false) => "{10976+}".len(),
        _ => 0,
    };
    let name = if recording.has_initial_response() {
        mechanism(recording).name().len()
    } else {
        0
    };
    recording.longest_line().saturating_sub(around + name)
}

fn mechanism(recording: &Recording) -> Mechanism {
    let name = recording.case.split('-').nth(1).unwrap();
    Mechanism::parse(name.as_bytes()).unwrap()
}

fn play<P: Tested>(recording: &Recording, row: &Row) {
    let name = recording.name();
    let mechanism = mechanism(recording);
    let apart =
        recording.case.contains("no-initial-response") || recording.case.ends_with("-continued");
    let mut lines = vec![
        "endpoint localhost:143".to_owned(),
        format!("mechanisms {}", mechanism.name()),
    ];
    if apart {
        lines.push("no-initial-response".into());
    }
    if recording.protection() == Protection::InClear {
        // The recorded client does not mind what is offered.
        lines.push("force".into());
    }
    let along = recording.case.ends_with("-initial");
    if along && P::NAME == "smtp" {
        lines.push("long-initial-response".into());
    }
    let options = protocol::options::<P>(&lines);
    let endpoint = Endpoint::new("localhost", 143).unwrap();
    let octets = message(recording);
    let letters = ["t", "u"].iter().take(row.answers.len());
    let credentials: Vec<_> = letters
        .map(|letter| credentials(mechanism, &endpoint, octets, letter))
        .collect();

    // Our SMTP client answers a refusal of a long line by another try.
    let companion = (along && P::NAME == "smtp")
        .then(|| Recording::named(&name.replace("-initial", "-continued")));
    let whole = replay::<P>(
        recording,
        companion.as_ref(),
        &credentials,
        options.clone(),
        Cut::Whole,
    );
    for cut in [Cut::Every(1), Cut::Every(7)] {
        let other = replay::<P>(
            recording,
            companion.as_ref(),
            &credentials,
            options.clone(),
            cut,
        );
        assert_eq!(other, whole, "{name}: {cut:?}");
    }
    check(
        recording,
        row,
        &whole,
        companion.as_ref(),
        octets,
        mechanism,
    );
    let token = credentials[0].secret().expose();
    assert_eq!(
        leak(whole.shown.join("\n").as_bytes(), token),
        None,
        "{name}"
    );
    let was_sent = whole
        .writes
        .iter()
        .any(|write| leak(write, token).is_some());
    assert_eq!(
        was_sent,
        recording.sends_message() || companion.is_some(),
        "{name}: whether the token went out"
    );
}

fn check(
    recording: &Recording,
    row: &Row,
    seen: &Replayed,
    companion: Option<&Recording>,
    octets: usize,
    mechanism: Mechanism,
) {
    let name = recording.name();
    let expected: Vec<_> = match companion {
        // It was let in with the message apart, or refused twice.
        Some(companion) if !row.accepted => {
            let row = &summary()[&companion.name()];
            vec![meaning(&row.answers[0], &row.challenge, octets)]
        }
        Some(_) | None => {
            let answers = row.answers.iter();
            answers
                .map(|answer| meaning(answer, &row.challenge, octets))
                .collect()
        }
    };
    let ends: Vec<_> = seen.ends.iter().map(|seen| end(seen, mechanism)).collect();
    assert_eq!(ends, expected, "{name}");
    if let Some(end) = matrix(recording) {
        assert_eq!(ends, [end], "{name}");
    }
    assert_eq!(
        row.accepted, recording.accepted,
        "{name}: the summary and the recording differ"
    );
    if companion.is_none() {
        assert_eq!(ends[0] == End::Accepted, recording.accepted, "{name}");
    }
    // The document of the server arrives at the caller.
    if let Ok(Outcome::Rejected(rejection)) = &seen.ends[0]
        && rejection.reason() == Reason::TokenRejected
    {
        let status = rejection.refusal().and_then(|refusal| refusal.status());
        assert!(
            row.challenge
                .contains(&format!("\"status\":\"{}\"", status.unwrap())),
            "{name}"
        );
    }
}

/// IMAP servers take lines of 8000 octets; our client sends what is longer apart.
fn is_ours(recording: &Recording) -> bool {
    let is_long = ["06000", "08192", "12288", "16384", "61440"]
        .iter()
        .any(|size| recording.case.ends_with(&format!("{size}-initial")));
    !(recording.protocol == "imap" && is_long)
}

fn golden<P: Tested>(protocol: &str) {
    let rows = summary();
    let all: Vec<_> = Recording::all()
        .into_iter()
        .filter(|r| r.protocol == protocol)
        .collect();
    let of_protocol = rows
        .keys()
        .filter(|name| name.contains(&format!("/{protocol}-")))
        .count();
    assert_eq!(
        all.len(),
        of_protocol,
        "as many recordings as lines in the summary"
    );
    let (ours, foreign): (Vec<_>, Vec<_>) = all.iter().partition(|recording| is_ours(recording));
    let failed: Vec<_> = ours
        .iter()
        .filter(|recording| {
            let name = recording.name();
            std::panic::catch_unwind(|| play::<P>(recording, &rows[&name])).is_err()
        })
        .map(|recording| recording.name())
        .collect();
    println!(
        "{protocol}: {} replayed, {} not as we would send",
        ours.len(),
        foreign.len()
    );
    assert!(failed.is_empty(), "{} failed: {failed:#?}", failed.len());
    let counts = COUNTS.iter().find(|(name, ..)| *name == protocol).unwrap();
    assert_eq!(
        (ours.len(), foreign.len()),
        (counts.1, counts.2),
        "none is skipped silently"
    );
}

#[test]
fn imap() {
    golden::<imap_auth::Imap>("imap");
}

#[test]
fn submission() {
    golden::<smtp_auth::Smtp>("submission");
}

#[test]
fn sieve() {
    golden::<sieve_auth::Sieve>("sieve");
}
