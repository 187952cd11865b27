//! Our client and our server agree on how a login ended, whatever the mechanism, the protection and
//! the verdict.

#![allow(
    missing_docs,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test"
)]

use harness::{
    Tested,
    accept::REASONS,
    pair::{
        ClientEnd, Honest, Middle, Mode, Pieces, Plan, ServerEnd, Side, credentials, has_token, run,
    },
    secrecy::leak,
};
use sasl_core::{AcceptSettings, Conformance, Farewell, Mechanism, Reason, Settings, Verdict};

const USER: &str = "user@example.com";
const TOKEN: &str = "mF_9.B5f-4.1JqM-of-the-pair";
const NEXT: &str = "another-token-of-the-same-user";

/// Every mechanism, protection, way to send the first message, and preset of the client.
fn plans() -> Vec<Plan> {
    let mut plans = Vec::new();
    for mechanism in Mechanism::ALL {
        for mode in [Mode::Exposed, Mode::Implicit, Mode::StartTls] {
            for initial_response in [true, false] {
                for conformance in [Conformance::Robust, Conformance::Strict] {
                    plans.push(Plan {
                        mode,
                        mechanism,
                        initial_response,
                        credentials: vec![credentials(mechanism, USER, TOKEN)],
                        verdicts: Vec::new(),
                        settings: Settings::new().conformance(conformance),
                        accept: AcceptSettings::new().mechanisms(Mechanism::ALL),
                    });
                }
            }
        }
    }
    plans
}

/// What a client learns of a verdict, given what its protocol has codes for and whether the refusal
/// came with a document.
fn heard<P: Tested>(reason: Reason, document: bool) -> Reason {
    let otherwise = if document {
        Reason::TokenRejected
    } else {
        Reason::CredentialsRejected
    };
    match reason {
        // Every protocol has a code for these.
        Reason::EncryptionRequired | Reason::Temporary => reason,
        Reason::AdminRequired | Reason::AuthorizationDenied if P::NAME != "sieve" => reason,
        Reason::AdminRequired | Reason::AuthorizationDenied => Reason::CredentialsRejected,
        // The document says `invalid_token`, which is that as well.
        Reason::CredentialsExpired if P::NAME == "imap" && !document => reason,
        Reason::ScopeInsufficient if document => reason,
        Reason::CredentialsExpired
        | Reason::CredentialsRejected
        | Reason::ScopeInsufficient
        | Reason::TokenRejected => otherwise,
        other => panic!("no verdict is {other:?}"),
    }
}

fn secret(plan: &Plan, try_: usize) -> (String, String) {
    let secret = plan.credentials[try_].secret().expose();
    (USER.into(), secret.into())
}

fn accepted<P: Tested>() {
    for mut plan in plans() {
        plan.verdicts = vec![Verdict::accept(USER)];
        let seen = run::<P>(&plan, &mut Honest);
        assert_eq!(seen.client, [ClientEnd::Accepted], "{plan:?} {seen:?}");
        let expected = ServerEnd::Accepted(USER.into(), Some(plan.mechanism));
        assert_eq!(seen.server, Some(expected), "{plan:?}");
        assert_eq!(seen.presented, [secret(&plan, 0)], "{plan:?}");
        assert_eq!(seen.remaining, [b"", b""], "{plan:?}");
        assert_eq!(seen.tls, plan.mode == Mode::StartTls, "{plan:?}");
        assert_eq!(leak(seen.shown.join("\n").as_bytes(), TOKEN), None);
        if plan.mode != Mode::Exposed {
            let clear: Vec<u8> = seen.clear.iter().flat_map(|(_, w)| w.clone()).collect();
            assert_eq!(leak(&clear, TOKEN), None, "{plan:?}");
        }
        handed_over::<P>(&plan, seen.writes);
    }
}

/// Puts something behind the last write of either side, in the same piece.
struct Behind {
    /// Writes until then, of the client and of the server.
    left: [usize; 2],
}

const BEHIND_CLIENT: &[u8] = b"c NOOP\r\n\0 and more";
const BEHIND_SERVER: &[u8] = b"* 1 EXISTS\r\n\xff";

impl Middle for Behind {
    fn in_clear(&mut self, from: Side, write: &[u8]) -> Pieces {
        self.left[from as usize] -= 1;
        let mut piece = write.to_vec();
        if self.left[from as usize] == 0 {
            piece.extend_from_slice(match from {
                Side::Client => BEHIND_CLIENT,
                Side::Server => BEHIND_SERVER,
            });
        }
        vec![(from.other(), piece)]
    }
}

