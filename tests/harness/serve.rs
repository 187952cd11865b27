//! What must hold of the side of the server, whatever clients send. Property tests, fuzz targets and
//! the replay of the fuzz corpus all end here.
//!
//! An input is two octets of choices and then what the client says, with 0xFF between flights: the
//! next flight comes when the server has answered, and after STARTTLS it comes under TLS.

use std::{collections::BTreeSet, fmt::Debug};

use sasl_core::{
    AcceptSettings, Accepting, Endpoint, Machine, Mechanism, Presented, Reason, Step, Verdict,
};

use crate::{
    accept::REASONS,
    play::{Cut, Trace, end},
    protocol::Tested,
    script::{self, Script},
    secrecy::forms,
};

/// Whom verdicts call the owner of what was presented.
const OWNER: &str = "user@example.com";

/// What stands in the secrets of the seeds, and of whatever is made of them.
const MARKS: [&str; 3] = ["mF_9.B5f", "tanstaaf", "tttttttt"];

/// What the first two octets of an input choose.
#[derive(Clone, Copy, Debug)]
struct Choices(u8, u8);

impl Choices {
    fn settings(self) -> AcceptSettings {
        let settings = AcceptSettings::new()
            .explain(self.0 & 4 == 0)
            .failures(if self.0 & 8 == 0 { 3 } else { 20 })
            .commands(20)
            .starttls(self.0 & 32 == 0);
        let settings = if self.0 & 16 == 0 {
            settings.mechanisms(Mechanism::ALL)
        } else {
            settings
        };
        if self.0 & 64 == 0 {
            settings
        } else {
            settings.endpoint(Endpoint::new("mail.example.com", 993).unwrap())
        }
    }

    fn verdict(self, n: usize) -> Verdict {
        // Each time another one, beginning somewhere.
        match (usize::from(self.1) + 3 * n) % 11 {
            0 => Verdict::accept(OWNER),
            1 => Verdict::accept("eve@example.com"),
            2 => Verdict::accept_delegate("eve@example.com"),
            other => Verdict::refuse(REASONS[other - 3]),
        }
    }
}

/// The server's machine of a protocol: no panic, the same trace however the bytes are cut, errors that
/// stay, a conversation that ends, no login in clear, no secret in what is shown.
pub fn accept<P: Tested>(input: &[u8])
where
    P::Accept: Debug,
{
    let [first, second, said @ ..] = input else {
        return;
    };
    let choices = Choices(*first, *second);
    let flights: Vec<_> = said.split(|octet| *octet == 0xff).collect();
    let whole = serve::<P>(choices, &flights, Cut::Whole);
    for cut in [
        Cut::Every(1),
        Cut::Every(2),
        Cut::Every(7),
        Cut::At(said.len() / 2),
    ] {
        let other = serve::<P>(choices, &flights, cut);
        assert_eq!(other.trace, whole.trace, "{cut:?} {choices:?}");
    }
    let seen = [
        whole.trace.events.join("\n"),
        whole.trace.shown.join("\n"),
        whole.trace.end.clone(),
        whole.shown.clone(),
    ]
    .join("\n");
    let words = flights.concat();
    // Others may be words that a server says anyway.
    let is_ours = |secret: &&String| MARKS.iter().any(|mark| secret.contains(mark));
    for secret in whole.secrets.iter().filter(is_ours) {
        let forms: BTreeSet<_> = forms(secret).into_iter().collect();
        let times = |text: &[u8]| -> usize {
            let found = |form: &String| {
                text.windows(form.len())
                    .filter(|window| *window == form.as_bytes())
                    .count()
            };
            forms.iter().map(found).sum()
        };
        // What also stands where no secret is due is no secret.
        if times(&words) <= 1 {
            assert_eq!(times(seen.as_bytes()), 0, "{seen}");
        }
    }
}

struct Served {
    trace: Trace,
    secrets: Vec<String>,
    /// The machine at its end, as it may be shown.
    shown: String,
}

