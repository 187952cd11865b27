//! The login itself: the only machine that takes a credential.

mod authenticate;
mod verdict;

use sasl_core::{
    Attempt, Credentials, Error, Mechanism, Outcome, Rejection, Session, Stage,
    wire::{Conversation, Converse, Turn},
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
/// use sasl_core::{Credentials, Machine, Outcome, Step};
/// use smtp_auth::{Login, Options};
///
/// let credentials = Credentials::bearer("user@example.com", "mF_9.B5f-4.1JqM").unwrap();
/// let mut machine = Login::over_tls(credentials, Options::new());
/// let mut answers = [
///     "220 ready\r\n",
///     "250-mx.example.com\r\n250-SIZE 1000\r\n250 AUTH XOAUTH2\r\n",
///     "235 2.7.0 welcome\r\n",
/// ].into_iter();
/// let session = loop {
///     match machine.poll()? {
///         Step::Write(bytes) => println!("C: {}", bytes.redacted()),
///         Step::Read => machine.handle_input(answers.next().unwrap_or_default().as_bytes()),
///         Step::Event(event) => println!("   {event:?}"),
///         Step::Done(Outcome::Accepted(session)) => break session,
///         Step::Done(Outcome::Rejected(rejection)) => panic!("{rejection}"),
///     }
/// };
/// assert!(session.capabilities().has("SIZE"));
/// assert_eq!(session.round_trips(), 2);
/// # Ok::<(), sasl_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Login {
    opening: Opening,
    attempt: Attempt,
    state: State,
    /// The present AUTH is longer than servers have to take.
    long: bool,
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
            long: false,
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
            self.state = State::Opening;
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
            Turn::Done(Opened::Bye(rejection, _) | Opened::Refused(rejection)) => {
                self.reject(rejection)
            }
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
        match &self.state {
            State::Opening => self.open(),
            State::Choosing => Ok(self.choose()),
            State::Authenticating => self.await_verdict(),
            State::Accepted(mechanism) => {
                let session = session(&mut self.opening.wire, Some(*mechanism));
                Ok(Turn::Done(Outcome::Accepted(session)))
            }
            State::Rejected(rejection) => Ok(Turn::Done(Outcome::Rejected(rejection.clone()))),
        }
    }
}

/// Where every line of this machine's own states belongs.
const STAGE: Stage = Stage::Authenticate;

#[cfg(test)]
mod tests;
