//! Playing a transcript against a machine, however the bytes are cut.

use sasl_core::{
    Capabilities, Credentials, Error, Machine, Outcome, Rejection, Session, Step as Do,
};

use crate::{
    protocol::{Tested, credentials, options},
    script::{Script, Step},
    secrecy::{base64, leak},
};

/// How the server's bytes are cut into pieces.
#[derive(Clone, Copy, Debug)]
pub enum Cut {
    /// Each flight in one piece.
    Whole,
    /// Pieces of so many octets.
    Every(usize),
    /// One cut, behind so many octets counted over all flights.
    At(usize),
}

impl Cut {
    /// The pieces of a flight that begins `before` octets into the conversation.
    pub fn pieces(self, flight: &[u8], before: usize) -> Vec<&[u8]> {
        match self {
            Self::Whole => vec![flight],
            Self::Every(octets) => flight.chunks(octets).collect(),
            Self::At(at) if (before + 1..before + flight.len()).contains(&at) => {
                let (first, second) = flight.split_at(at - before);
                vec![first, second]
            }
            Self::At(_) => vec![flight],
        }
    }
}

/// Everything that could be seen of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The events, in their debug form.
    pub events: Vec<String>,
    /// The writes.
    pub writes: Vec<Vec<u8>>,
    /// The same, as they may be shown.
    pub shown: Vec<String>,
    /// How it ended.
    pub end: String,
    /// What was left over.
    pub remaining: Vec<u8>,
}

/// Plays a transcript. Panics where the client says something else.
pub fn play<P: Tested>(script: &Script, cut: Cut) -> Trace {
    let options = options::<P>(&script.options);
    let first = || credentials(&script.credentials);
    let mut player = Player {
        script,
        cut,
        at: 0,
        heard: 0,
        pending: Vec::new(),
        trace: Trace::default(),
    };
    match script.machine.as_str() {
        "login" => player.login::<P>(P::login_over_tls(first(), options)),
        "in-clear" => player.login::<P>(P::dangerous_login_in_clear(first(), options)),
        "starttls" => {
            let mut start = P::start_tls(options.clone());
            let Some(proof) = player.until_tls(&mut start) else {
                return player.finish(&start);
            };
            player.login::<P>(P::login_after_starttls(proof, first(), options))
        }
        "probe" => player.probe(P::probe_over_tls(options)),
        "probe-in-clear" => player.probe(P::probe_in_clear(options)),
        "probe-starttls" => {
            let mut start = P::start_tls(options.clone());
            let Some(proof) = player.until_tls(&mut start) else {
                return player.finish(&start);
            };
            player.probe(P::probe_after_starttls(proof, options))
        }
        other => panic!("no machine {other}"),
    }
}

struct Player<'a> {
    script: &'a Script,
    cut: Cut,
    /// The next step.
    at: usize,
    /// Octets heard.
    heard: usize,
    /// Pieces of the present flight that were not delivered, last first.
    pending: Vec<Vec<u8>>,
    trace: Trace,
}

