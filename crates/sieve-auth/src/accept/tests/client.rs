//! The client of this crate against its server.

use alloc::vec::Vec;

use sasl_core::{Credentials, Machine, Rejection, Settings, Step};

use super::*;
use crate::{Login, Options, Probe, StartTls, tests::token};

const WHOLE: usize = usize::MAX;

/// A server that has one answer to whatever is presented.
struct Server {
    accept: Accept,
    verdict: Verdict,
    end: Option<Accepting<Handshake>>,
}

impl Server {
    fn new(accept: Accept, verdict: Verdict) -> Self {
        Self {
            accept,
            verdict,
            end: None,
        }
    }

    fn over_tls(verdict: Verdict) -> Self {
        Self::new(Accept::over_tls(AcceptOptions::new()), verdict)
    }

    fn in_clear() -> Self {
        let verdict = Verdict::refuse(Reason::EncryptionRequired);
        Self::new(Accept::in_clear(AcceptOptions::new()), verdict)
    }

    /// What it says when it hears this, `step` octets at a time.
    fn hears(&mut self, heard: &[u8], step: usize) -> Vec<u8> {
        let mut said = Vec::new();
        for piece in heard.chunks(step) {
            self.accept.handle_input(piece);
            said.extend(self.goes_on());
        }
        said
    }

    /// What it says before it wants to hear something.
    fn goes_on(&mut self) -> Vec<u8> {
        let mut said = Vec::new();
        while self.end.is_none() {
            match self.accept.poll().unwrap() {
                Step::Write(bytes) => said.extend_from_slice(&bytes),
                Step::Event(_) => {}
                Step::Read => break,
                Step::Done(Accepting::Presented(_)) => self.accept.decide(self.verdict.clone()),
                Step::Done(end) => self.end = Some(end),
            }
        }
        said
    }
}

/// Both until the client has what it wanted, with what it said.
fn converse<M: Machine>(client: &mut M, server: &mut Server, step: usize) -> (M::Output, Vec<u8>) {
    let (mut heard, mut all) = (server.goes_on(), Vec::new());
    // Each turn carries at least one message; there are few.
    for _ in 0..20 {
        let mut said = Vec::new();
        for piece in heard.chunks(step) {
            client.handle_input(piece);
            loop {
                match client.poll().unwrap() {
                    Step::Write(bytes) => said.extend_from_slice(&bytes),
                    Step::Event(_) => {}
                    Step::Read => break,
                    Step::Done(output) => return (output, all),
                }
            }
        }
        all.extend_from_slice(&said);
        heard = server.hears(&said, step);
    }
    panic!("they do not come to an end")
}

fn password() -> Credentials {
    Credentials::password("tim", "tanstaaftanstaaf").unwrap()
}

fn refused(credentials: Credentials, verdict: Verdict) -> Rejection {
    let mut login = Login::over_tls(credentials, Options::new());
    let (outcome, _) = converse(&mut login, &mut Server::over_tls(verdict), WHOLE);
    outcome.accepted().unwrap_err()
}

/// What a server is told to say is what a client is told that it said, as far as ManageSieve has words
/// for it.
#[test]
fn our_client_understands_every_refusal() {
    use Reason::*;
    for (reason, for_token, for_password) in [
        (CredentialsRejected, TokenRejected, CredentialsRejected),
        (EncryptionRequired, EncryptionRequired, EncryptionRequired),
        (
            MechanismUnavailable,
            MechanismUnavailable,
            MechanismUnavailable,
        ),
        (ScopeInsufficient, ScopeInsufficient, CredentialsRejected),
        (Temporary, Temporary, Temporary),
        (TokenRejected, TokenRejected, CredentialsRejected),
        // ManageSieve has no words for these.
        (AdminRequired, CredentialsRejected, CredentialsRejected),
        (
            AuthorizationDenied,
            CredentialsRejected,
            CredentialsRejected,
        ),
        (Cancelled, CredentialsRejected, CredentialsRejected),
        (Closed, Temporary, Temporary),
        (CredentialsExpired, TokenRejected, CredentialsRejected),
        (Referral, CredentialsRejected, CredentialsRejected),
        (TokenTooLong, CredentialsRejected, CredentialsRejected),
    ] {
        let verdict = Verdict::refuse(reason);
        let heard = refused(token(), verdict.clone());
        assert_eq!(heard.reason(), for_token, "{reason}: token");
        assert!(!heard.is_closed());
        let heard = refused(password(), verdict).reason();
        assert_eq!(heard, for_password, "{reason}: password");
    }
}

#[test]
fn our_client_gets_in() {
    for (credentials, user) in [(token(), "user@example.com"), (password(), "tim")] {
        for along in [true, false] {
            let options = Options::from(Settings::new().initial_response(along));
            let mut login = Login::over_tls(credentials.clone(), options);
            let mut server = Server::over_tls(Verdict::accept(user));
            let (outcome, _) = converse(&mut login, &mut server, 1);
            assert!(matches!(server.end, Some(Accepting::Accepted(_))));
            let session = outcome.accepted().unwrap();
            assert_eq!(session.round_trips(), if along { 1 } else { 2 });
            assert!(session.capabilities().has("SIEVE"));
        }
    }
}

