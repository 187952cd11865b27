//! What must hold whatever a server sends. Property tests, fuzz targets and the replay of the fuzz
//! corpus all end here.
//!
//! An input is one octet of choices and then what the server says, with 0xFF between flights: the
//! next flight comes after the next write.

use sasl_core::{
    Conformance, Credentials, Endpoint, Error, Machine, Outcome, Session, Settings, Step,
};

use crate::{
    play::{Cut, Trace, describe, end},
    protocol::Tested,
    script::{self, Script},
    secrecy::leak,
};

/// The token of every input.
pub const TOKEN: &str = "mF_9.B5f-4.1JqM-not-to-be-seen";
const RETRY: &str = "another-token-of-the-same-user";

/// What the first octet of an input chooses.
#[derive(Clone, Copy, Debug)]
pub struct Choices(pub u8);

impl Choices {
    fn strict(self) -> bool {
        self.0 & 1 != 0
    }

    fn credentials(self) -> Credentials {
        match self.0 >> 1 & 3 {
            0 | 3 => Credentials::bearer("user@example.com", TOKEN),
            1 => Credentials::password("user@example.com", TOKEN),
            _ => Credentials::external(Some("user@example.com")),
        }
        .unwrap()
    }

    fn machine(self) -> u8 {
        self.0 >> 3 & 3
    }

    fn retries(self) -> bool {
        self.0 & 32 != 0
    }

    fn initial_response(self) -> bool {
        self.0 & 64 == 0
    }
}

/// The login machine of a protocol, whatever the server says: no panic, the same trace however the
/// bytes are cut, sticky errors, no endless conversation, no secret in what is shown.
pub fn login<P: Tested>(input: &[u8]) {
    let Some((choices, said)) = input.split_first() else {
        return;
    };
    let choices = Choices(*choices);
    let flights: Vec<_> = said.split(|octet| *octet == 0xff).collect();
    let whole = run::<P>(choices, &flights, Cut::Whole);
    for cut in [
        Cut::Every(1),
        Cut::Every(2),
        Cut::Every(7),
        Cut::At(said.len() / 2),
    ] {
        assert_eq!(
            run::<P>(choices, &flights, cut),
            whole,
            "{cut:?} {choices:?}"
        );
    }
    let seen = [
        whole.events.join("\n"),
        whole.shown.join("\n"),
        whole.end.clone(),
    ]
    .join("\n");
    let words = flights.concat();
    for secret in [TOKEN, RETRY] {
        // A server that knows the secret beforehand may well say it.
        if leak(&words, secret).is_none() {
            assert_eq!(leak(seen.as_bytes(), secret), None, "{seen}");
        }
    }
    if choices.machine() == 2 && !whole.events.iter().any(|event| event == "TLS") {
        for write in &whole.writes {
            assert_eq!(leak(write, TOKEN), None, "a secret before TLS");
        }
    }
}

fn run<P: Tested>(choices: Choices, flights: &[&[u8]], cut: Cut) -> Trace {
    let conformance = if choices.strict() {
        Conformance::Strict
    } else {
        Conformance::Robust
    };
    let settings = Settings::new()
        .conformance(conformance)
        .initial_response(choices.initial_response())
        .endpoint(Endpoint::new("mail.example.com", 993).unwrap());
    let options = P::Options::from(settings);
    let mut feed = Feed::new(flights, cut);
    let mut trace = Trace::default();
    let credentials = choices.credentials();
    match choices.machine() {
        0 => {
            let login = P::login_over_tls(credentials, options);
            feed.log_in::<P>(login, choices, &mut trace);
        }
        1 => {
            let login = P::dangerous_login_in_clear(credentials, options);
            feed.log_in::<P>(login, choices, &mut trace);
        }
        2 => {
            let mut start = P::start_tls(options.clone());
            match feed.converse(&mut start, &mut trace) {
                Ok(_) if !feed.pending.is_empty() => {
                    feed.flush(&mut start);
                    let error = start.poll().err().expect("late bytes are refused");
                    trace.end = end(&error);
                }
                Ok(proof) => {
                    assert!(start.remaining().is_empty(), "bytes beside the handshake");
                    trace.events.push("TLS".into());
                    let login = P::login_after_starttls(proof, credentials, options);
                    feed.log_in::<P>(login, choices, &mut trace);
                }
                Err(error) => trace.end = end(&error),
            }
        }
        _ => {
            let mut probe = P::probe_over_tls(options);
            let ending = feed.converse(&mut probe, &mut trace);
            trace.end = describe(&ending, |offered| format!("{offered:?}"));
        }
    }
    trace
}

