//! The login itself: the only machine that takes a credential.

mod authenticate;
mod verdict;

use core::time::Duration;

use sasl_core::{
    Attempt, Credentials, Error, Mechanism, Outcome, Rejection, Session, Stage,
    wire::{Conversation, Converse, Turn},
};

use crate::{
    Options, Upgrade, command,
    opening::{Opened, Opening},
    quirks,
    session::session,
};

/// Logs in.
///
/// There are three ways to make one, and each says how the connection is protected.
///
/// ```
/// use sasl_core::{Credentials, Machine, Outcome, Step};
/// use sieve_auth::{Login, Options};
///
/// let credentials = Credentials::bearer("user@example.com", "mF_9.B5f-4.1JqM").unwrap();
/// let mut machine = Login::over_tls(credentials, Options::new());
/// machine.handle_input(b"\"SASL\" \"XOAUTH2\"\r\n\"SIEVE\" \"fileinto\"\r\nOK \"ready\"\r\n");
/// let session = loop {
///     match machine.poll()? {
///         Step::Write(bytes) => assert!(bytes.starts_with(b"AUTHENTICATE \"XOAUTH2\" \"dXNlcj1")),
///         Step::Read => machine.handle_input(b"OK \"welcome\"\r\n"),
///         Step::Event(event) => println!("{event:?}"),
///         Step::Done(Outcome::Accepted(session)) => break session,
///         Step::Done(Outcome::Rejected(rejection)) => panic!("{rejection}"),
///     }
/// };
/// assert!(session.capabilities().has("SIEVE"));
/// assert_eq!(session.round_trips(), 1);
/// # Ok::<(), sasl_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Login {
    opening: Opening,
    attempt: Attempt,
    state: State,
}

#[derive(Debug)]
enum State {
    Accepted(Mechanism),
    /// The exchange is under way.
    Authenticating,
    /// The offer is known; nothing was chosen yet.
    Choosing,
    Opening,
    Rejected(Rejection),
    /// A refusal that a wrong assumption could explain: the server is being asked what it offers.
    Verifying {
        used: Mechanism,
        rejection: Rejection,
    },
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
            self.attempt.renew(credentials);
            self.state = State::Choosing;
            self.opening.wire.reopen();
        }
    }

    /// Gives up: the next challenge is answered by `"*"`, and the login ends in
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
            Turn::Done(Opened::Ready) => {
                self.state = State::Choosing;
                Turn::Again
            }
        })
    }

    fn reject<T>(&mut self, rejection: Rejection) -> Turn<T> {
        self.attempt.end();
        // A refusal from before anything was said does not know what would have been said.
        self.state = State::Rejected(rejection.with_kind(self.attempt.kind()));
        Turn::Again
    }

    /// The server's first challenge is an empty literal, and the end of its line does not come.
    fn patience_with_challenge(&self) -> Option<Duration> {
        let open = matches!(self.state, State::Authenticating)
            && self.attempt.is_fresh()
            && self.opening.wire.remaining() == b"{0}\r\n";
        quirks::takes_open_challenge_after_silence(&self.opening.options).filter(|_| open)
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
            State::Authenticating => self.await_verdict(),
            State::Verifying { used, rejection } => {
                let (used, rejection) = (*used, rejection.clone());
                self.verify(used, rejection)
            }
            State::Accepted(mechanism) => {
                let session = session(&mut self.opening.wire, *mechanism);
                Ok(Turn::Done(Outcome::Accepted(session)))
            }
            State::Rejected(rejection) => Ok(Turn::Done(Outcome::Rejected(rejection.clone()))),
        }
    }

    fn patience_left(&self) -> Option<Duration> {
        self.patience_with_challenge()
            .or_else(|| self.opening.patience())
    }

    fn on_silence(&mut self) {
        if self.patience_with_challenge().is_some() {
            self.opening.wire.handle_input(b"\r\n");
        } else {
            self.opening.handle_silence();
        }
    }
}

/// Where every line of this machine's own states belongs.
const STAGE: Stage = Stage::Authenticate;