fn serve<P: Tested>(choices: Choices, flights: &[&[u8]], cut: Cut) -> Served
where
    P::Accept: Debug,
{
    let options = P::AcceptOptions::from(choices.settings());
    let (machine, in_clear) = match choices.0 & 3 {
        0 | 3 => (P::accept_over_tls(options.clone()), false),
        1 => (P::accept_in_clear(options.clone()), true),
        _ => (P::dangerous_accept_in_clear(options.clone()), false),
    };
    let octets = flights.iter().map(|flight| flight.len()).sum::<usize>();
    Server::<P> {
        choices,
        options,
        machine,
        in_clear,
        client: Client::new(flights, cut),
        asked: 0,
        refused: 0,
        agreement: 0,
        most: 2 + octets,
        served: Served {
            trace: Trace {
                writes: vec![Vec::new()],
                ..Trace::default()
            },
            secrets: Vec::new(),
            shown: String::new(),
        },
    }
    .serve()
}

struct Server<'a, P: Tested> {
    choices: Choices,
    options: P::AcceptOptions,
    machine: P::Accept,
    /// No login may be taken here.
    in_clear: bool,
    client: Client<'a>,
    asked: usize,
    refused: u32,
    /// Octets of the last write.
    agreement: usize,
    /// Writes that there may be: no client gets more answers than it sends octets.
    most: usize,
    served: Served,
}

impl<P: Tested> Server<'_, P>
where
    P::Accept: Debug,
{
    fn serve(mut self) -> Served {
        loop {
            match self.machine.poll() {
                Ok(Step::Write(bytes)) => {
                    assert!(!bytes.is_empty(), "an empty write");
                    self.most = self.most.checked_sub(1).expect("no end of answers");
                    assert!(bytes.len() < 32 << 10, "a long answer");
                    // How it falls into writes depends on the cut.
                    self.served.trace.writes[0].extend_from_slice(&bytes);
                    self.agreement = bytes.len();
                }
                Ok(Step::Read) => {
                    let piece = self.client.next();
                    self.machine.handle_input(piece);
                }
                Ok(Step::Event(event)) => {
                    self.served.trace.events.push(format!("{event:?}"));
                }
                Ok(Step::Done(Accepting::Presented(presented))) => self.present(&presented),
                Ok(Step::Done(Accepting::Accepted(accepted))) => {
                    self.served.trace.end = format!("{accepted:?}");
                    self.served.trace.remaining = self.machine.remaining().to_vec();
                    self.served.trace.remaining.extend(self.client.rest());
                    self.stays_ended();
                    break;
                }
                Ok(Step::Done(Accepting::Closed(farewell))) => {
                    self.served.trace.end = format!("{farewell:?}");
                    self.stays_ended();
                    break;
                }
                Ok(Step::Done(Accepting::StartTls(proof))) => {
                    if self.client.is_in_a_flight() {
                        let piece = self.client.next();
                        self.machine.handle_input(piece);
                        let error = self.machine.poll().err().expect("late bytes are refused");
                        self.served.trace.end = end(&error);
                        // Had it come in one piece with STARTTLS, nothing would have been agreed to.
                        let said = &mut self.served.trace.writes[0];
                        said.truncate(said.len() - self.agreement);
                        break;
                    }
                    assert!(
                        self.machine.remaining().is_empty(),
                        "bytes beside the proof"
                    );
                    self.machine = P::accept_after_starttls(proof, self.options.clone());
                    self.in_clear = false;
                    self.refused = 0;
                    // The greeting of ManageSieve.
                    self.most += 1;
                    self.served.trace.events.push("TLS".into());
                }
                Err(error) => {
                    self.served.trace.end = end(&error);
                    assert_eq!(self.machine.poll().err(), Some(error), "an error is sticky");
                    self.machine.handle_input(b"a NOOP\r\n");
                    assert_eq!(self.machine.poll().err(), Some(error), "an error is sticky");
                    break;
                }
            }
        }
        self.served.shown = format!("{:?}", self.machine);
        let said = String::from_utf8_lossy(&self.served.trace.writes[0]).into_owned();
        self.served.trace.shown.push(said);
        self.served
    }

    fn present(&mut self, presented: &Presented) {
        assert!(!self.in_clear, "a login in clear");
        self.served.trace.events.push(format!("{presented:?}"));
        let credentials = presented.credentials();
        self.served
            .secrets
            .push(credentials.secret().expose().to_owned());
        let verdict = self.choices.verdict(self.asked);
        self.asked += 1;
        if verdict != Verdict::refuse(Reason::Temporary) {
            self.refused += 1;
        }
        assert!(self.refused <= 20, "refused, and asked again and again");
        P::decide(&mut self.machine, verdict);
        // Only the first word counts.
        P::decide(&mut self.machine, Verdict::accept(OWNER));
    }

    fn stays_ended(&mut self) {
        let error = self.machine.poll().err();
        assert!(error.is_some(), "it goes on after its end");
        self.machine.handle_input(b"a NOOP\r\n");
        assert_eq!(self.machine.poll().err(), error, "it goes on after its end");
    }
}

