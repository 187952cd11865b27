//! One login attempt: credentials, the mechanisms tried, the exchange under way.

use crate::{
    Answer, Credentials, Error, Exchange, Kind, Mechanism, Mechanisms, Reason, Refusal, Rejection,
    Response, Settings, Stage, Violation, choose,
    wire::{Conversation, SendBuf},
};

/// What the three login machines keep about the attempt under way.
///
/// ```
/// use sasl_core::{Attempt, Credentials, Mechanism, Settings};
///
/// let mut attempt = Attempt::new(Credentials::bearer("user", "token")?);
/// let offered = [Mechanism::XOAuth2].into_iter().collect();
/// assert_eq!(attempt.choose(&Settings::new(), offered), Some(Mechanism::XOAuth2));
/// # Ok::<(), sasl_core::Invalid>(())
/// ```
#[derive(Clone, Debug)]
pub struct Attempt {
    credentials: Credentials,
    exchange: Option<Exchange>,
    tried: Mechanisms,
    apart: bool,
    /// The caller wants out.
    aborted: bool,
    spoken: usize,
}

/// What goes out in answer to a challenge, before the protocol frames it.
///
/// ```
/// use sasl_core::{Answer, Attempt, Credentials, Mechanism, Settings};
///
/// let attempt = Attempt::new(Credentials::bearer("user", "token")?);
/// assert_eq!(attempt.payload(Answer::Dummy, &Settings::new()).encoded_len(), 4);
/// # Ok::<(), sasl_core::Invalid>(())
/// ```
#[derive(Debug)]
pub enum Payload<'a> {
    /// Text that holds no secret: `*`, `AQ==` or nothing.
    Plain(&'static [u8]),
    /// A message of the mechanism.
    Response(Response<'a>),
}

impl Payload<'_> {
    /// Octets on the wire, framing not counted.
    pub fn encoded_len(&self) -> usize {
        match self {
            Self::Plain(text) => text.len(),
            Self::Response(response) => response.encoded_len(),
        }
    }

    /// Adds it to a command.
    pub fn push_to(&self, send: &mut SendBuf) {
        match self {
            Self::Plain(text) => send.push(text),
            Self::Response(response) => send.push_response(response),
        };
    }
}

impl Attempt {
    /// An attempt that has not begun.
    pub fn new(credentials: Credentials) -> Self {
        // What has no form for these credentials counts as tried in vain.
        let tried = Mechanism::ALL
            .into_iter()
            .filter(|mechanism| !credentials.fit(*mechanism))
            .collect();
        Self {
            credentials,
            exchange: None,
            tried,
            apart: false,
            aborted: false,
            spoken: 0,
        }
    }

    /// Starts over with new credentials; what was learnt about the server stays.
    pub fn renew(&mut self, credentials: Credentials) {
        *self = Self {
            apart: self.apart,
            ..Self::new(credentials)
        };
    }

    /// The credentials.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// What kind they are.
    pub fn kind(&self) -> Kind {
        self.credentials.kind()
    }

    /// The mechanism to use next. See [`choose`].
    pub fn choose(&self, settings: &Settings, offered: Mechanisms) -> Option<Mechanism> {
        choose(settings, self.kind(), offered, self.tried)
    }

    /// Octets of the longest message that may have to be sent, as base64.
    pub fn longest_response(&self, settings: &Settings) -> usize {
        let first = |mechanism: &Mechanism| {
            Response::new(&self.credentials, *mechanism, settings.chosen_endpoint())
                .map_or(0, |response| response.encoded_len())
        };
        let second = Response::password(&self.credentials).map_or(0, |r| r.encoded_len());
        self.kind()
            .mechanisms()
            .iter()
            .map(first)
            .fold(second, usize::max)
    }

    /// Whether the first message may go out with the command, as far as the caller, the mechanism
    /// and what happened so far go.
    pub fn allows_initial_response(&self, settings: &Settings, mechanism: Mechanism) -> bool {
        settings.allows_initial_response() && mechanism.is_client_first() && !self.apart
    }

    /// From now on the first message is sent apart from the command.
    pub fn send_apart(&mut self) {
        self.apart = true;
    }

    /// Whether it already is.
    pub fn sends_apart(&self) -> bool {
        self.apart
    }

    /// Begins an exchange. `prose`: see [`Exchange::allow_prose`].
    pub fn begin(&mut self, mechanism: Mechanism, initial_response: bool, prose: bool) {
        let exchange = Exchange::new(mechanism, initial_response)
            .allow_prose(prose)
            .conceal(&self.credentials);
        self.exchange = Some(exchange);
    }

    /// The caller wants out: nothing more is begun, and the next challenge is answered by `*`.
    pub fn abort(&mut self) {
        self.aborted = true;
        if let Some(exchange) = &mut self.exchange {
            exchange.abort();
        }
    }

    /// The refusal of an attempt that the caller stopped before its next exchange.
    pub fn aborted(&self) -> Option<Rejection> {
        self.aborted.then(|| self.rejection(Reason::Cancelled, b""))
    }

    /// The exchange under way.
    pub fn exchange(&mut self) -> Option<&mut Exchange> {
        self.exchange.as_mut()
    }

    /// The exchange under way, to look at.
    pub fn current(&self) -> Option<&Exchange> {
        self.exchange.as_ref()
    }

