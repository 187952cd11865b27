//! One SASL exchange (<https://www.rfc-editor.org/rfc/rfc4422#section-3>), whatever carries it.

use crate::{Credentials, Error, Limit, Mechanism, Refusal, Settings, Stage, Violation, base64};

/// The state of one exchange. The protocol crates frame what it says; what it says is alike in all.
///
/// ```text
///            with initial response                    challenge with JSON
///  start ──────────────────────────────► Outcome ─────────────────────────► Answered
///    │                                      ▲  │ empty challenge ───────────────▲ │
///    └─► First ── empty challenge ──────────┘  │ anything else                    │ another one
///                                              ▼                                  ▼
///                                          Cancelling ◄───────────────────────────┘
/// ```
///
/// ```
/// use sasl_core::{Answer, Exchange, Mechanism, Settings};
///
/// let settings = Settings::new();
/// let mut exchange = Exchange::new(Mechanism::OAuthBearer, true);
/// // The server explains its refusal; RFC 7628 wants one octet 0x01 in return.
/// let json = b"eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=";
/// assert_eq!(exchange.handle_challenge(json, &settings)?, Answer::Dummy);
/// assert_eq!(exchange.refusal().unwrap().status(), Some("invalid_token"));
/// // After that it cannot let us in any more.
/// assert!(exchange.handle_success().is_err());
/// # Ok::<(), sasl_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Exchange {
    mechanism: Mechanism,
    state: State,
    rounds: usize,
    refusal: Option<Refusal>,
    abort: bool,
    prose: bool,
    concealed: Option<Credentials>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The dummy or empty response to a challenge is out.
    Answered { refused: bool },
    /// `*` is out. The error that it ends in; `None` when the caller wanted it.
    Cancelling { error: Option<Error>, again: bool },
    /// The command is out, without our first message.
    First,
    /// Everything we have to say is out.
    Outcome,
    /// LOGIN: the user name is out.
    Password,
}

/// What to send in answer to a challenge.
///
/// ```
/// assert_eq!(sasl_core::Answer::Dummy.octets(), Some(&b"\x01"[..]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `*`: give up, and wait for the server's last word.
    Cancel,
    /// One octet 0x01, which is `AQ==`.
    Dummy,
    /// Nothing, in the form the protocol has for it.
    Empty,
    /// The first message of the mechanism.
    Initial,
    /// The password, for LOGIN.
    Password,
}

impl Answer {
    /// The octets before base64, where the answer has none of our secrets.
    pub fn octets(self) -> Option<&'static [u8]> {
        match self {
            Self::Dummy => Some(b"\x01"),
            Self::Empty => Some(b""),
            Self::Cancel | Self::Initial | Self::Password => None,
        }
    }
}

impl Exchange {
    /// Starts an exchange; the command is out, with the first message or without.
    pub fn new(mechanism: Mechanism, initial_response: bool) -> Self {
        let state = if initial_response {
            State::Outcome
        } else {
            State::First
        };
        Self {
            mechanism,
            state,
            rounds: 0,
            refusal: None,
            abort: false,
            prose: false,
            concealed: None,
        }
    }

    /// Takes a first challenge that is not base64, such as `Go ahead`, as an empty one.
    pub fn allow_prose(mut self, allow: bool) -> Self {
        self.prose = allow;
        self
    }

    /// Cuts the secret of these credentials out of what the server sends back.
    pub fn conceal(mut self, credentials: &Credentials) -> Self {
        self.concealed = Some(credentials.clone());
        self
    }

    /// The mechanism.
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// Whether the server has not said anything in this exchange yet.
    pub fn is_fresh(&self) -> bool {
        self.rounds == 0
    }

    /// Whether our first message, and so a credential, is out.
    pub fn has_spoken(&self) -> bool {
        self.state != State::First
    }

    /// The caller wants out: the next challenge is answered by `*`.
    pub fn abort(&mut self) {
        self.abort = true;
    }

    /// Takes a challenge as the protocol carries it: base64, or nothing.
    ///
    /// # Errors
    ///
    /// When the server goes on sending challenges after two cancels.
    pub fn handle_challenge(&mut self, text: &[u8], settings: &Settings) -> Result<Answer, Error> {
        if let State::Cancelling { error, again } = self.state {
            if again {
                return Err(error.unwrap_or_else(|| broken(Violation::UnexpectedChallenge)));
            }
            self.state = State::Cancelling { error, again: true };
            return Ok(Answer::Cancel);
        }
        Ok(self.answer(text, settings))
    }

