//! A machine against a server in a string, for the unit tests of the three protocol crates. They
//! include this file, since a package that depends on them cannot be among what they are tested with.

#![allow(dead_code, reason = "not every protocol has a use for all of it")]

use alloc::{format, string::String, vec::Vec};

use sasl_core::{Error, Machine, Outcome, Rejection, Session, Step};

/// Plays a machine against pieces of server text and keeps what it wrote and told.
#[derive(Debug)]
pub(crate) struct Scenario<M: Machine> {
    pub(crate) machine: M,
    pub(crate) writes: Vec<String>,
    pub(crate) events: Vec<String>,
    end: Option<Result<M::Output, Error>>,
    /// Octets that are handed in at once.
    step: usize,
}

impl<M: Machine> Scenario<M> {
    pub(crate) fn new(machine: M) -> Self {
        Self {
            machine,
            writes: Vec::new(),
            events: Vec::new(),
            end: None,
            step: usize::MAX,
        }
    }

    pub(crate) fn in_steps_of(mut self, step: usize) -> Self {
        self.step = step;
        self
    }

    /// The server says something; the machine goes on until it wants to read again.
    pub(crate) fn hears(mut self, text: impl AsRef<[u8]>) -> Self {
        let text = text.as_ref();
        for piece in text.chunks(self.step.min(text.len().max(1))) {
            self.machine.handle_input(piece);
            self = self.goes_on();
        }
        self
    }

    pub(crate) fn hears_end(mut self) -> Self {
        self.machine.handle_input(b"");
        self.goes_on()
    }

    /// Nothing comes for as long as the machine has patience.
    pub(crate) fn hears_nothing(mut self) -> Self {
        assert!(self.machine.patience().is_some());
        self.machine.handle_silence();
        self.goes_on()
    }

    pub(crate) fn goes_on(mut self) -> Self {
        while self.end.is_none() {
            match self.machine.poll() {
                Ok(Step::Write(bytes)) => {
                    self.writes.push(String::from_utf8_lossy(&bytes).into());
                }
                Ok(Step::Read) => break,
                Ok(Step::Event(event)) => self.events.push(format!("{event:?}")),
                Ok(Step::Done(output)) => self.end = Some(Ok(output)),
                Err(error) => {
                    // Errors are sticky.
                    assert_eq!(self.machine.poll().err(), Some(error));
                    self.end = Some(Err(error));
                }
            }
        }
        self
    }

    /// The machine does something of its own accord.
    pub(crate) fn does(mut self, act: impl FnOnce(&mut M)) -> Self {
        self.end = None;
        act(&mut self.machine);
        self.goes_on()
    }

    pub(crate) fn waits(&self) -> bool {
        self.end.is_none()
    }

    pub(crate) fn has_told(&self, what: &str) -> bool {
        self.events.iter().any(|event| event.contains(what))
    }

    pub(crate) fn last_write(&self) -> &str {
        self.writes.last().map_or("", |write| write)
    }

    pub(crate) fn end(self) -> Result<M::Output, Error> {
        self.end.expect("the machine still waits")
    }
}

impl<M: Machine<Output = Outcome<Session>>> Scenario<M> {
    pub(crate) fn accepted(self) -> Session {
        self.end().unwrap().accepted().unwrap()
    }

    pub(crate) fn rejected(self) -> Rejection {
        match self.end().unwrap() {
            Outcome::Rejected(rejection) => rejection,
            Outcome::Accepted(session) => panic!("{session:?}"),
        }
    }

    pub(crate) fn rejection(&self) -> &Rejection {
        match &self.end {
            Some(Ok(Outcome::Rejected(rejection))) => rejection,
            other => panic!("{other:?}"),
        }
    }
}
