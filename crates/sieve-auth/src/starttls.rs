//! From the greeting to TLS, without a credential in reach.

use sasl_core::{
    Error, Reason, Stage, TlsUnavailable, Violation,
    wire::{Conversation, Converse, Turn},
};

use crate::{
    Options, command,
    opening::{Opened, Opening, broken},
    parse::{self, Response, Status},
};

/// Asks the server for TLS. It holds no credential, so it can leak none.
///
/// ```
/// use sasl_core::{Machine, Step};
/// use sieve_auth::{Options, StartTls};
///
/// let mut machine = StartTls::new(Options::new());
/// machine.handle_input(b"\"SASL\" \"\"\r\n\"STARTTLS\"\r\nOK\r\n");
/// loop {
///     match machine.poll()? {
///         Step::Write(bytes) => assert_eq!(&*bytes, b"STARTTLS\r\n"),
///         Step::Read => machine.handle_input(b"OK \"begin\"\r\n"),
///         Step::Event(_) => {}
///         // Now the stream changes its type, and `Login::after_starttls` takes the proof.
///         Step::Done(_upgrade) => break,
///     }
/// }
/// # Ok::<(), sasl_core::Error>(())
/// ```
#[derive(Debug)]
pub struct StartTls {
    opening: Opening,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Agreed,
    Asked,
    Opening,
}

/// Proof that this server agreed to TLS and sent nothing behind it. Only [`StartTls`] makes one.
///
/// ```
/// fn next(proof: sieve_auth::Upgrade, credentials: sasl_core::Credentials) -> sieve_auth::Login {
///     sieve_auth::Login::after_starttls(proof, credentials, sieve_auth::Options::new())
/// }
/// ```
#[derive(Debug)]
#[must_use = "the server waits for the TLS handshake"]
pub struct Upgrade(());

impl StartTls {
    /// On a connection from which nothing was read yet.
    pub fn new(options: Options) -> Self {
        let mut opening = Opening::new(options, command::FRAME);
        opening.in_clear = true;
        Self {
            opening,
            state: State::Opening,
        }
    }

    fn open(&mut self) -> Result<Turn<Upgrade>, Error> {
        match self.opening.turn()? {
            Turn::Again => Ok(Turn::Again),
            Turn::Read => Ok(Turn::Read),
            Turn::Done(Opened::Bye(_)) => Err(Error::ServerClosing {
                during: Stage::Greeting,
            }),
            Turn::Done(Opened::Ready) if !self.opening.offer.starttls() => {
                Err(Error::TlsUnavailable {
                    why: TlsUnavailable::NotOffered,
                })
            }
            Turn::Done(Opened::Ready) => {
                command::starttls(&mut self.opening.wire.send);
                self.state = State::Asked;
                Ok(Turn::Again)
            }
        }
    }

    fn await_agreement(&mut self) -> Result<Turn<Upgrade>, Error> {
        let Some(line) = self.opening.next_line(Stage::StartTls)? else {
            return self.opening.wire.await_input(Stage::StartTls);
        };
        let octets = self.opening.wire.line(&line);
        match self.opening.read(octets, &line, Stage::StartTls)? {
            Response::Condition {
                status: Status::Ok, ..
            } => {
                self.state = State::Agreed;
                Ok(Turn::Again)
            }
            Response::Condition {
                status: Status::No,
                text,
            } => {
                let later = text.code().and_then(parse::reason) == Some(Reason::Temporary);
                let why = if later {
                    TlsUnavailable::Temporary
                } else {
                    TlsUnavailable::Refused
                };
                Err(Error::TlsUnavailable { why })
            }
            Response::Condition {
                status: Status::Bye,
                ..
            } => Err(Error::ServerClosing {
                during: Stage::StartTls,
            }),
            Response::Strings { .. } => Err(broken(Violation::BadLine, Stage::StartTls)),
        }
    }
}

impl Converse for StartTls {
    type Output = Upgrade;

    fn wire(&self) -> &Conversation {
        &self.opening.wire
    }

    fn wire_mut(&mut self) -> &mut Conversation {
        &mut self.opening.wire
    }

    fn turn(&mut self) -> Result<Turn<Upgrade>, Error> {
        match self.state {
            State::Opening => self.open(),
            State::Asked => self.await_agreement(),
            State::Agreed => {
                self.opening.wire.seal()?;
                Ok(Turn::Done(Upgrade(())))
            }
        }
    }
}

#[cfg(test)]
mod tests;