/// The server's side of a conversation.
struct Feed<'a> {
    flights: std::slice::Iter<'a, &'a [u8]>,
    /// Pieces of the present flight, last first.
    pending: Vec<&'a [u8]>,
    cut: Cut,
    heard: usize,
    closed: bool,
}

impl<'a> Feed<'a> {
    fn new(flights: &'a [&'a [u8]], cut: Cut) -> Self {
        Self {
            flights: flights.iter(),
            pending: Vec::new(),
            cut,
            heard: 0,
            closed: false,
        }
    }

    fn log_in<P: Tested>(&mut self, mut login: P::Login, choices: Choices, trace: &mut Trace) {
        let ending = self.converse(&mut login, trace);
        trace.end = describe(&ending, |session: &Session| format!("{session:?}"));
        let open = matches!(&ending, Ok(Outcome::Rejected(rejection)) if !rejection.is_closed());
        if choices.retries() && open {
            trace.events.push(trace.end.clone());
            P::retry(
                &mut login,
                Credentials::bearer("user@example.com", RETRY).unwrap(),
            );
            let ending = self.converse(&mut login, trace);
            trace.end = describe(&ending, |session: &Session| format!("{session:?}"));
        }
        if !trace.end.starts_with("error") {
            trace.remaining = login.remaining().to_vec();
            while let Some(piece) = self.pending.pop() {
                trace.remaining.extend(piece);
            }
        }
    }

    fn flush<M: Machine>(&mut self, machine: &mut M) {
        while let Some(piece) = self.pending.pop() {
            machine.handle_input(piece);
        }
    }

    fn converse<M: Machine>(
        &mut self,
        machine: &mut M,
        trace: &mut Trace,
    ) -> Result<M::Output, Error> {
        loop {
            match machine.poll() {
                Ok(Step::Write(bytes)) => {
                    assert!(!bytes.is_empty(), "an empty write");
                    trace.writes.push(bytes.to_vec());
                    trace.shown.push(bytes.redacted().to_string());
                    assert!(trace.writes.len() < 200, "no end of commands");
                    self.flush(machine);
                }
                Ok(Step::Read) => self.read(machine),
                Ok(Step::Event(event)) => trace.events.push(format!("{event:?}")),
                Ok(Step::Done(output)) => return Ok(output),
                Err(error) => {
                    assert_eq!(machine.poll().err(), Some(error), "an error is sticky");
                    machine.handle_input(b"A1 OK\r\n");
                    assert_eq!(machine.poll().err(), Some(error), "an error is sticky");
                    return Err(error);
                }
            }
        }
    }

    fn read<M: Machine>(&mut self, machine: &mut M) {
        assert!(
            !self.closed,
            "the machine waits for a stream that is closed"
        );
        while self.pending.is_empty() {
            let Some(flight) = self.flights.next() else {
                self.closed = true;
                return machine.handle_input(b"");
            };
            self.pending = self.cut.pieces(flight, self.heard);
            self.pending.retain(|piece| !piece.is_empty());
            self.pending.reverse();
            self.heard += flight.len();
        }
        if let Some(piece) = self.pending.pop() {
            machine.handle_input(piece);
        }
    }
}

/// The inputs that a transcript gives, for seeds of property tests and fuzz targets.
pub fn seed(script: &Script) -> Vec<u8> {
    let machine = match script.machine.as_str() {
        "in-clear" => 1,
        "starttls" => 2,
        name if name.starts_with("probe") => 3,
        _ => 0,
    };
    let kind = match script.credentials.split(' ').next() {
        Some("password") => 1,
        Some("external") => 2,
        _ => 0,
    };
    let strict = u8::from(script.options.iter().any(|option| option == "strict"));
    let retry = script
        .steps
        .iter()
        .any(|step| matches!(step, script::Step::Caller(_)));
    let mut input = vec![strict | kind << 1 | machine << 3 | u8::from(retry) << 5];
    for (n, flight) in script.server_flights().enumerate() {
        if n > 0 {
            input.push(0xff);
        }
        input.extend(flight.iter().filter(|octet| **octet != 0xff));
    }
    input
}
