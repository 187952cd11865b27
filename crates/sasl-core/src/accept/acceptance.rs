//! One SASL exchange on the side of the server, whatever protocol carries it.

use alloc::{borrow::Cow, string::String, vec, vec::Vec};

use zeroize::Zeroizing;

use super::{Ruling, message};
use crate::{
    AcceptSettings, Accepted, Credentials, Mechanism, Presented, Reason, Verdict, base64, document,
    parse_message,
};

/// The state of one exchange (<https://www.rfc-editor.org/rfc/rfc4422#section-3>), the server's side
/// of [`Exchange`](crate::Exchange).
///
/// ```text
///         message along                    verdict: yes
///  Idle ────────────────► Deciding ─────────────────────────► Accepted
///   │                        ▲  │ no, and there is a document
///   └─► First ── message ────┘  ├──────────────► Explained ── any answer ─► Failed
///   └─► (LOGIN) User ─► Password│ no
///                               └─────────────────────────────────────────► Failed
/// ```
///
/// ```
/// use sasl_core::{AcceptSettings, Acceptance, Failure, Mechanism, Next, Reason, Verdict};
///
/// let mut acceptance = Acceptance::default();
/// let settings = AcceptSettings::new();
/// let message = b"dXNlcj11AWF1dGg9QmVhcmVyIHQBAQ==";
/// let Next::Present(presented) = acceptance.begin(Mechanism::XOAuth2, Some(message), &settings)
///     else { panic!() };
/// assert_eq!(presented.credentials().secret().expose(), "t");
/// // The token is expired: the client is told why, and only when it has answered that it failed.
/// let next = acceptance.decide(Verdict::refuse(Reason::TokenRejected), &settings);
/// assert!(matches!(next, Next::Challenge(_)));
/// let next = acceptance.handle_response(b"", &settings);
/// assert!(matches!(next, Next::Fail(Failure::Refused(Reason::TokenRejected))));
/// ```
#[derive(Debug, Default)]
pub struct Acceptance(State);

#[derive(Debug, Default)]
enum State {
    /// The embedder is being asked.
    Deciding {
        mechanism: Option<Mechanism>,
        user: String,
    },
    /// The document is out.
    Explained(Failure),
    /// The client was asked for its first message.
    First(Mechanism),
    #[default]
    Idle,
    /// LOGIN: the client was asked for its password.
    Password(String),
}

/// What comes next in an exchange.
///
/// ```
/// let next = sasl_core::Next::Challenge(b"".into());
/// assert!(matches!(next, sasl_core::Next::Challenge(text) if text.is_empty()));
/// ```
#[derive(Debug)]
#[must_use = "the client waits for it"]
pub enum Next {
    /// Tell the client that it is in.
    Accept(Accepted),
    /// Send this base64, which may be empty, and wait for the answer.
    Challenge(Cow<'static, [u8]>),
    /// Tell the client that it failed. The exchange is over.
    Fail(Failure),
    /// Ask the embedder, and hand its verdict to [`Acceptance::decide`].
    Present(Presented),
}

/// Why an exchange failed.
///
/// ```
/// use sasl_core::Failure;
/// assert_ne!(Failure::Cancelled, Failure::Malformed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The client gave up.
    Cancelled,
    /// What the client sent is no base64, or not in the grammar of the mechanism.
    Malformed,
    /// The embedder said no, or could not say.
    Refused(Reason),
    /// This mechanism is not offered.
    Unavailable,
}

/// What LOGIN asks; clients ignore it, or take it by its first letter.
const USER_NAME: &[u8] = b"VXNlcm5hbWU6";
const PASSWORD: &[u8] = b"UGFzc3dvcmQ6";

impl Acceptance {
    /// The client chose a mechanism that is offered, and sent its first message along or not: base64,
    /// empty for an empty one.
    pub fn begin(
        &mut self,
        mechanism: Mechanism,
        message: Option<&[u8]>,
        settings: &AcceptSettings,
    ) -> Next {
        match (mechanism.is_client_first(), message) {
            (false, Some(text)) if settings.login_takes_user => {
                self.0 = State::First(mechanism);
                self.handle_response(text, settings)
            }
            // A mechanism in which the server speaks first fails with a message that comes along.
            (false, Some(_)) => Next::Fail(Failure::Malformed),
            (false, None) => self.ask(State::First(mechanism), USER_NAME),
            (true, None) => self.ask(State::First(mechanism), b""),
            (true, Some(text)) => self.hear(mechanism, text, settings),
        }
    }

    /// The LOGIN command of IMAP.
    pub fn begin_login_command(&mut self, credentials: Credentials) -> Next {
        self.present(Presented::login_command(credentials))
    }

