//! What a server offers, without logging in.

use core::time::Duration;

use sasl_core::{
    Capabilities, Error, Outcome,
    wire::{Conversation, Converse, Turn},
};

use crate::{
    Options, Upgrade, command,
    opening::{Opened, Opening},
};

/// Asks what the server offers. It holds no credential.
///
/// ```
/// use sasl_core::{Machine, Outcome, Step};
/// use sieve_auth::{Options, Probe};
///
/// let mut machine = Probe::over_tls(Options::new());
/// machine.handle_input(b"\"SASL\" \"XOAUTH2\"\r\nOK \"ready\"\r\n");
/// let offered = loop {
///     if let Step::Done(Outcome::Accepted(offered)) = machine.poll()? { break offered }
/// };
/// assert_eq!(offered.mechanisms().to_string(), "XOAUTH2");
/// # Ok::<(), sasl_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Probe {
    opening: Opening,
}

impl Probe {
    /// On a connection that is TLS from its first octet on.
    pub fn over_tls(options: Options) -> Self {
        // What is only assumed is no answer to this question.
        let options = Options {
            assumed: None,
            ..options
        };
        Self {
            opening: Opening::new(options, command::FRAME),
        }
    }

    /// On a connection that has just become TLS.
    pub fn after_starttls(proof: Upgrade, options: Options) -> Self {
        let _ = proof;
        let mut probe = Self::over_tls(options);
        probe.opening.after_starttls();
        probe
    }

    /// On a connection in clear.
    pub fn in_clear(options: Options) -> Self {
        let mut probe = Self::over_tls(options);
        probe.opening.in_clear = true;
        probe
    }
}

impl Converse for Probe {
    type Output = Outcome<Capabilities>;

    fn wire(&self) -> &Conversation {
        &self.opening.wire
    }

    fn wire_mut(&mut self) -> &mut Conversation {
        &mut self.opening.wire
    }

    fn turn(&mut self) -> Result<Turn<Self::Output>, Error> {
        Ok(match self.opening.turn()? {
            Turn::Again => Turn::Again,
            Turn::Read => Turn::Read,
            Turn::Done(Opened::Bye(rejection)) => Turn::Done(Outcome::Rejected(rejection)),
            Turn::Done(Opened::Ready) => {
                Turn::Done(Outcome::Accepted(self.opening.wire.capabilities.clone()))
            }
        })
    }

    fn patience_left(&self) -> Option<Duration> {
        self.opening.patience()
    }

    fn on_silence(&mut self) {
        self.opening.handle_silence();
    }
}
