//! What every type can be trusted with: other threads, being moved, being shown.

#![allow(
    missing_docs,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test"
)]

use std::{
    error::Error as StdError,
    fmt::Debug,
    panic::{RefUnwindSafe, UnwindSafe},
};

use harness::{Tested, secrecy::leak};
use sasl_core::{
    Advice, Answer, Attempt, Capabilities, Conformance, Credentials, Endpoint, Error, Event,
    Exchange, Invalid, Kind, Limits, Machine, Mechanism, Mechanisms, Notice, Outcome, Outgoing,
    Payload, Reason, Refusal, Rejection, Response, Secret, Session, Settings, Stage, Step, Text,
    Tls, wire,
};

/// Everything that a program needs to keep a value in a task or a thread, and to log it.
const fn ordinary<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug>() {}

const fn error<T: StdError + Send + Sync + 'static>() {}

const fn small<T: Copy + 'static>() {}

const _: () = {
    ordinary::<Advice>();
    ordinary::<Answer>();
    ordinary::<Attempt>();
    ordinary::<Capabilities>();
    ordinary::<Conformance>();
    ordinary::<Credentials>();
    ordinary::<Endpoint>();
    ordinary::<Error>();
    ordinary::<Event<'static>>();
    ordinary::<Exchange>();
    ordinary::<Invalid>();
    ordinary::<Kind>();
    ordinary::<Limits>();
    ordinary::<Mechanism>();
    ordinary::<Mechanisms>();
    ordinary::<Notice>();
    ordinary::<Outcome<Session>>();
    ordinary::<Outgoing<'static>>();
    ordinary::<Payload<'static>>();
    ordinary::<Reason>();
    ordinary::<Refusal>();
    ordinary::<Rejection>();
    ordinary::<Response<'static>>();
    ordinary::<Secret>();
    ordinary::<Session>();
    ordinary::<Settings>();
    ordinary::<Stage>();
    ordinary::<Step<'static, Outcome<Session>>>();
    ordinary::<Text<'static>>();
    ordinary::<Tls<'static>>();
    ordinary::<wire::Conversation>();
    ordinary::<wire::LineBuf>();
    ordinary::<wire::SendBuf>();

    error::<Error>();
    error::<Invalid>();
    error::<Rejection>();

    small::<Error>();
    small::<Event<'static>>();
    small::<Invalid>();
    assert!(size_of::<Error>() <= 16);
    // A result of `poll` goes through registers or a few words of stack at each step.
    assert!(size_of::<Result<Step<'_, Outcome<Session>>, Error>>() <= 96);
};

/// Grants and documents of authorization servers.
const _: () = {
    use token_lifecycle as tokens;

    ordinary::<tokens::Assertion>();
    ordinary::<tokens::Authorization>();
    ordinary::<tokens::Callback>();
    ordinary::<tokens::Client>();
    ordinary::<tokens::Denial>();
    ordinary::<tokens::DeviceAuthorization>();
    ordinary::<tokens::DevicePoll>();
    ordinary::<tokens::DeviceRequest<'static>>();
    ordinary::<tokens::DeviceStep<'static>>();
    ordinary::<tokens::Endpoints>();
    ordinary::<tokens::Introspection>();
    ordinary::<tokens::Issuer>();
    ordinary::<tokens::Line<u8>>();
    ordinary::<tokens::Loopback>();
    ordinary::<tokens::Metadata>();
    ordinary::<tokens::Page>();
    ordinary::<tokens::Pace>();
    ordinary::<tokens::Place>();
    ordinary::<tokens::Provider>();
    ordinary::<tokens::Redirect>();
    ordinary::<tokens::State>();
    ordinary::<tokens::TokenRequest<'static>>();
    ordinary::<tokens::Turn>();
    ordinary::<tokens::Url>();
    ordinary::<tokens::Verifier>();

    error::<tokens::CallbackError>();
    error::<tokens::DeviceError>();
    error::<tokens::DiscoveryError>();
    error::<tokens::DocumentError>();
    error::<tokens::IntrospectionError>();
    error::<tokens::InvalidClient>();
    error::<tokens::InvalidRedirect>();
    error::<tokens::InvalidRequest>();
    error::<tokens::InvalidUrl>();

    small::<tokens::CallbackError>();
    small::<tokens::DiscoveryError>();
};

macro_rules! protocol {
    ($protocol:ident, $name:ident) => {
        const _: () = {
            ordinary::<$protocol::$name>();
            ordinary::<$protocol::Login>();
            ordinary::<$protocol::Options>();
            ordinary::<$protocol::Probe>();
            ordinary::<$protocol::StartTls>();
            ordinary::<$protocol::Upgrade>();
            ordinary::<$protocol::parse::Offer>();
        };
    };
}

protocol!(imap_auth, Imap);
protocol!(smtp_auth, Smtp);
protocol!(sieve_auth, Sieve);

/// A driver may hold a machine without knowing its protocol.
#[test]
fn machines_are_dyn_compatible() {
    let login = imap_auth::Login::over_tls(
        Credentials::bearer("user", "token").unwrap(),
        imap_auth::Options::new(),
    );
    let mut machine: Box<dyn Machine<Output = Outcome<Session>> + Send> = Box::new(login);
    assert!(matches!(machine.poll(), Ok(Step::Read)));
}

const TOKEN: &str = "mF_9.B5f-4.1JqM-not-to-be-seen";

fn hides(what: &str, shown: &dyn Debug) {
    for text in [format!("{shown:?}"), format!("{shown:#?}")] {
        assert_eq!(leak(text.as_bytes(), TOKEN), None, "{what}: {text}");
    }
    // As a list of octets, which is how `Debug` shows a vector.
    let octets = format!("{:?}", &TOKEN.as_bytes()[4..12]);
    let octets = octets.trim_matches(['[', ']']);
    let text = format!("{shown:?}");
    assert!(!text.contains(octets), "{what}: {text}");
}

/// In every state, and in release builds as well as in debug builds: nothing here asks which it is.
fn machines_hide_their_token<P: Tested>(dialogue: &[&str])
where
    P::Login: Debug,
{
    let token = Credentials::bearer("user@example.com", TOKEN).unwrap();
    let password = Credentials::password("user@example.com", TOKEN).unwrap();
    for credentials in [token, password] {
        for initial_response in [true, false] {
            let settings = Settings::new().initial_response(initial_response);
            let mut login = P::login_over_tls(credentials.clone(), P::Options::from(settings));
            let mut dialogue = dialogue.iter();
            hides("a new login", &login);
            let mut writes = 0;
            loop {
                match login.poll() {
                    Ok(Step::Read) => {
                        let said = dialogue.next().copied().unwrap_or_default();
                        login.handle_input(said.as_bytes());
                    }
                    step @ Ok(Step::Done(_)) | step @ Err(_) => {
                        hides("the end", &step);
                        break;
                    }
                    step @ Ok(Step::Write(_) | Step::Event(_)) => {
                        writes += usize::from(matches!(step, Ok(Step::Write(_))));
                        hides("a step", &step);
                    }
                }
                // While the command lies in the buffer too.
                hides("a login under way", &login);
            }
            assert!(writes > 0, "nothing was said");
        }
    }
}

#[test]
fn imap() {
    machines_hide_their_token::<imap_auth::Imap>(&[
        "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2] ready\r\n",
        "+ \r\n",
        &format!("A1 NO [AUTHENTICATIONFAILED] bad token {TOKEN}\r\n"),
    ]);
}

#[test]
fn smtp() {
    machines_hide_their_token::<smtp_auth::Smtp>(&[
        "220 ready\r\n",
        "250-mx.example.com\r\n250 AUTH PLAIN XOAUTH2\r\n",
        "334 \r\n",
        &format!("535 5.7.8 bad token {TOKEN}\r\n"),
    ]);
}

#[test]
fn sieve() {
    machines_hide_their_token::<sieve_auth::Sieve>(&[
        "\"SASL\" \"PLAIN XOAUTH2\"\r\n\"VERSION\" \"1.0\"\r\nOK\r\n",
        "\"\"\r\n",
        &format!("NO \"bad token {TOKEN}\"\r\n"),
    ]);
}

#[test]
fn values_hide_their_secret() {
    let token = Credentials::bearer("user@example.com", TOKEN).unwrap();
    let password = Credentials::password("user@example.com", TOKEN).unwrap();
    let endpoint = Endpoint::new("mail.example.com", 993).unwrap();
    for credentials in [&token, &password] {
        hides("credentials", credentials);
        hides("a secret", credentials.secret());
        hides("an attempt", &Attempt::new(credentials.clone()));
        for mechanism in Mechanism::ALL {
            if let Some(response) = Response::new(credentials, mechanism, Some(&endpoint)) {
                hides("a response", &response);
                hides("a payload", &Payload::Response(response));
                let mut send = wire::SendBuf::with_capacity(16);
                send.push(b"AUTH ").push_response(&response).push(b"\r\n");
                hides("a buffer", &send);
                hides("what goes out", &send.outgoing());
            }
        }
        let mut send = wire::SendBuf::with_capacity(16);
        send.push_secret(TOKEN.as_bytes());
        hides("a buffer", &send);
    }
}
