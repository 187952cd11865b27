//! Playing a transcript against the side of the server. The roles are swapped: what follows `C:` is
//! handed in, what follows `S:` must be said.
//!
//! ```text
//! machine: accept                 accept-starttls, accept-in-clear
//! option: failures 1              mechanisms …, commands N, scope S, openid URL, endpoint HOST:PORT,
//!                                 no-explain, no-starttls, and those of the protocol
//! C: <EOF>                        the client closes
//! X: accept alice                 the verdict; accept-delegate OWNER; refuse REASON
//! X: expect bearer USER TOKEN     from now on other credentials are presented
//! ! Presented XOAUTH2 user        what the embedder was asked; the secret is that of `credentials:`
//! = accepted USER MECHANISM       the login is done
//! = closed TooManyFailures        the server closes
//! = error DataAfterStartTls       something came in clear behind STARTTLS; whether the agreement was
//!                                 out by then depends on the cut, so that it is not looked at
//! = waits                         the server waits for the client
//! ```

use sasl_core::{
    AcceptSettings, Accepting, Credentials, Endpoint, Machine, Mechanism, Presented, Reason,
    Step as Do, Verdict,
};

use crate::{
    play::{Cut, Trace, end},
    protocol::{Tested, credentials},
    script::{Script, Step},
    secrecy::leak,
};

/// Plays a transcript. Panics where the server says something else.
pub fn play<P: Tested>(script: &Script, cut: Cut) -> Trace {
    let options = options::<P>(&script.options);
    let accept = match script.machine.as_str() {
        "accept" => P::accept_over_tls(options.clone()),
        "accept-starttls" => P::accept_in_clear(options.clone()),
        "accept-in-clear" => P::dangerous_accept_in_clear(options.clone()),
        other => panic!("no machine {other}"),
    };
    let mut player = Player::<P> {
        script,
        cut,
        accept,
        options,
        expected: (!script.credentials.is_empty()).then(|| credentials(&script.credentials)),
        heard: 0,
        said: Vec::new(),
        agreement: 0,
        state: State::Waits,
        trace: Trace::default(),
    };
    player.go_on();
    for step in &script.steps {
        player.step(step);
    }
    player.finish()
}

struct Player<'a, P: Tested> {
    script: &'a Script,
    cut: Cut,
    accept: P::Accept,
    options: P::AcceptOptions,
    /// What the client presents.
    expected: Option<Credentials>,
    /// Octets handed in.
    heard: usize,
    /// What was said and not yet looked at.
    said: Vec<u8>,
    /// Octets of the last write.
    agreement: usize,
    state: State<P::Handshake>,
    trace: Trace,
}

enum State<H> {
    Asks,
    Ended,
    StartTls(H),
    Waits,
}

