//! A client and a server, both ours, with a wire between them that somebody may have a hand in.

use sasl_core::{
    AcceptSettings, Accepting, Credentials, Endpoint, Farewell, Machine, Mechanism, Outcome,
    Reason, Settings, Step, Verdict,
};

use crate::{Tested, play::end};

/// What is agreed on before the first octet.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How the connection is protected.
    pub mode: Mode,
    /// The client's only mechanism.
    pub mechanism: Mechanism,
    /// Whether the client may send its message along.
    pub initial_response: bool,
    /// The first try and, as long as the connection stays open, the next ones.
    pub credentials: Vec<Credentials>,
    /// What the server's embedder says, one for each time it is asked; then it says no.
    pub verdicts: Vec<Verdict>,
    /// What the client decides otherwise.
    pub settings: Settings,
    /// What the server decides otherwise.
    pub accept: AcceptSettings,
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In clear, and logins are sent and taken all the same.
    Exposed,
    /// TLS from the first octet on.
    Implicit,
    /// In clear, and then TLS.
    StartTls,
}

/// One end of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Who logs in.
    Client,
    /// Who is logged in to.
    Server,
}

impl Side {
    /// The opposite end.
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// Pieces that arrive, and where.
pub type Pieces = Vec<(Side, Vec<u8>)>;

/// Whoever carries the octets.
pub trait Middle {
    /// `from` wrote this in clear. What arrives of it, and whatever else does.
    fn in_clear(&mut self, from: Side, write: &[u8]) -> Pieces {
        vec![(from.other(), write.to_vec())]
    }

    /// `from` wrote this under TLS, which can be carried or not. False: the wire is cut.
    fn under_tls(&mut self, from: Side) -> bool {
        let _ = from;
        true
    }

    /// Nobody has anything to say. In clear, more may be said to them; nothing: the wire is cut.
    fn silence(&mut self) -> Pieces {
        Vec::new()
    }
}

/// Carries everything as it is.
#[derive(Debug)]
pub struct Honest;

impl Middle for Honest {}

/// How a conversation ended for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientEnd {
    /// It is in.
    Accepted,
    /// It was refused.
    Rejected(Reason),
    /// The conversation broke.
    Error(String),
    /// There was no TLS handshake.
    NoTls,
}

/// How a conversation ended for the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerEnd {
    /// This user is in.
    Accepted(String, Option<Mechanism>),
    /// It closed the connection, or the client did.
    Closed(Farewell),
    /// The conversation broke.
    Error(String),
    /// There was no TLS handshake.
    NoTls,
}

/// Everything that could be seen of a conversation.
#[derive(Debug, Default)]
pub struct Seen {
    /// How each try ended for the client.
    pub client: Vec<ClientEnd>,
    /// How it ended for the server.
    pub server: Option<ServerEnd>,
    /// What was presented: user and secret.
    pub presented: Vec<(String, String)>,
    /// All that the two wrote in clear, in the order in which they did.
    pub clear: Vec<(Side, Vec<u8>)>,
    /// Writes of the client and of the server.
    pub writes: [usize; 2],
    /// Events, rejections and errors, as they may be shown.
    pub shown: Vec<String>,
    /// TLS came up.
    pub tls: bool,
    /// What was left over at the client and at the server.
    pub remaining: [Vec<u8>; 2],
}

impl Seen {
    /// Whether the client thinks that it is in.
    pub fn client_is_in(&self) -> bool {
        self.client.last() == Some(&ClientEnd::Accepted)
    }

    /// Whether the server thinks so.
    pub fn server_let_in(&self) -> bool {
        matches!(self.server, Some(ServerEnd::Accepted(..)))
    }
}

/// Credentials that fit a mechanism.
pub fn credentials(mechanism: Mechanism, user: &str, secret: &str) -> Credentials {
    match mechanism {
        Mechanism::External => Credentials::external(Some(user)),
        Mechanism::Login | Mechanism::Plain => Credentials::password(user, secret),
        _ => Credentials::bearer(user, secret),
    }
    .unwrap()
}

