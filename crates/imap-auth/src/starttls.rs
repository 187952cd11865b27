//! From the greeting to TLS, without a credential in reach.

use sasl_core::{
    Error, Stage, TlsUnavailable, Violation,
    wire::{Conversation, Converse, Turn},
};

use crate::{
    Options, command,
    opening::{Opened, Opening, broken},
    parse::{Response, Status},
};

/// Asks the server for TLS. It holds no credential, so it can leak none.
///
/// ```
/// use imap_auth::{Options, StartTls};
/// use sasl_core::{Machine, Step};
///
/// let mut machine = StartTls::new(Options::new());
/// machine.handle_input(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n");
/// loop {
///     match machine.poll()? {
///         Step::Write(bytes) => assert_eq!(&*bytes, b"A1 STARTTLS\r\n"),
///         Step::Read => machine.handle_input(b"A1 OK begin\r\n"),
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
/// fn next(proof: imap_auth::Upgrade, credentials: sasl_core::Credentials) -> imap_auth::Login {
///     imap_auth::Login::after_starttls(proof, credentials, imap_auth::Options::new())
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
            // TLS is impossible now: <https://www.rfc-editor.org/rfc/rfc9051#section-7.1.4>.
            Turn::Done(Opened::PreAuth) => Err(Error::PreauthenticatedInClear),
            Turn::Done(Opened::Ready) if !self.opening.offer.starttls() => {
                Err(Error::TlsUnavailable {
                    why: TlsUnavailable::NotOffered,
                })
            }
            Turn::Done(Opened::Ready) => {
                let tag = self.opening.tag.advance();
                command::starttls(&mut self.opening.wire.send, tag);
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
            Response::Untagged {
                status: Some(Status::Bye),
                ..
            } => Err(Error::ServerClosing {
                during: Stage::StartTls,
            }),
            Response::Untagged { .. } => Ok(Turn::Again),
            Response::Continuation(_) => Err(broken(Violation::BadLine, Stage::StartTls)),
            Response::Tagged {
                status: Status::Ok, ..
            } => {
                self.state = State::Agreed;
                Ok(Turn::Again)
            }
            Response::Tagged { .. } => Err(Error::TlsUnavailable {
                why: TlsUnavailable::Refused,
            }),
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