impl Player<'_> {
    fn login<P: Tested>(mut self, mut login: P::Login) -> Trace {
        loop {
            let end = self.run::<P::Login>(&mut login, |login| P::cancel(login));
            self.trace.end = describe(&end, describe_session);
            if let Ok(Outcome::Rejected(rejection)) = &end {
                // The server's words are shown, so they are looked through for secrets, too.
                self.trace
                    .events
                    .push(format!("said: {rejection} {rejection:?}"));
            }
            if let Some(Step::Caller(what)) = self.peek()
                && let Some(line) = what.strip_prefix("retry ")
            {
                let next: Credentials = credentials(line);
                self.at += 1;
                self.trace.events.push(self.trace.end.clone());
                P::retry(&mut login, next);
                continue;
            }
            return self.finish(&login);
        }
    }

    fn probe<M: Machine<Output = Outcome<Capabilities>>>(mut self, mut machine: M) -> Trace {
        let end = self.run(&mut machine, |_| ());
        self.trace.end = describe(&end, |capabilities| {
            format!("accepted capabilities={}", list(capabilities))
        });
        self.finish(&machine)
    }

    /// Up to the proof, or `None` if that is where the transcript ends.
    fn until_tls<M: Machine>(&mut self, machine: &mut M) -> Option<M::Output> {
        match self.run(machine, |_| ()) {
            Ok(_) if !self.pending.is_empty() => {
                // What is still on its way came in clear: the machine takes no more input.
                while let Some(piece) = self.pending.pop() {
                    machine.handle_input(&piece);
                }
                let error = machine
                    .poll()
                    .err()
                    .expect("bytes behind the agreement are refused");
                self.trace.end = end(&error);
                None
            }
            Ok(proof) => {
                assert!(machine.remaining().is_empty(), "bytes beside the handshake");
                if self.peek() == Some(&Step::End("upgrade".into())) {
                    self.trace.end = "upgrade".into();
                    return None;
                }
                assert_eq!(
                    self.peek(),
                    Some(&Step::Tls),
                    "{}: TLS came early",
                    self.script.name
                );
                self.at += 1;
                let secret = credentials(&self.script.credentials);
                for write in &self.trace.writes {
                    let secret = secret.secret().expose();
                    assert_eq!(leak(write, secret), None, "a secret before TLS");
                }
                Some(proof)
            }
            Err(error) => {
                self.trace.end = end(&error);
                self.pending.clear();
                None
            }
        }
    }

    fn finish<M: Machine>(mut self, machine: &M) -> Trace {
        // What was on its way when the machine ended arrives as well, and belongs to somebody else.
        let mut left = machine.remaining().to_vec();
        while let Some(piece) = self.pending.pop() {
            left.extend(piece);
        }
        // After an error the rest is of no use to anybody.
        if !self.trace.end.starts_with("error") {
            self.trace.remaining = left;
        }
        while let Some(Step::Event(event) | Step::NoEvent(event)) = self.peek() {
            let expected = matches!(self.peek(), Some(Step::Event(_)));
            let came = self
                .trace
                .events
                .iter()
                .any(|seen| seen.starts_with(event.as_str()));
            assert_eq!(
                came, expected,
                "{}: the event {event} in {:#?}",
                self.script.name, self.trace.events
            );
            self.at += 1;
        }
        let expected = self.script.steps[self.at..].to_vec();
        assert_eq!(
            expected,
            [Step::End(self.trace.end.clone())],
            "{} ({:?}): ended early or otherwise\n{:#?}",
            self.script.name,
            self.cut,
            self.trace.events
        );
        if let Some(remaining) = &self.script.remaining {
            assert_eq!(
                &self.trace.remaining, remaining,
                "{}: remaining",
                self.script.name
            );
        }
        self.trace
    }

    fn peek(&self) -> Option<&Step> {
        self.script.steps.get(self.at)
    }

    fn run<M: Machine>(
        &mut self,
        machine: &mut M,
        cancel: impl Fn(&mut M),
    ) -> Result<M::Output, Error> {
        for _ in 0..1_000_000 {
            self.caller(machine, &cancel);
            match machine.poll()? {
                Do::Write(bytes) => {
                    let (bytes, shown) = (bytes.to_vec(), bytes.redacted().to_string());
                    self.wrote(bytes, shown);
                    // The rest of the flight had arrived before the write.
                    while let Some(piece) = self.pending.pop() {
                        machine.handle_input(&piece);
                    }
                }
                Do::Read => self.read(machine),
                Do::Event(event) => self.trace.events.push(format!("{event:?}")),
                Do::Done(output) => return Ok(output),
            }
        }
        panic!("{}: no end in sight", self.script.name);
    }

    fn caller<M: Machine>(&mut self, machine: &mut M, cancel: &impl Fn(&mut M)) {
        while let Some(Step::Caller(what)) = self.peek() {
            match what.as_str() {
                "cancel" => cancel(machine),
                "silence" => break,
                _ => break,
            }
            self.at += 1;
        }
    }

    fn wrote(&mut self, bytes: Vec<u8>, shown: String) {
        let Some(Step::Client(expected)) = self.peek() else {
            panic!(
                "{}: nothing was to be written but {shown}",
                self.script.name
            );
        };
        let expected = fill(expected, &bytes, &self.script.credentials);
        assert_eq!(
            String::from_utf8_lossy(&bytes),
            String::from_utf8_lossy(&expected),
            "{}: {:?}",
            self.script.name,
            self.cut
        );
        self.at += 1;
        self.trace.writes.push(bytes);
        self.trace.shown.push(shown);
    }

    fn read<M: Machine>(&mut self, machine: &mut M) {
        if let Some(piece) = self.pending.pop() {
            return machine.handle_input(&piece);
        }
        match self.peek().cloned() {
            Some(Step::Server(flight)) => {
                let pieces = self.cut.pieces(&flight, self.heard);
                self.pending = pieces.into_iter().rev().map(<[u8]>::to_vec).collect();
                self.heard += flight.len();
                self.at += 1;
                let piece = self.pending.pop().unwrap();
                machine.handle_input(&piece);
            }
            Some(Step::Close) => {
                self.at += 1;
                machine.handle_input(b"");
            }
            Some(Step::Caller(what)) if what == "silence" => {
                assert!(
                    machine.patience().is_some(),
                    "the machine has patience without end"
                );
                self.at += 1;
                machine.handle_silence();
            }
            other => panic!(
                "{}: the machine reads where {other:?} comes",
                self.script.name
            ),
        }
    }
}

