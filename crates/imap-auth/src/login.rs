//! The login itself: the only machine that takes a credential.

mod authenticate;
mod identify;
mod verdict;

use core::time::Duration;

use sasl_core::{
    Attempt, Credentials, Error, Mechanism, Outcome, Rejection, Session, Stage,
    wire::{Conversation, Converse, Fact, Turn},
};

use crate::{
    Options, Upgrade, command,
    opening::{Opened, Opening},
    session::session,
};

/// Logs in.
///
/// There are three ways to make one, and each says how the connection is protected.
///
/// ```
/// use imap_auth::{Login, Options};
/// use sasl_core::{Credentials, Machine, Outcome, Step};
///
/// let credentials = Credentials::bearer("user@example.com", "mF_9.B5f-4.1JqM").unwrap();
/// let mut machine = Login::over_tls(credentials, Options::new());
/// machine.handle_input(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready\r\n");
/// let session = loop {
///     match machine.poll()? {
///         Step::Write(bytes) => assert!(bytes.starts_with(b"A1 AUTHENTICATE XOAUTH2 dXNlcj1")),
///         Step::Read => machine.handle_input(b"A1 OK [CAPABILITY IMAP4rev1 IDLE] welcome\r\n"),
///         Step::Event(event) => println!("{event:?}"),
///         Step::Done(Outcome::Accepted(session)) => break session,
///         Step::Done(Outcome::Rejected(rejection)) => panic!("{rejection}"),
///     }
/// };
/// assert!(session.capabilities().has("IDLE"));
/// assert_eq!(session.round_trips(), 1);
/// # Ok::<(), sasl_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Login {
    opening: Opening,
    attempt: Attempt,
    state: State,
    /// The list of capabilities came after the present AUTHENTICATE was sent.
    listed: bool,
    identified: bool,
    /// The server said BYE; a tagged answer may still follow.
    bye: Option<Rejection>,
    /// But none did for a while.
    silent: bool,
}

#[derive(Debug)]
enum State {
    Accepted(Option<Mechanism>),
    /// The exchange is under way.
    Authenticating,
    /// The offer is known; nothing was chosen yet.
    Choosing,
    /// ID is out.
    Identifying,
    /// The LOGIN command is out.
    LoggingIn,
    Opening,
    Rejected(Rejection),
    /// A refusal that a wrong assumption could explain: the server is being asked what it offers.
    Verifying {
        used: Used,
        rejection: Rejection,
    },
}

/// What a refused attempt was built on.
#[derive(Clone, Copy, Debug)]
struct Used {
    mechanism: Mechanism,
    initial_response: bool,
}

impl Login {
    /// On a connection that is TLS from its first octet on.
    pub fn over_tls(credentials: Credentials, options: Options) -> Self {
        let attempt = Attempt::new(credentials);
        let longest = attempt.longest_response(&options.settings) + command::FRAME;
        Self {
            opening: Opening::new(options, longest),
            attempt,
            state: State::Opening,
            listed: false,
            identified: false,
            bye: None,
            silent: false,
        }
    }

    /// On a connection that has just become TLS. Nothing that was said before it counts.
    pub fn after_starttls(proof: Upgrade, credentials: Credentials, options: Options) -> Self {
        let _ = proof;
        let mut login = Self::over_tls(credentials, options);
        login.opening.after_starttls();
        login
    }

    /// On a connection that nobody else can read although it is in clear: a Unix socket, a loopback
    /// address, a test. Everywhere else this gives the credentials away.
    pub fn dangerous_in_clear(credentials: Credentials, options: Options) -> Self {
        let mut login = Self::over_tls(credentials, options);
        login.opening.in_clear = true;
        login
    }

    /// Goes on after a refusal with new credentials, on the same connection. Without effect unless
    /// the last step was a refusal that left the connection open.
    pub fn retry(&mut self, credentials: Credentials) {
        let open = matches!(&self.state, State::Rejected(rejection) if !rejection.is_closed());
        if open {
            self.bye = None;
            self.silent = false;
            self.attempt.renew(credentials);
            self.state = State::Choosing;
            self.opening.wire.reopen();
        }
    }

    /// Gives up: the next challenge is answered by `*`, and the login ends in
    /// [`Reason::Cancelled`](sasl_core::Reason). The server has to ask first, so a login whose first
    /// message is out and accepted at once cannot be stopped any more.
    pub fn cancel(&mut self) {
        self.attempt.abort();
    }

    fn open(&mut self) -> Result<Turn<Outcome<Session>>, Error> {
        Ok(match self.opening.turn()? {
            Turn::Again => Turn::Again,
            Turn::Read => Turn::Read,
            Turn::Done(Opened::Bye(rejection)) => self.reject(rejection),
            Turn::Done(Opened::PreAuth) if self.opening.options.allow_preauth => {
                self.listed = true;
                self.accept(None)
            }
            Turn::Done(Opened::PreAuth) if self.opening.in_clear => {
                return Err(Error::PreauthenticatedInClear);
            }
            Turn::Done(Opened::PreAuth) => return Err(Error::Preauthenticated),
            Turn::Done(Opened::Ready) => {
                self.state = State::Choosing;
                Turn::Again
            }
        })
    }

    fn accept<T>(&mut self, mechanism: Option<Mechanism>) -> Turn<T> {
        self.attempt.end();
        self.state = State::Accepted(mechanism);
        Turn::Again
    }

    fn reject<T>(&mut self, rejection: Rejection) -> Turn<T> {
        self.attempt.end();
        self.bye = None;
        // A refusal from before anything was said does not know what would have been said.
        self.state = State::Rejected(rejection.with_kind(self.attempt.kind()));
        Turn::Again
    }

    fn tell_chosen(&mut self, mechanism: Mechanism, initial_response: bool) {
        self.opening
            .wire
            .tell(Fact::Chosen(mechanism, initial_response));
    }
}

impl Converse for Login {
    type Output = Outcome<Session>;

    fn wire(&self) -> &Conversation {
        &self.opening.wire
    }

    fn wire_mut(&mut self) -> &mut Conversation {
        &mut self.opening.wire
    }

    fn turn(&mut self) -> Result<Turn<Outcome<Session>>, Error> {
        match &mut self.state {
            State::Opening => self.open(),
            State::Choosing => Ok(self.choose()),
            State::Identifying => self.await_identified(),
            State::Authenticating | State::LoggingIn => self.await_verdict(),
            State::Verifying { used, rejection } => {
                let (used, rejection) = (*used, rejection.clone());
                self.verify(used, rejection)
            }
            State::Accepted(mechanism) => {
                let mechanism = *mechanism;
                let session = session(&mut self.opening.wire, mechanism, self.listed);
                Ok(Turn::Done(Outcome::Accepted(session)))
            }
            State::Rejected(rejection) => Ok(Turn::Done(Outcome::Rejected(rejection.clone()))),
        }
    }

    /// A server that says BYE closes at once, and if it does not, nothing is gained by waiting.
    fn patience_left(&self) -> Option<Duration> {
        self.bye.is_some().then_some(FAREWELL)
    }

    fn on_silence(&mut self) {
        self.silent = true;
    }
}

/// How long a tagged answer may take behind a BYE.
const FAREWELL: Duration = Duration::from_secs(2);

/// Where every line of this machine's own states belongs.
const STAGE: Stage = Stage::Authenticate;