/// Tokens of 4 KiB are usual. They do not fit quotes.
#[test]
fn long_tokens_are_literals() {
    let text = "t".repeat(4096);
    for (along, before) in [(true, " {5492+}\r\n"), (false, "\r\n{5492+}\r\n")] {
        for step in [1, 7, WHOLE] {
            let options = Options::from(Settings::new().initial_response(along));
            let credentials = Credentials::bearer("u@b", text.as_str()).unwrap();
            let mut login = Login::over_tls(credentials, options);
            let mut server = Server::over_tls(Verdict::accept("u@b"));
            let (outcome, said) = converse(&mut login, &mut server, step);
            assert!(outcome.accepted().is_ok(), "step {step}");
            let start = format!("AUTHENTICATE \"OAUTHBEARER\"{before}");
            assert!(said.starts_with(start.as_bytes()));
            // Read whole: what was shown is what the client has.
            let presented = presented(over_tls().in_steps_of(step).hears(said));
            assert_eq!(presented.credentials().secret().expose(), text);
        }
    }
}

#[test]
fn our_client_is_told_when_a_token_is_too_long() {
    let credentials = Credentials::bearer("u", "t".repeat(20_000)).unwrap();
    let rejection = refused(credentials, Verdict::accept("u"));
    assert!(rejection.is_closed());
    assert_eq!(rejection.text().as_bytes(), b"Line or literal too long");
}

#[test]
fn our_client_may_try_again() {
    let mut login = Login::over_tls(token(), Options::new());
    let mut server = Server::over_tls(Verdict::refuse(Reason::TokenRejected));
    let (outcome, _) = converse(&mut login, &mut server, WHOLE);
    assert_eq!(
        outcome.accepted().unwrap_err().reason(),
        Reason::TokenRejected
    );
    login.retry(token());
    let Ok(Step::Event(_)) = login.poll() else {
        panic!("the mechanism is told again")
    };
    let Ok(Step::Write(command)) = login.poll() else {
        panic!("nothing is sent again")
    };
    server.verdict = Verdict::accept("user@example.com");
    let said = server.hears(&command, WHOLE);
    assert_eq!(said, b"OK \"Logged in\"\r\n");
}

#[test]
fn our_client_may_cancel() {
    let options = Options::from(Settings::new().initial_response(false));
    let mut server = Server::over_tls(Verdict::accept("user@example.com"));
    let login = Scenario::new(Login::over_tls(token(), options)).hears(server.goes_on());
    let challenge = server.hears(login.last_write().as_bytes(), WHOLE);
    let login = login.does(Login::cancel).hears(challenge);
    assert_eq!(login.last_write(), "\"*\"\r\n");
    let answer = server.hears(login.last_write().as_bytes(), WHOLE);
    assert_eq!(login.hears(answer).rejected().reason(), Reason::Cancelled);
    assert!(server.end.is_none());
}

/// From a connection in clear to a login, with the list that comes unasked in between.
#[test]
fn our_client_starts_tls() {
    for step in [1, WHOLE] {
        let mut server = Server::in_clear();
        let mut start = StartTls::new(Options::new());
        let (upgrade, said) = converse(&mut start, &mut server, step);
        assert_eq!(said, b"STARTTLS\r\n");
        let Some(Accepting::StartTls(proof)) = server.end else {
            panic!("the server does not begin TLS")
        };
        let accept = Accept::after_starttls(proof, AcceptOptions::new());
        let mut server = Server::new(accept, Verdict::accept("user@example.com"));
        let mut login = Login::after_starttls(upgrade, token(), Options::new());
        let (outcome, _) = converse(&mut login, &mut server, step);
        let session = outcome.accepted().unwrap();
        assert!(!session.capabilities().has("STARTTLS"));
        assert_eq!(session.round_trips(), 1);
    }
}

#[test]
fn our_client_sees_what_is_offered() {
    let mut probe = Probe::in_clear(Options::new());
    let (outcome, _) = converse(&mut probe, &mut Server::in_clear(), WHOLE);
    let offered = outcome.accepted().unwrap();
    assert!(offered.has("STARTTLS") && offered.mechanisms().is_empty());
    // A login that minds nothing has nothing to choose from, and is told why.
    let mut login = Login::dangerous_in_clear(token(), Options::new());
    let (outcome, said) = converse(&mut login, &mut Server::in_clear(), WHOLE);
    let rejection = outcome.accepted().unwrap_err();
    assert_eq!(rejection.reason(), Reason::EncryptionRequired);
    assert!(said.is_empty());
}

/// Whatever the server says is in the grammar, strictly read.
#[test]
fn every_answer_is_one_response() {
    for command in [
        "AUTHENTICATE",
        "AUTHENTICATE \"X\"",
        "AUTHENTICATE \"PLAIN\" \"\"",
        "LOGOUT",
        "NOOP",
        "NOOP \"x\"",
        "NOOP {5+}\r\na\r\n\"b",
        "STARTTLS",
        "LISTSCRIPTS",
        "",
    ] {
        let scenario = over_tls().hears(format!("{command}\r\n"));
        let [_, answer] = scenario.writes.as_slice() else {
            panic!("{:?}", scenario.writes)
        };
        let line = answer.strip_suffix("\r\n").unwrap();
        let response = response(line.as_bytes(), true).unwrap();
        assert!(matches!(response, Response::Condition { .. }), "{command}");
    }
}