/// The client's side of a conversation.
struct Client<'a> {
    flights: std::slice::Iter<'a, &'a [u8]>,
    /// Pieces of the present flight, last first.
    pending: Vec<&'a [u8]>,
    cut: Cut,
    said: usize,
    closed: bool,
}

impl<'a> Client<'a> {
    fn new(flights: &'a [&'a [u8]], cut: Cut) -> Self {
        Self {
            flights: flights.iter(),
            pending: Vec::new(),
            cut,
            said: 0,
            closed: false,
        }
    }

    fn is_in_a_flight(&self) -> bool {
        !self.pending.is_empty()
    }

    fn next(&mut self) -> &'a [u8] {
        assert!(
            !self.closed,
            "the machine waits for a stream that is closed"
        );
        while self.pending.is_empty() {
            let Some(flight) = self.flights.next() else {
                self.closed = true;
                return b"";
            };
            self.pending = self.cut.pieces(flight, self.said);
            self.pending.retain(|piece| !piece.is_empty());
            self.pending.reverse();
            self.said += flight.len();
        }
        self.pending.pop().unwrap_or_default()
    }

    /// What is left of the present flight.
    fn rest(&mut self) -> Vec<u8> {
        let rest = self.pending.drain(..).rev();
        rest.flatten().copied().collect()
    }
}

/// The inputs that a transcript gives, for seeds of property tests and fuzz targets.
pub fn seed(script: &Script) -> Vec<u8> {
    let has = |name: &str| script.options.iter().any(|option| option.starts_with(name));
    let machine = match script.machine.as_str() {
        "accept-starttls" => 1,
        "accept-in-clear" => 2,
        _ => 0,
    };
    let first = machine
        | u8::from(has("no-explain")) << 2
        | u8::from(has("failures 9")) << 3
        | u8::from(has("no-starttls")) << 5
        | u8::from(has("endpoint")) << 6;
    let verdict = script.steps.iter().find_map(|step| match step {
        script::Step::Caller(what) => what.split_once(' '),
        _ => None,
    });
    let second = match verdict {
        Some(("accept", _)) | None => 0,
        Some(("accept-delegate", _)) => 2,
        Some((_, reason)) => {
            let place = REASONS.iter().position(|other| other.name() == reason);
            3 + place.unwrap_or_default() as u8
        }
    };
    let mut input = vec![first, second];
    for (n, flight) in script.flights().enumerate() {
        if n > 0 {
            input.push(0xff);
        }
        if flight != b"<EOF>\r\n" {
            input.extend(flight.iter().filter(|octet| **octet != 0xff));
        }
    }
    input
}