/// Puts the first message and the token where a transcript only names them.
fn fill(expected: &[u8], written: &[u8], line: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(expected).into_owned();
    if !text.contains('%') {
        return expected.to_vec();
    }
    let secret = credentials(line);
    let secret = secret.secret().expose();
    let text = text
        .replace("%TOKEN%", secret)
        .replace("%B64TOKEN%", &base64(secret.as_bytes()));
    let Some((before, behind)) = text.split_once("%IR%") else {
        return text.into_bytes();
    };
    // Any base64 that holds the secret will do.
    let end = written.len() - behind.len().min(written.len());
    let response = written.get(before.len()..end).unwrap_or_default();
    assert!(
        leak(response, secret).is_some(),
        "the credential is not in what was written"
    );
    [before.as_bytes(), response, behind.as_bytes()].concat()
}

/// How a conversation ended, as transcripts write it.
pub fn describe<T>(end: &Result<Outcome<T>, Error>, accepted: impl Fn(&T) -> String) -> String {
    match end {
        Ok(Outcome::Accepted(output)) => accepted(output),
        Ok(Outcome::Rejected(rejection)) => describe_rejection(rejection),
        Err(error) => self::end(error),
    }
}

/// An error as transcripts write it. How much was read behind an answer depends on the cut.
pub(crate) fn end(error: &Error) -> String {
    match error {
        Error::DataAfterStartTls { .. } => "error DataAfterStartTls".into(),
        error => format!("error {error:?}"),
    }
}

fn describe_session(session: &Session) -> String {
    let mechanism = session
        .mechanism()
        .map_or("-", |mechanism| mechanism.name());
    let mut text = format!("accepted {mechanism} round-trips={}", session.round_trips());
    if !session.capabilities().is_empty() {
        text += &format!(" capabilities={}", list(session.capabilities()));
    }
    text
}

fn list(capabilities: &Capabilities) -> String {
    capabilities
        .iter()
        .map(|entry| entry.to_string())
        .collect::<Vec<_>>()
        .join(",")
}

fn describe_rejection(rejection: &Rejection) -> String {
    let mut text = format!(
        "rejected {} {}",
        rejection.reason().name(),
        rejection.advice().name()
    );
    if !rejection.code().is_empty() {
        text += &format!(" code={}", rejection.code());
    }
    if let Some(refusal) = rejection.refusal() {
        text += &format!(" status={}", refusal.status().unwrap_or("-"));
    }
    if let Some(url) = rejection.referral() {
        text += &format!(" referral={url}");
    }
    if rejection.is_closed() {
        text += " closed";
    }
    text
}
