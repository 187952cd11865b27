//! From the greeting to TLS, without a credential in reach.

use sasl_core::{
    Error, Reason, Stage, TlsUnavailable,
    wire::{Conversation, Converse, Line, Turn},
};

use crate::{
    Options, command,
    opening::{Opened, Opening},
};

/// Asks the server for TLS. It holds no credential, so it can leak none.
///
/// ```
/// use sasl_core::{Machine, Step};
/// use smtp_auth::{Options, StartTls};
///
/// let mut machine = StartTls::new(Options::new());
/// let mut answers = ["220 ready\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go ahead\r\n"].into_iter();
/// loop {
///     match machine.poll()? {
///         Step::Write(bytes) => println!("C: {}", bytes.redacted()),
///         Step::Read => machine.handle_input(answers.next().unwrap_or_default().as_bytes()),
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
/// fn next(proof: smtp_auth::Upgrade, credentials: sasl_core::Credentials) -> smtp_auth::Login {
///     smtp_auth::Login::after_starttls(proof, credentials, smtp_auth::Options::new())
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
            Turn::Done(Opened::Bye(_, during)) => Err(Error::ServerClosing { during }),
            Turn::Done(Opened::Refused(rejection)) if rejection.reason() == Reason::Temporary => {
                Err(unavailable(TlsUnavailable::Temporary))
            }
            Turn::Done(Opened::Refused(_)) => Err(unavailable(TlsUnavailable::NotOffered)),
            Turn::Done(Opened::Ready) if !self.opening.offer.starttls() => {
                Err(unavailable(TlsUnavailable::NotOffered))
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
        let bytes = self.opening.wire.lend();
        let turn = self.on_agreement(bytes.get(line.range.clone()).unwrap_or_default(), &line);
        self.opening.wire.restore(bytes);
        turn
    }

    /// <https://www.rfc-editor.org/rfc/rfc3207#section-4>
    fn on_agreement(&mut self, octets: &[u8], line: &Line) -> Result<Turn<Upgrade>, Error> {
        let read = self.opening.read(octets, line, Stage::StartTls)?;
        if !read.last {
            return Ok(Turn::Again);
        }
        let reply = self.opening.take_reply();
        match reply.code {
            220 => {
                self.state = State::Agreed;
                Ok(Turn::Again)
            }
            454 => Err(unavailable(TlsUnavailable::Temporary)),
            _ if reply.is_farewell() => Err(Error::ServerClosing {
                during: Stage::StartTls,
            }),
            _ => Err(unavailable(TlsUnavailable::Refused)),
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

fn unavailable(why: TlsUnavailable) -> Error {
    Error::TlsUnavailable { why }
}

#[cfg(test)]
mod tests;