/// Whether a mechanism carries tokens, and so has a document.
pub fn has_token(mechanism: Mechanism) -> bool {
    matches!(mechanism, Mechanism::OAuthBearer | Mechanism::XOAuth2)
}

/// Lets the two talk until both have ended.
pub fn run<P: Tested>(plan: &Plan, middle: &mut dyn Middle) -> Seen {
    let settings = plan
        .settings
        .clone()
        .mechanisms(&[plan.mechanism])
        .initial_response(plan.initial_response)
        .endpoint(Endpoint::new("mail.example.com", 993).unwrap());
    let options = P::Options::from(settings);
    let accept_options = P::AcceptOptions::from(plan.accept.clone());
    let mut tries = plan.credentials.iter().cloned();
    let first = tries.next().unwrap();
    let (client, server) = match plan.mode {
        Mode::Exposed => (
            Client::Login(P::dangerous_login_in_clear(first.clone(), options.clone())),
            P::dangerous_accept_in_clear(accept_options.clone()),
        ),
        Mode::Implicit => (
            Client::Login(P::login_over_tls(first.clone(), options.clone())),
            P::accept_over_tls(accept_options.clone()),
        ),
        Mode::StartTls => (
            Client::StartTls(P::start_tls(options.clone())),
            P::accept_in_clear(accept_options.clone()),
        ),
    };
    let mut pair = Pair::<P> {
        middle,
        client,
        server: Server::Accept(server),
        tls: plan.mode == Mode::Implicit,
        arriving: [Vec::new(), Vec::new()],
        verdicts: plan.verdicts.clone().into_iter(),
        tries: Box::new(tries),
        seen: Seen::default(),
    };
    pair.converse(&first, &options, &accept_options);
    pair.seen
}

struct Pair<'a, P: Tested> {
    middle: &'a mut dyn Middle,
    client: Client<P>,
    server: Server<P>,
    tls: bool,
    /// Pieces on their way to the client and to the server, first ones first. An empty one is the end.
    arriving: [Vec<Vec<u8>>; 2],
    verdicts: std::vec::IntoIter<Verdict>,
    tries: Box<dyn Iterator<Item = Credentials> + 'a>,
    seen: Seen,
}

enum Client<P: Tested> {
    Ended,
    Login(P::Login),
    StartTls(P::StartTls),
    /// It would begin the handshake. The machine is kept: it takes no more input.
    Tls(P::StartTls, P::Upgrade),
}

enum Server<P: Tested> {
    Accept(P::Accept),
    Ended,
    /// It waits for the handshake.
    Tls(P::Accept, P::Handshake),
}

/// No conversation has more turns than this, whatever is done to it.
const TURNS: usize = 2000;