/// What stands behind the login goes to whoever speaks next, to the octet.
fn handed_over<P: Tested>(plan: &Plan, writes: [usize; 2]) {
    if plan.mode != Mode::Exposed {
        return;
    }
    let mut middle = Behind { left: writes };
    let seen = run::<P>(plan, &mut middle);
    assert!(seen.client_is_in() && seen.server_let_in(), "{plan:?}");
    assert_eq!(seen.remaining, [BEHIND_SERVER, BEHIND_CLIENT], "{plan:?}");
}

fn refused<P: Tested>() {
    for mut plan in plans() {
        for reason in REASONS {
            for explain in [true, false] {
                plan.verdicts = vec![Verdict::refuse(reason)];
                plan.accept = plan.accept.explain(explain);
                let seen = run::<P>(&plan, &mut Honest);
                let has_document = explain && has_token(plan.mechanism);
                let expected = ClientEnd::Rejected(heard::<P>(reason, has_document));
                assert_eq!(seen.client, [expected], "{reason:?} {plan:?} {seen:?}");
                let hung_up = ServerEnd::Closed(Farewell::HungUp);
                assert_eq!(seen.server, Some(hung_up), "{reason:?} {plan:?}");
                assert_eq!(seen.presented, [secret(&plan, 0)], "{reason:?} {plan:?}");
                assert_eq!(leak(seen.shown.join("\n").as_bytes(), TOKEN), None);
            }
        }
    }
}

fn retried<P: Tested>() {
    for mut plan in plans() {
        plan.credentials
            .push(credentials(plan.mechanism, USER, NEXT));
        for reason in [Reason::TokenRejected, Reason::Temporary] {
            plan.verdicts = vec![Verdict::refuse(reason), Verdict::accept(USER)];
            let seen = run::<P>(&plan, &mut Honest);
            let document = has_token(plan.mechanism) && reason != Reason::Temporary;
            let first = ClientEnd::Rejected(heard::<P>(reason, document));
            assert_eq!(seen.client, [first, ClientEnd::Accepted], "{plan:?}");
            assert!(seen.server_let_in(), "{plan:?}");
            assert_eq!(seen.presented, [secret(&plan, 0), secret(&plan, 1)]);
        }
    }
}

/// The third refusal is the last one, and the client is told so.
fn given_up<P: Tested>() {
    for mut plan in plans() {
        plan.credentials = vec![credentials(plan.mechanism, USER, TOKEN); 4];
        let seen = run::<P>(&plan, &mut Honest);
        assert_eq!(seen.presented.len(), 3, "{plan:?}");
        let farewell = ServerEnd::Closed(Farewell::TooManyFailures);
        assert_eq!(seen.server, Some(farewell), "{plan:?}");
        assert!(!seen.client_is_in(), "{plan:?} {seen:?}");
        assert!(seen.client.len() >= 3, "{plan:?} {seen:?}");
    }
}

fn is_password(mechanism: Mechanism) -> bool {
    matches!(mechanism, Mechanism::Login | Mechanism::Plain)
}

/// A valid token of somebody else. The name beside a password only says whose it is, so it may be an
/// alias of the owner's.
fn another_owner<P: Tested>() {
    const OWNER: &str = "eve@example.com";
    for mut plan in plans() {
        plan.verdicts = vec![Verdict::accept(OWNER)];
        let seen = run::<P>(&plan, &mut Honest);
        if is_password(plan.mechanism) {
            let expected = ServerEnd::Accepted(OWNER.into(), Some(plan.mechanism));
            assert_eq!(seen.server, Some(expected), "{plan:?}");
            assert!(seen.client_is_in(), "{plan:?}");
            continue;
        }
        let expected = ClientEnd::Rejected(heard::<P>(Reason::AuthorizationDenied, false));
        assert_eq!(seen.client, [expected], "{plan:?}");
        assert!(!seen.server_let_in(), "{plan:?}");
        plan.verdicts = vec![Verdict::accept_delegate(OWNER)];
        let seen = run::<P>(&plan, &mut Honest);
        let expected = ServerEnd::Accepted(USER.into(), Some(plan.mechanism));
        assert_eq!(seen.server, Some(expected), "{plan:?}");
        assert!(seen.client_is_in(), "{plan:?}");
    }
}

