//! What a server offers, without logging in.

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
/// use smtp_auth::{Options, Probe};
///
/// let mut machine = Probe::over_tls(Options::new());
/// let mut answers = ["220 ready\r\n", "250-mx\r\n250 AUTH XOAUTH2\r\n"].into_iter();
/// let offered = loop {
///     match machine.poll()? {
///         Step::Read => machine.handle_input(answers.next().unwrap_or_default().as_bytes()),
///         Step::Done(Outcome::Accepted(offered)) => break offered,
///         Step::Done(Outcome::Rejected(rejection)) => panic!("{rejection}"),
///         Step::Write(_) | Step::Event(_) => {}
///     }
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
            Turn::Done(Opened::Bye(rejection, _) | Opened::Refused(rejection)) => {
                Turn::Done(Outcome::Rejected(rejection))
            }
            Turn::Done(Opened::Ready) => {
                Turn::Done(Outcome::Accepted(self.opening.wire.capabilities.clone()))
            }
        })
    }
}