    /// The client answered a challenge: base64, or `*`.
    pub fn handle_response(&mut self, text: &[u8], settings: &AcceptSettings) -> Next {
        if text == b"*" {
            self.0 = State::Idle;
            return Next::Fail(Failure::Cancelled);
        }
        match core::mem::take(&mut self.0) {
            State::First(Mechanism::Login) => match decode(text, settings) {
                Some(name) => match String::from_utf8(name.to_vec()) {
                    Ok(name) => self.ask(State::Password(name), PASSWORD),
                    Err(_) => Next::Fail(Failure::Malformed),
                },
                None => Next::Fail(Failure::Malformed),
            },
            State::First(mechanism) => self.hear(mechanism, text, settings),
            State::Password(user) => self.hear_password(&user, text, settings),
            // Whatever stands in the answer, it cannot let anybody in any more.
            State::Explained(failure) => Next::Fail(failure),
            State::Deciding { .. } | State::Idle => Next::Fail(Failure::Malformed),
        }
    }

    /// The embedder has decided. Without effect but a failure when it was not asked.
    pub fn decide(&mut self, verdict: Verdict, settings: &AcceptSettings) -> Next {
        let State::Deciding { mechanism, user } = core::mem::take(&mut self.0) else {
            return Next::Fail(Failure::Malformed);
        };
        let reason = match verdict.0 {
            Ruling::Accept { owner, delegated } => {
                // The owner's own name, however the client spells it.
                if user.is_empty() || (!delegated && user.eq_ignore_ascii_case(&owner)) {
                    return Next::Accept(Accepted {
                        user: owner,
                        mechanism,
                    });
                }
                if delegated {
                    return Next::Accept(Accepted { user, mechanism });
                }
                Reason::AuthorizationDenied
            }
            Ruling::Refuse(reason) => reason,
        };
        self.refuse(mechanism, Failure::Refused(reason), settings)
    }

    fn hear(&mut self, mechanism: Mechanism, text: &[u8], settings: &AcceptSettings) -> Next {
        let Some(message) = decode(text, settings) else {
            return Next::Fail(Failure::Malformed);
        };
        match parse_message(mechanism, &message) {
            Ok(Some(presented)) if !meant_for(&presented, settings) => {
                self.refuse(Some(mechanism), Failure::Malformed, settings)
            }
            Ok(Some(presented)) => self.present(presented),
            // No token: the client wants to know what a token needs.
            Ok(None) => {
                let failure = Failure::Refused(Reason::TokenRejected);
                self.refuse(Some(mechanism), failure, settings)
            }
            Err(_) => self.refuse(Some(mechanism), Failure::Malformed, settings),
        }
    }

    fn hear_password(&mut self, user: &str, text: &[u8], settings: &AcceptSettings) -> Next {
        let credentials = decode(text, settings).and_then(|password| {
            let password = core::str::from_utf8(&password).ok()?;
            Credentials::password(user, password).ok()
        });
        match credentials {
            Some(credentials) => self.present(message::presented(credentials, Mechanism::Login)),
            None => Next::Fail(Failure::Malformed),
        }
    }

    fn present(&mut self, presented: Presented) -> Next {
        self.0 = State::Deciding {
            mechanism: presented.mechanism(),
            user: presented.acts_as().into(),
        };
        Next::Present(presented)
    }

    fn refuse(
        &mut self,
        mechanism: Option<Mechanism>,
        failure: Failure,
        settings: &AcceptSettings,
    ) -> Next {
        let document = mechanism.and_then(|mechanism| document(settings, mechanism, failure));
        let Some(document) = document else {
            return Next::Fail(failure);
        };
        self.0 = State::Explained(failure);
        let mut text: Vec<u8> = vec![0; base64::encoded_len(document.len())];
        base64::encode(&document, &mut text);
        Next::Challenge(text.into())
    }

    fn ask(&mut self, state: State, challenge: &'static [u8]) -> Next {
        self.0 = state;
        Next::Challenge(challenge.into())
    }
}

fn decode(text: &[u8], settings: &AcceptSettings) -> Option<Zeroizing<Vec<u8>>> {
    let limit = settings.wire.limits.challenge;
    let fits = text.len() <= base64::encoded_len(limit);
    let message = fits.then(|| base64::decode_secret(text)).flatten()?;
    (message.len() <= limit).then_some(message)
}

/// Whether a client that tells which server it meant to reach means this one.
fn meant_for(presented: &Presented, settings: &AcceptSettings) -> bool {
    match (presented.endpoint(), settings.wire.chosen_endpoint()) {
        (Some(meant), Some(ours)) => {
            meant.host().eq_ignore_ascii_case(ours.host()) && meant.port() == ours.port()
        }
        (Some(_) | None, None) | (None, Some(_)) => true,
    }
}

#[cfg(test)]
mod tests;