/// Whatever was wrong with a credential, the words are the same, and whose it is is not among them.
fn tells_no_more_than_the_class<P: Tested>() {
    for mut plan in plans() {
        // Where all that is said can be looked at.
        if plan.mode != Mode::Exposed {
            continue;
        }
        let with_password = is_password(plan.mechanism);
        let mut said = |verdict: Verdict| {
            plan.verdicts = vec![verdict];
            let seen = run::<P>(&plan, &mut Honest);
            assert!(!seen.server_let_in(), "{plan:?}");
            let ours = seen.clear.iter().filter(|(from, _)| *from == Side::Server);
            let said: Vec<u8> = ours.flat_map(|(_, write)| write.clone()).collect();
            String::from_utf8(said).unwrap()
        };
        let rejected = said(Verdict::refuse(Reason::CredentialsRejected));
        assert_eq!(said(Verdict::refuse(Reason::TokenRejected)), rejected);
        let denied = said(Verdict::refuse(Reason::AuthorizationDenied));
        // Beside a password the name may be an alias of the owner's.
        if !with_password {
            assert_eq!(said(Verdict::accept("eve@example.com")), denied);
        }
        for name in ["eve", "user@", "example"] {
            assert!(!denied.contains(name) && !rejected.contains(name));
        }
    }
}

/// A server without the client's mechanism, or without TLS, is never shown a credential.
fn nothing_in_common<P: Tested>() {
    for mut plan in plans() {
        plan.verdicts = vec![Verdict::accept(USER)];
        // The LOGIN command of IMAP is offered as PLAIN is.
        let fits = |m| m == plan.mechanism || (is_password(m) && is_password(plan.mechanism));
        let others = Mechanism::ALL.into_iter().filter(|m| !fits(*m));
        plan.accept = AcceptSettings::new().mechanisms(others);
        let seen = run::<P>(&plan, &mut Honest);
        assert!(!seen.client_is_in() && !seen.server_let_in(), "{plan:?}");
        assert_eq!(seen.presented, [], "{plan:?}");
        if plan.mode == Mode::StartTls {
            plan.accept = AcceptSettings::new()
                .mechanisms(Mechanism::ALL)
                .starttls(false);
            let seen = run::<P>(&plan, &mut Honest);
            assert!(!seen.client_is_in() && !seen.server_let_in(), "{plan:?}");
            assert_eq!(seen.presented, [], "{plan:?}");
            assert!(!seen.tls, "{plan:?}");
        }
    }
}

macro_rules! protocol {
    ($name:ident, $protocol:ty) => {
        mod $name {
            type P = $protocol;

            #[test]
            fn both_say_yes() {
                super::accepted::<P>();
            }

            #[test]
            fn both_say_no_and_why() {
                super::refused::<P>();
            }

            #[test]
            fn a_retry_is_taken() {
                super::retried::<P>();
            }

            #[test]
            fn patience_ends() {
                super::given_up::<P>();
            }

            #[test]
            fn owners_and_users() {
                super::another_owner::<P>();
            }

            #[test]
            fn a_refusal_tells_no_more_than_its_class() {
                super::tells_no_more_than_the_class::<P>();
            }

            #[test]
            fn nothing_in_common() {
                super::nothing_in_common::<P>();
            }
        }
    };
}

protocol!(imap, imap_auth::Imap);
protocol!(sieve, sieve_auth::Sieve);
protocol!(smtp, smtp_auth::Smtp);

/// A server of IMAP without AUTH=LOGIN takes passwords by its LOGIN command.
#[test]
fn the_login_command_of_imap() {
    for mut plan in plans() {
        if plan.mechanism != Mechanism::Login {
            continue;
        }
        // With what has to be escaped.
        let password = "pass word \\ and \"quotes\"";
        plan.accept = AcceptSettings::new();
        plan.credentials = vec![credentials(Mechanism::Login, USER, password)];
        plan.verdicts = vec![Verdict::accept(USER)];
        let seen = run::<imap_auth::Imap>(&plan, &mut Honest);
        let expected = ServerEnd::Accepted(USER.into(), None);
        assert_eq!(seen.server, Some(expected), "{plan:?} {seen:?}");
        assert_eq!(seen.client, [ClientEnd::Accepted], "{plan:?}");
        assert_eq!(seen.presented, [secret(&plan, 0)], "{plan:?}");
    }
}