    /// Whether the server has answered nothing yet in the exchange under way.
    pub fn is_fresh(&self) -> bool {
        self.exchange.as_ref().is_none_or(Exchange::is_fresh)
    }

    /// Ends the exchange under way.
    pub fn end(&mut self) {
        self.exchange = None;
    }

    /// Takes a challenge of the exchange under way, queues the document that may be in it as a fact,
    /// and gives the answer to frame.
    ///
    /// # Errors
    ///
    /// See [`Exchange::handle_challenge`]; also without an exchange.
    pub fn handle_challenge<'a>(
        &'a mut self,
        text: &[u8],
        settings: &'a Settings,
        wire: &mut Conversation,
    ) -> Result<Payload<'a>, Error> {
        let Some(exchange) = &mut self.exchange else {
            return Err(Error::Protocol {
                violation: Violation::UnexpectedChallenge,
                during: Stage::Authenticate,
            });
        };
        let known = exchange.refusal().is_some();
        let answer = exchange.handle_challenge(text, settings)?;
        if !known {
            wire.tell_refusal(exchange);
        }
        let octets = self.payload(answer, settings).encoded_len();
        self.note_spoken(octets);
        Ok(self.payload(answer, settings))
    }

    /// The server says no, or nothing more. Tells whether the caller had cancelled.
    ///
    /// # Errors
    ///
    /// The violation for which we had cancelled.
    pub fn handle_failure(&mut self) -> Result<bool, Error> {
        self.exchange
            .as_mut()
            .map_or(Ok(false), Exchange::handle_failure)
    }

    /// The mechanism of the exchange under way does not work here. Ends the exchange if there is
    /// another one of the same kind to choose, and tells whether there is.
    pub fn give_way(&mut self, settings: &Settings, offered: Mechanisms) -> bool {
        if let Some(exchange) = &self.exchange {
            self.tried.insert(exchange.mechanism());
        }
        let another = self.choose(settings, offered).is_some();
        if another {
            self.end();
        }
        another
    }

    /// Notes that so many octets of base64 were sent in one message.
    pub fn note_spoken(&mut self, octets: usize) {
        self.spoken = self.spoken.max(octets);
    }

    /// The server closed without a last word. If it had explained a refusal before, that is what it
    /// comes to.
    ///
    /// # Errors
    ///
    /// `otherwise`, or [`Error::ResponseTooLong`] where the length of the token explains it better.
    pub fn hung_up(&self, otherwise: Error) -> Result<Rejection, Error> {
        const COMMON_LIMIT: usize = 8192;
        let octets = self.spoken;
        match self.current().and_then(Exchange::refusal) {
            Some(refusal) => Ok(self
                .rejection(refusal.reason(), b"")
                .with_refusal(Some(refusal.clone()))
                .with_closed()),
            None if octets > COMMON_LIMIT => Err(Error::ResponseTooLong { octets }),
            None => Err(otherwise),
        }
    }

    /// The first message of a mechanism.
    pub fn initial<'a>(&'a self, mechanism: Mechanism, settings: &'a Settings) -> Payload<'a> {
        Response::new(&self.credentials, mechanism, settings.chosen_endpoint())
            // Unreachable: `choose` only gives mechanisms that fit the credentials.
            .map_or(Payload::Plain(b"*"), Payload::Response)
    }

    /// What an answer looks like on the wire.
    pub fn payload<'a>(&'a self, answer: Answer, settings: &'a Settings) -> Payload<'a> {
        match (answer, &self.exchange) {
            (Answer::Dummy, _) => Payload::Plain(b"AQ=="),
            (Answer::Empty, _) => Payload::Plain(b""),
            (Answer::Initial, Some(exchange)) => self.initial(exchange.mechanism(), settings),
            (Answer::Password, _) => Response::password(&self.credentials)
                .map_or(Payload::Plain(b"*"), Payload::Response),
            (Answer::Cancel, _) | (Answer::Initial, None) => Payload::Plain(b"*"),
        }
    }

    /// Why the login was refused, by the protocol's code and by the document of the exchange under
    /// way. The document says more than a code, except about the server's own troubles.
    pub fn reason(&self, code: Option<Reason>) -> Option<Reason> {
        let document = self.exchange.as_ref().and_then(Exchange::refusal);
        match code {
            Some(Reason::AdminRequired | Reason::EncryptionRequired | Reason::Temporary) => code,
            Some(_) | None => document.map(Refusal::reason).or(code),
        }
    }

    /// No mechanism fits. `tls_first`: the connection is in clear and the server offers STARTTLS, so
    /// one that offers nothing may well have its mechanisms under TLS.
    pub fn none_fits(&self, offered: Mechanisms, tls_first: bool) -> Rejection {
        let reason = if tls_first && offered.is_empty() {
            Reason::EncryptionRequired
        } else {
            Reason::MechanismUnavailable
        };
        self.rejection(reason, b"").with_offered(offered)
    }

    /// A word of the server, such as a code or a URL, unless it repeats our secret.
    pub fn harmless<'a>(&self, word: &'a str) -> Option<&'a str> {
        let repeats = self.credentials.are_repeated_in(word.as_bytes());
        (!repeats).then_some(word)
    }

    /// A refusal of these credentials, with the server's words but without our secret in them.
    pub fn rejection(&self, reason: Reason, text: &[u8]) -> Rejection {
        Rejection::new(reason, self.kind()).with_text(&self.credentials.scrub(text))
    }
}