impl<P: Tested> Pair<'_, P> {
    fn converse(
        &mut self,
        credentials: &Credentials,
        options: &P::Options,
        accept_options: &P::AcceptOptions,
    ) {
        for _ in 0..TURNS {
            self.client_goes_on();
            self.server_goes_on();
            if self.deliver(Side::Client) | self.deliver(Side::Server) {
                continue;
            }
            match (&self.client, &self.server) {
                (Client::Ended, Server::Ended) => return,
                (Client::Tls(..), Server::Tls(..)) => {
                    self.shake_hands(credentials.clone(), options, accept_options);
                }
                _ => self.nobody_speaks(),
            }
        }
        panic!("no end in sight");
    }

    /// Both are ready for TLS, and nothing in clear is on its way.
    fn shake_hands(
        &mut self,
        credentials: Credentials,
        options: &P::Options,
        accept_options: &P::AcceptOptions,
    ) {
        let client = std::mem::replace(&mut self.client, Client::Ended);
        let server = std::mem::replace(&mut self.server, Server::Ended);
        let (Client::Tls(start, proof), Server::Tls(accept, handshake)) = (client, server) else {
            panic!("not both");
        };
        assert!(
            start.remaining().is_empty(),
            "bytes in clear beside the proof"
        );
        assert!(
            accept.remaining().is_empty(),
            "bytes in clear beside the proof"
        );
        self.client = Client::Login(P::login_after_starttls(proof, credentials, options.clone()));
        self.server = Server::Accept(P::accept_after_starttls(handshake, accept_options.clone()));
        self.tls = true;
        self.seen.tls = true;
    }

    fn nobody_speaks(&mut self) {
        let more = if self.tls {
            Vec::new()
        } else {
            self.middle.silence()
        };
        if more.is_empty() {
            // A handshake with somebody who has no certificate fails, and so does one that nobody
            // answers.
            if matches!(self.client, Client::Tls(..)) {
                self.client_ends(ClientEnd::NoTls);
            }
            if matches!(self.server, Server::Tls(..)) {
                self.server_ends(ServerEnd::NoTls);
            }
            self.arriving = [vec![Vec::new()], vec![Vec::new()]];
        } else {
            self.arrive(more);
        }
    }

    fn arrive(&mut self, pieces: Pieces) {
        for (to, piece) in pieces {
            if !piece.is_empty() {
                self.arriving[to as usize].push(piece);
            }
        }
    }

    fn wrote(&mut self, from: Side, bytes: Vec<u8>) {
        self.seen.writes[from as usize] += 1;
        if !self.tls {
            let pieces = self.middle.in_clear(from, &bytes);
            self.seen.clear.push((from, bytes));
            self.arrive(pieces);
        } else if self.middle.under_tls(from) {
            self.arriving[from.other() as usize].push(bytes);
        } else {
            // Whoever is cut off hears the end, after what had arrived before.
            self.arriving[0].push(Vec::new());
            self.arriving[1].push(Vec::new());
        }
    }

    /// Whether anything arrived.
    fn deliver(&mut self, to: Side) -> bool {
        let arriving = &mut self.arriving[to as usize];
        if arriving.is_empty() {
            return false;
        }
        let piece = arriving.remove(0);
        match (to, &mut self.client, &mut self.server) {
            (Side::Client, Client::Login(login), _) => login.handle_input(&piece),
            (Side::Client, Client::StartTls(start), _) => start.handle_input(&piece),
            (Side::Client, Client::Tls(start, _), _) => {
                if !piece.is_empty() {
                    start.handle_input(&piece);
                    let error = start.poll().err().expect("late bytes are refused");
                    assert!(
                        start.poll().is_err_and(|again| again == error),
                        "an error is sticky"
                    );
                    self.client_ends(ClientEnd::Error(end(&error)));
                }
            }
            (Side::Server, _, Server::Accept(accept)) => accept.handle_input(&piece),
            (Side::Server, _, Server::Tls(accept, _)) => {
                if !piece.is_empty() {
                    accept.handle_input(&piece);
                    let error = accept.poll().err().expect("late bytes are refused");
                    assert!(
                        accept.poll().is_err_and(|again| again == error),
                        "an error is sticky"
                    );
                    self.server_ends(ServerEnd::Error(end(&error)));
                }
            }
            // Whoever speaks next reads it.
            (_, Client::Ended, _) if to == Side::Client => self.seen.remaining[0].extend(piece),
            _ => self.seen.remaining[1].extend(piece),
        }
        true
    }

    fn client_goes_on(&mut self) {
        loop {
            match std::mem::replace(&mut self.client, Client::Ended) {
                Client::Login(mut login) => match self.poll(Side::Client, &mut login) {
                    Polled::Waits => {
                        self.client = Client::Login(login);
                        return;
                    }
                    Polled::Again => self.client = Client::Login(login),
                    Polled::Error(error) => return self.client_ends(ClientEnd::Error(error)),
                    Polled::Done(Outcome::Accepted(session)) => {
                        self.seen.shown.push(format!("{session:?}"));
                        self.seen.remaining[0] = login.remaining().to_vec();
                        return self.client_ends(ClientEnd::Accepted);
                    }
                    Polled::Done(Outcome::Rejected(rejection)) => {
                        self.seen.shown.push(format!("{rejection} {rejection:?}"));
                        let end = ClientEnd::Rejected(rejection.reason());
                        let next = self.tries.next().filter(|_| !rejection.is_closed());
                        let Some(next) = next else {
                            return self.client_ends(end);
                        };
                        self.seen.client.push(end);
                        P::retry(&mut login, next);
                        self.client = Client::Login(login);
                    }
                },
                Client::StartTls(mut start) => match self.poll(Side::Client, &mut start) {
                    Polled::Waits => {
                        self.client = Client::StartTls(start);
                        return;
                    }
                    Polled::Again => self.client = Client::StartTls(start),
                    Polled::Error(error) => return self.client_ends(ClientEnd::Error(error)),
                    Polled::Done(proof) => self.client = Client::Tls(start, proof),
                },
                other => {
                    self.client = other;
                    return;
                }
            }
        }
    }

    fn server_goes_on(&mut self) {
        loop {
            match std::mem::replace(&mut self.server, Server::Ended) {
                Server::Accept(mut accept) => match self.poll(Side::Server, &mut accept) {
                    Polled::Waits => {
                        self.server = Server::Accept(accept);
                        return;
                    }
                    Polled::Again => self.server = Server::Accept(accept),
                    Polled::Error(error) => return self.server_ends(ServerEnd::Error(error)),
                    Polled::Done(Accepting::Presented(presented)) => {
                        self.seen.shown.push(format!("{presented:?}"));
                        let secret = presented.credentials().secret().expose().to_owned();
                        let user = presented.user().to_owned();
                        self.seen.presented.push((user, secret));
                        let no = Verdict::refuse(Reason::CredentialsRejected);
                        P::decide(&mut accept, self.verdicts.next().unwrap_or(no));
                        self.server = Server::Accept(accept);
                    }
                    Polled::Done(Accepting::Accepted(accepted)) => {
                        self.seen.remaining[1] = accept.remaining().to_vec();
                        let user = accepted.user().to_owned();
                        let end = ServerEnd::Accepted(user, accepted.mechanism());
                        return self.server_ends(end);
                    }
                    Polled::Done(Accepting::Closed(farewell)) => {
                        return self.server_ends(ServerEnd::Closed(farewell));
                    }
                    Polled::Done(Accepting::StartTls(proof)) => {
                        self.server = Server::Tls(accept, proof);
                    }
                },
                other => {
                    self.server = other;
                    return;
                }
            }
        }
    }

    fn poll<M: Machine>(&mut self, side: Side, machine: &mut M) -> Polled<M::Output> {
        match machine.poll() {
            Ok(Step::Write(bytes)) => {
                self.seen.shown.push(bytes.redacted().to_string());
                let bytes = bytes.to_vec();
                self.wrote(side, bytes);
                Polled::Again
            }
            Ok(Step::Read) => Polled::Waits,
            Ok(Step::Event(event)) => {
                self.seen.shown.push(format!("{event:?}"));
                Polled::Again
            }
            Ok(Step::Done(output)) => Polled::Done(output),
            Err(error) => {
                assert!(
                    machine.poll().is_err_and(|again| again == error),
                    "an error is sticky"
                );
                self.seen.shown.push(format!("{error} {error:?}"));
                Polled::Error(end(&error))
            }
        }
    }

    fn client_ends(&mut self, end: ClientEnd) {
        let closes = end != ClientEnd::Accepted;
        self.seen.client.push(end);
        self.client = Client::Ended;
        if closes {
            self.arriving[Side::Server as usize].push(Vec::new());
        }
    }

    fn server_ends(&mut self, end: ServerEnd) {
        let closes = !matches!(end, ServerEnd::Accepted(..));
        self.seen.server = Some(end);
        self.server = Server::Ended;
        if closes {
            self.arriving[Side::Client as usize].push(Vec::new());
        }
    }
}

enum Polled<T> {
    Again,
    Done(T),
    Error(String),
    Waits,
}
