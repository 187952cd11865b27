//! What every conversation begins with: the greeting, and what the server offers.

mod capability;
mod greeting;

pub(crate) use greeting::{bye, code_name, human};

use sasl_core::{
    Error, Rejection, Settings, Stage, Violation,
    wire::{Conversation, Fact, Line, Turn},
};

use crate::{
    Options, command,
    parse::{self, Offer},
    tag::Tag,
};

/// The beginning of a conversation, up to a known offer.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) wire: Conversation,
    pub(crate) options: Options,
    pub(crate) tag: Tag,
    /// What the server offers, or is assumed to offer.
    pub(crate) offer: Offer,
    /// The offer is assumed.
    pub(crate) assumed: bool,
    /// The connection is in clear.
    pub(crate) in_clear: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    /// CAPABILITY is out; whether its data has come.
    AwaitCapability {
        listed: bool,
    },
    Greeting,
    /// The offer is known.
    Known,
    /// The offer is not known yet.
    NoOffer,
    PreAuth,
}

/// How a conversation has begun.
pub(crate) enum Opened {
    /// The server does not want us.
    Bye(Rejection),
    /// Logged in already.
    PreAuth,
    /// The offer is known, or assumed.
    Ready,
}

impl Opening {
    /// `command`: octets of the longest command that will be sent.
    pub(crate) fn new(options: Options, command: usize) -> Self {
        Self {
            wire: Conversation::new(&options.settings, command),
            tag: Tag::new(options.prefix),
            offer: Offer::default(),
            assumed: false,
            in_clear: false,
            state: State::Greeting,
            options,
        }
    }

    /// On a connection whose greeting has been read and forgotten.
    pub(crate) fn after_starttls(&mut self) {
        self.state = State::NoOffer;
    }

    /// One turn on the way to a known offer.
    pub(crate) fn turn(&mut self) -> Result<Turn<Opened>, Error> {
        match self.state {
            State::AwaitCapability { listed } => self.await_capability(listed),
            State::Greeting => self.greeting(),
            State::Known => Ok(Turn::Done(Opened::Ready)),
            State::PreAuth => Ok(Turn::Done(Opened::PreAuth)),
            State::NoOffer => Ok(self.assume_or_ask()),
        }
    }

    /// The offer was assumed and may be wrong: ask.
    pub(crate) fn verify(&mut self) {
        self.assumed = false;
        self.ask();
    }

    /// The next line, and the bytes it lies in. Give these back with `wire.restore`.
    pub(crate) fn next_line(&mut self, during: Stage) -> Result<Option<Line>, Error> {
        self.wire
            .next_line(&self.options.settings, during, parse::has_literal)
    }

    /// A capability list from wherever: it replaces what was known.
    pub(crate) fn learn(&mut self, list: &[u8]) -> Result<(), Error> {
        if self.wire.repeats_secret(list) {
            return Err(broken(Violation::BadCapabilities, Stage::Capabilities));
        }
        let offer = parse::capabilities(list, self.options.is_strict())
            .map_err(|violation| broken(violation, Stage::Capabilities))?;
        let limits = self.options.limits();
        if offer.longest_name() > limits.capability {
            return Err(Error::LimitExceeded {
                limit: sasl_core::Limit::Capabilities,
                during: Stage::Capabilities,
            });
        }
        self.wire
            .capabilities
            .replace(list, offer.mechanisms(), limits)?;
        self.offer = offer;
        self.assumed = false;
        Ok(())
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.options.settings
    }

    fn assume_or_ask(&mut self) -> Turn<Opened> {
        match self.options.assumed {
            Some(offer) if !self.in_clear => {
                self.offer = offer;
                self.assumed = true;
                Turn::Done(Opened::Ready)
            }
            Some(_) | None => {
                self.ask();
                Turn::Again
            }
        }
    }

    fn ask(&mut self) {
        command::capability(&mut self.wire.send, self.tag.advance());
        self.state = State::AwaitCapability { listed: false };
    }

    fn offered(&mut self) -> Turn<Opened> {
        self.wire.tell(Fact::Offered);
        self.state = State::Known;
        Turn::Again
    }
}

pub(crate) fn broken(violation: Violation, during: Stage) -> Error {
    Error::Protocol { violation, during }
}