    fn answer(&mut self, text: &[u8], settings: &Settings) -> Answer {
        self.rounds += 1;
        if self.rounds > settings.limits.rounds {
            return self.cancel(limit(Limit::Rounds));
        }
        if self.abort {
            self.state = State::Cancelling {
                error: None,
                again: false,
            };
            return Answer::Cancel;
        }
        if text.len() > base64::encoded_len(settings.limits.challenge) {
            return self.cancel(limit(Limit::Challenge));
        }
        match (self.mechanism, self.state) {
            (_, State::Cancelling { .. } | State::Answered { .. }) => {
                self.cancel(broken(Violation::UnexpectedChallenge))
            }
            (Mechanism::Login, state) => self.challenge_login(state, text, settings),
            (_, State::First) => self.challenge_first(text, settings),
            (Mechanism::OAuthBearer | Mechanism::XOAuth2, State::Outcome) => {
                self.challenge_bearer(text, settings)
            }
            (Mechanism::External | Mechanism::Plain, State::Outcome) | (_, State::Password) => {
                self.cancel(broken(Violation::UnexpectedChallenge))
            }
        }
    }

    /// The server says yes.
    ///
    /// # Errors
    ///
    /// When it must not: before we were through, after it had refused, after we had cancelled.
    pub fn handle_success(&mut self) -> Result<(), Error> {
        match self.state {
            State::Answered { refused: true } => Err(broken(Violation::OkAfterRefusal)),
            State::Cancelling { .. } => Err(broken(Violation::OkAfterCancel)),
            // Only LOGIN has a password to send.
            State::First | State::Password => Err(broken(Violation::PrematureOk)),
            State::Answered { refused: false } | State::Outcome => Ok(()),
        }
    }

    /// The server says no. Tells whether the caller had cancelled.
    ///
    /// # Errors
    ///
    /// The violation for which we had cancelled.
    pub fn handle_failure(&mut self) -> Result<bool, Error> {
        match self.state {
            State::Cancelling {
                error: Some(error), ..
            } => Err(error),
            State::Cancelling { error: None, .. } => Ok(true),
            State::Answered { .. } | State::First | State::Outcome | State::Password => Ok(false),
        }
    }

    /// The document with which the server explained its refusal.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    fn challenge_first(&mut self, text: &[u8], settings: &Settings) -> Answer {
        match base64::decode(text, settings.trailing_bits) {
            Some(octets) if octets.is_empty() => {}
            Some(_) => return self.cancel(broken(Violation::UnexpectedChallengeData)),
            // Some servers write "Go ahead" where the challenge should be empty.
            None if self.prose => {}
            None => return self.cancel(broken(Violation::BadChallenge)),
        }
        self.state = State::Outcome;
        Answer::Initial
    }

    fn challenge_bearer(&mut self, text: &[u8], settings: &Settings) -> Answer {
        let Some(document) = base64::decode(text, settings.trailing_bits) else {
            return self.cancel(broken(Violation::BadChallenge));
        };
        if document.len() > settings.limits.challenge {
            return self.cancel(limit(Limit::Challenge));
        }
        let refused = !document.is_empty();
        if refused {
            self.refusal = Some(match &self.concealed {
                Some(credentials) => Refusal::parse_for(&document, credentials),
                None => Refusal::parse(&document),
            });
        }
        self.state = State::Answered { refused };
        if self.mechanism == Mechanism::OAuthBearer {
            Answer::Dummy
        } else {
            Answer::Empty
        }
    }

    fn challenge_login(&mut self, state: State, text: &[u8], settings: &Settings) -> Answer {
        if base64::decode(text, settings.trailing_bits).is_none() {
            return self.cancel(broken(Violation::BadChallenge));
        }
        match state {
            State::First => {
                self.state = State::Password;
                Answer::Initial
            }
            State::Password => {
                self.state = State::Outcome;
                Answer::Password
            }
            State::Answered { .. } | State::Cancelling { .. } | State::Outcome => {
                self.cancel(broken(Violation::UnexpectedChallenge))
            }
        }
    }

    fn cancel(&mut self, error: Error) -> Answer {
        self.state = State::Cancelling {
            error: Some(error),
            again: false,
        };
        Answer::Cancel
    }
}

fn broken(violation: Violation) -> Error {
    Error::Protocol {
        violation,
        during: Stage::Authenticate,
    }
}

fn limit(limit: Limit) -> Error {
    Error::LimitExceeded {
        limit,
        during: Stage::Authenticate,
    }
}

#[cfg(test)]
mod tests;