impl<P: Tested> Player<'_, P> {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Client(flight) if flight == b"<EOF>\r\n" => self.hear(b""),
            Step::Client(flight) => {
                let pieces = self.cut.pieces(flight, self.heard);
                self.heard += flight.len();
                for piece in pieces {
                    self.hear(piece);
                }
            }
            Step::Server(expected) => {
                assert_eq!(
                    String::from_utf8_lossy(&self.said),
                    String::from_utf8_lossy(expected),
                    "{}: {:?}",
                    self.script.name,
                    self.cut
                );
                self.said.clear();
            }
            Step::Caller(what) => match what.strip_prefix("expect ") {
                Some(line) => self.expected = Some(credentials(line)),
                None => self.decide(what),
            },
            Step::Tls => {
                let state = std::mem::replace(&mut self.state, State::Waits);
                let State::StartTls(proof) = state else {
                    panic!("{}: TLS came early", self.script.name);
                };
                assert!(self.accept.remaining().is_empty());
                self.accept = P::accept_after_starttls(proof, self.options.clone());
                self.go_on();
            }
            Step::Event(event) | Step::NoEvent(event) => {
                let came = self
                    .trace
                    .events
                    .iter()
                    .any(|seen| seen.starts_with(event.as_str()));
                let expected = matches!(step, Step::Event(_));
                assert_eq!(
                    came, expected,
                    "{}: the event {event} in {:#?}",
                    self.script.name, self.trace.events
                );
            }
            Step::End(expected) => {
                if matches!(self.state, State::Waits) {
                    self.trace.end = "waits".into();
                }
                assert_eq!(
                    &self.trace.end, expected,
                    "{}: {:?}",
                    self.script.name, self.cut
                );
            }
            Step::Close => panic!("{}: the server closes by its end", self.script.name),
        }
    }

    fn hear(&mut self, piece: &[u8]) {
        self.accept.handle_input(piece);
        if matches!(self.state, State::StartTls(_)) {
            let error = self.accept.poll().err();
            let error = error.expect("bytes behind the agreement are refused");
            self.fail(&error);
            // Had it come in one piece with STARTTLS, nothing would have been agreed to.
            for written in [&mut self.said, &mut self.trace.writes[0]] {
                written.truncate(written.len().saturating_sub(self.agreement));
            }
        }
        self.go_on();
    }

    fn fail(&mut self, error: &sasl_core::Error) {
        assert_eq!(self.accept.poll().err(), Some(*error), "an error is sticky");
        self.trace.end = end(error);
        self.state = State::Ended;
    }

    fn go_on(&mut self) {
        while matches!(self.state, State::Waits) {
            match self.accept.poll() {
                Ok(Do::Write(bytes)) => {
                    // How it falls into writes depends on the cut.
                    self.trace.writes.resize(1, Vec::new());
                    self.trace.writes[0].extend_from_slice(&bytes);
                    self.said.extend_from_slice(&bytes);
                    if let Some(expected) = &self.expected {
                        let shown = bytes.redacted().to_string();
                        let secret = expected.secret().expose();
                        assert_eq!(leak(shown.as_bytes(), secret), None, "{shown}");
                    }
                    self.agreement = bytes.len();
                }
                Ok(Do::Read) => return,
                Ok(Do::Event(event)) => self.trace.events.push(format!("{event:?}")),
                Ok(Do::Done(Accepting::Presented(presented))) => {
                    self.present(&presented);
                    self.state = State::Asks;
                }
                Ok(Do::Done(Accepting::Accepted(accepted))) => {
                    let mechanism = accepted.mechanism().map_or("-", Mechanism::name);
                    self.trace.end = format!("accepted {} {mechanism}", accepted.user());
                    self.state = State::Ended;
                }
                Ok(Do::Done(Accepting::Closed(farewell))) => {
                    self.trace.end = format!("closed {farewell:?}");
                    self.state = State::Ended;
                }
                Ok(Do::Done(Accepting::StartTls(proof))) => self.state = State::StartTls(proof),
                Err(error) => self.fail(&error),
            }
        }
    }

    fn present(&mut self, presented: &Presented) {
        let mechanism = presented.mechanism().map_or("-", Mechanism::name);
        self.trace
            .events
            .push(format!("Presented {mechanism} {}", presented.user()));
        let expected = self.expected.as_ref().expect("nothing is presented");
        assert!(
            presented.credentials().secret() == expected.secret(),
            "{}: another secret was presented",
            self.script.name
        );
    }

    fn decide(&mut self, what: &str) {
        assert!(
            matches!(self.state, State::Asks),
            "{}: nobody asks for {what}",
            self.script.name
        );
        P::decide(&mut self.accept, verdict(what));
        self.state = State::Waits;
        self.go_on();
    }

    fn finish(mut self) -> Trace {
        assert!(
            self.said.is_empty(),
            "{}: it also said {}",
            self.script.name,
            String::from_utf8_lossy(&self.said)
        );
        if self.trace.end.starts_with("accepted") {
            self.trace.remaining = self.accept.remaining().to_vec();
        }
        if let Some(remaining) = &self.script.remaining {
            assert_eq!(
                &self.trace.remaining, remaining,
                "{}: remaining",
                self.script.name
            );
        }
        self.trace
    }
}

/// `accept OWNER`, `accept-delegate OWNER`, `refuse REASON`.
fn verdict(what: &str) -> Verdict {
    let (word, argument) = what.split_once(' ').unwrap();
    match word {
        "accept" => Verdict::accept(argument),
        "accept-delegate" => Verdict::accept_delegate(argument),
        "refuse" => Verdict::refuse(reason(argument)),
        _ => panic!("no verdict {what}"),
    }
}

/// The reason of this name.
pub fn reason(name: &str) -> Reason {
    REASONS
        .into_iter()
        .find(|reason| reason.name() == name)
        .unwrap_or_else(|| panic!("no reason {name}"))
}

/// Every reason that an embedder may have.
pub const REASONS: [Reason; 8] = [
    Reason::AdminRequired,
    Reason::AuthorizationDenied,
    Reason::CredentialsExpired,
    Reason::CredentialsRejected,
    Reason::EncryptionRequired,
    Reason::ScopeInsufficient,
    Reason::Temporary,
    Reason::TokenRejected,
];

fn options<P: Tested>(lines: &[String]) -> P::AcceptOptions {
    let mut settings = AcceptSettings::new();
    let mut own = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        settings = match name {
            "mechanisms" => {
                let names = value.split(' ');
                settings.mechanisms(names.map(|n| Mechanism::parse(n.as_bytes()).unwrap()))
            }
            "failures" => settings.failures(value.parse().unwrap()),
            "commands" => settings.commands(value.parse().unwrap()),
            "scope" => settings.scope(value),
            "openid" => settings.openid_configuration(value),
            "endpoint" => {
                let (host, port) = value.rsplit_once(':').unwrap();
                settings.endpoint(Endpoint::new(host, port.parse().unwrap()).unwrap())
            }
            "no-explain" => settings.explain(false),
            "no-starttls" => settings.starttls(false),
            _ => {
                own.push((name, value));
                settings
            }
        };
    }
    own.into_iter()
        .fold(settings.into(), |options, (name, value)| {
            P::accept_option(options, name, value).unwrap_or_else(|| panic!("no option {name}"))
        })
}
