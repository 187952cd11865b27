//! A whole login in memory: from the greeting to the answer that lets us in. The server is canned.
//!
//! With `--features memcount` (x86-64) it counts copied octets and measures no time.

use std::sync::Arc;

use imap_auth::Imap;
use imap_next::{
    Interrupt, Io, State,
    client::{Client, Event, Options},
};
use imap_types::{
    auth::AuthMechanism,
    command::{Command, CommandBody},
    core::Tag,
    response::{Code, Status, StatusKind},
};
use io_imap::{
    codec::fragmentizer::Fragmentizer,
    coroutine::{ImapCoroutine, ImapCoroutineState},
    session::{
        ImapSessionOpen, ImapSessionOpenOptions, ImapSessionOpenYield, ImapSessionTransport,
    },
};
use io_sasl::xoauth2::SaslXoauth2Creds;
use mail_login_benches::{
    floor::{self, SASL_IR, XOAUTH2},
    inputs::{
        DOVECOT_ACCEPTED, DOVECOT_GREETING, GMAIL_EHLO, PIGEONHOLE, SIEVE_ACCEPTED, SMTP_ACCEPTED,
        SMTP_GREETING, USER, token,
    },
    peers::{self, rsasl},
};
use memchr::memchr;
use sasl_core::{Credentials, Machine, Mechanism, Outcome, Protocol, Session, Settings, Step};
use secrecy::SecretString;
use sieve_auth::Sieve;
use smtp_auth::Smtp;

fn main() {
    for octets in [200, 1536, 8192] {
        let token = token(octets);
        imap(&token);
        others(&token);
    }
}

/// A candidate that logs in to a server and tells whether it worked.
type Work<'a> = Box<dyn FnMut(&mut Server) -> bool + 'a>;

fn imap(token: &str) {
    let credentials = Credentials::bearer(USER, token).expect("they are well-formed");
    let options = imap_auth::Options::from(settings());
    let ours = || log_in::<Imap>(credentials.clone(), options.clone());
    let config = rsasl::config(token);
    let for_io = SaslXoauth2Creds {
        username: USER.into(),
        token: SecretString::from(token),
    };
    let mut kept = Vec::new();
    let candidates: Vec<(&str, Work<'_>)> = vec![
        (
            "FLOOR",
            Box::new(|server| by_hand(server, token, &mut Vec::new())),
        ),
        (
            "ours",
            Box::new(|server| ours()(server).mechanism() == Some(Mechanism::XOAuth2)),
        ),
        (
            "by hand, output kept",
            Box::new(|server| by_hand(server, token, &mut kept)),
        ),
        (
            "rsasl 2.3.1, imap-proto 0.17.0, glue",
            Box::new(|server| by_rsasl(server, &config)),
        ),
        (
            "imap-next 0.3.4",
            Box::new(|server| by_imap_next(server, token)),
        ),
        (
            "io-imap 0.7.1",
            Box::new(|server| by_io_imap(server, for_io.clone())),
        ),
        (
            "the server alone",
            Box::new(|server| {
                server.hear(b"A1 AUTHENTICATE XOAUTH2 dXNlcg==\r\n");
                !server.answer.is_empty()
            }),
        ),
    ];
    compare(
        &format!("IMAP, token of {} octets", token.len()),
        candidates,
        Dialect::Imap,
    );
}

/// There is no peer for these.
fn others(token: &str) {
    let credentials = Credentials::bearer(USER, token).expect("they are well-formed");
    let usual = smtp_auth::Options::from(settings());
    let long = usual.clone().long_initial_response(true);
    let smtp = |options: &smtp_auth::Options| log_in::<Smtp>(credentials.clone(), options.clone());
    let candidates: Vec<(&str, Work<'_>)> = vec![
        (
            "ours",
            Box::new(|server| smtp(&long)(server).mechanism().is_some()),
        ),
        (
            "ours, first message apart where 512 octets are too few",
            Box::new(|server| smtp(&usual)(server).mechanism().is_some()),
        ),
    ];
    compare(
        &format!("SMTP, token of {} octets", token.len()),
        candidates,
        Dialect::Smtp,
    );

    let options = sieve_auth::Options::from(settings());
    let candidates: Vec<(&str, Work<'_>)> = vec![(
        "ours",
        Box::new(|server| {
            log_in::<Sieve>(credentials.clone(), options.clone())(server)
                .mechanism()
                .is_some()
        }),
    )];
    compare(
        &format!("ManageSieve, token of {} octets", token.len()),
        candidates,
        Dialect::Sieve,
    );
}

#[cfg(not(feature = "memcount"))]
fn compare(title: &str, candidates: Vec<(&str, Work<'_>)>, dialect: Dialect) {
    let mut table = mail_login_benches::Table::new(title);
    for (name, mut work) in candidates {
        let mut server = Server::new(dialect);
        assert!(work(&mut server), "{name}");
        let once = move || work(&mut server);
        match name {
            "FLOOR" => table.floor("by hand", once),
            name if name.starts_with("ours") => table.ours(name.replace("ours", "a `Login`"), once),
            name => table.other(name, once),
        }
    }
    table.run();
}

/// Octets that pass through `memcpy` and the like, less what the server copies.
#[cfg(feature = "memcount")]
fn compare(title: &str, candidates: Vec<(&str, Work<'_>)>, dialect: Dialect) {
    use mail_login_benches::count::{heap_of, memory::memory_of};

    println!(
        "\n### {title}: octets copied\n\n| candidate | copied | moved by realloc | filled |\n|---|---:|---:|---:|"
    );
    for (name, mut work) in candidates {
        let mut server = Server::new(dialect);
        // What is set up once does not count.
        work(&mut server);
        server.copied = 0;
        let ((_, memory), heap) = heap_of(|| memory_of(|| work(&mut server)));
        let copied = memory.copied - server.copied as u64;
        println!("| {name} | {copied} | {} | {} |", heap.moved, memory.filled);
    }
}

#[derive(Clone, Copy)]
enum Dialect {
    Imap,
    Sieve,
    Smtp,
}

/// Says what it always says.
struct Server {
    dialect: Dialect,
    answer: Vec<u8>,
    tag: [u8; 16],
    tag_len: usize,
    copied: usize,
}

impl Server {
    fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            answer: Vec::with_capacity(2048),
            tag: [0; 16],
            tag_len: 0,
            copied: 0,
        }
    }

    fn greeting(&self) -> &'static [u8] {
        match self.dialect {
            Dialect::Imap => DOVECOT_GREETING,
            Dialect::Sieve => PIGEONHOLE,
            Dialect::Smtp => SMTP_GREETING,
        }
    }

    /// Takes a command, or the rest of one, and answers.
    fn hear(&mut self, line: &[u8]) {
        self.answer.clear();
        match self.dialect {
            Dialect::Imap => self.hear_imap(line),
            Dialect::Sieve => self.say(SIEVE_ACCEPTED),
            Dialect::Smtp if line.starts_with(b"EHLO") => self.say(GMAIL_EHLO),
            Dialect::Smtp if line == b"AUTH XOAUTH2\r\n" => self.say(b"334 \r\n"),
            Dialect::Smtp => self.say(SMTP_ACCEPTED),
        }
    }

    fn hear_imap(&mut self, line: &[u8]) {
        let Some(end) = memchr(b' ', line) else {
            return self.accept();
        };
        self.tag[..end].copy_from_slice(&line[..end]);
        self.tag_len = end;
        if line.ends_with(b" XOAUTH2\r\n") {
            return self.say(b"+ \r\n");
        }
        self.accept();
    }

    fn accept(&mut self) {
        let tag = self.tag;
        self.say(&tag[..self.tag_len]);
        self.say(DOVECOT_ACCEPTED);
    }

    fn say(&mut self, text: &[u8]) {
        self.copied += text.len();
        self.answer.extend_from_slice(text);
    }
}

/// Only this mechanism, which all peers speak.
fn settings() -> Settings {
    Settings::new().mechanisms(&[Mechanism::XOAuth2])
}

/// Ours, whatever the protocol.
fn log_in<P: Protocol>(
    credentials: Credentials,
    options: P::Options,
) -> impl FnOnce(&mut Server) -> Session {
    |server| {
        let mut machine = P::dangerous_login_in_clear(credentials, options);
        machine.handle_input(server.greeting());
        loop {
            match machine.poll() {
                Ok(Step::Event(_)) => {}
                Ok(Step::Write(line)) => server.hear(&line),
                Ok(Step::Read) => machine.handle_input(&server.answer),
                Ok(Step::Done(Outcome::Accepted(session))) => break session,
                Ok(Step::Done(Outcome::Rejected(rejection))) => panic!("{rejection}"),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

fn by_hand(server: &mut Server, token: &str, out: &mut Vec<u8>) -> bool {
    out.clear();
    let mut login = floor::imap::Login::new(USER, token);
    if login.feed(DOVECOT_GREETING, out) != floor::imap::Next::Write {
        return false;
    }
    server.hear(out);
    login.feed(&server.answer, out) == floor::imap::Next::Done(true)
}

fn by_imap_next(server: &mut Server, token: &str) -> bool {
    let mut client = Client::new(Options::default());
    client.enqueue_input(DOVECOT_GREETING);
    let offer = match client.next() {
        Ok(Event::GreetingReceived { greeting }) => match greeting.code {
            Some(Code::Capability(list)) => peers::imap_codec::bits(list.as_ref()),
            _ => 0,
        },
        other => panic!("{other:?}"),
    };
    if offer & (XOAUTH2 | SASL_IR) != XOAUTH2 | SASL_IR {
        return false;
    }
    let raw = format!("user={USER}\x01auth=Bearer {token}\x01\x01").into_bytes();
    client.enqueue_command(Command {
        tag: Tag::try_from("A1").expect("it is a tag"),
        body: CommandBody::authenticate_with_ir(AuthMechanism::XOAuth2, raw),
    });
    loop {
        match client.next() {
            Err(Interrupt::Io(Io::Output(bytes))) => server.hear(&bytes),
            Err(Interrupt::Io(Io::NeedMoreInput)) => client.enqueue_input(&server.answer),
            Ok(Event::AuthenticateStarted { .. }) => {}
            Ok(Event::AuthenticateStatusReceived {
                status: Status::Tagged(status),
                ..
            }) => return status.body.kind == StatusKind::Ok,
            other => panic!("{other:?}"),
        }
    }
}

fn by_io_imap(server: &mut Server, credentials: SaslXoauth2Creds) -> bool {
    let mut fragmentizer = Fragmentizer::new(50 << 20);
    let transport = ImapSessionTransport::Tcp {
        host: "imap.example.com".into(),
        port: 143,
    };
    let mut machine = ImapSessionOpen::new(
        transport,
        Some(credentials),
        ImapSessionOpenOptions::default(),
    );
    let (mut greeted, mut reads) = (false, false);
    loop {
        let input = match (reads, greeted) {
            (false, _) => None,
            (true, false) => Some(DOVECOT_GREETING),
            (true, true) => Some(&*server.answer),
        };
        greeted |= reads;
        reads = false;
        match machine.resume(&mut fragmentizer, input) {
            ImapCoroutineState::Yielded(ImapSessionOpenYield::WantsTcpConnect { .. }) => {}
            ImapCoroutineState::Yielded(ImapSessionOpenYield::WantsRead) => reads = true,
            ImapCoroutineState::Yielded(ImapSessionOpenYield::WantsWrite(bytes)) => {
                server.hear(&bytes)
            }
            ImapCoroutineState::Complete(Ok(done)) => return !done.capability.is_empty(),
            other => panic!("{other:?}"),
        }
    }
}

/// What a program has to add to two crates, at the least.
fn by_rsasl(server: &mut Server, config: &Arc<::rsasl::prelude::SASLConfig>) -> bool {
    use imap_proto::{Capability, Response, ResponseCode, Status};

    let mut buffer = Vec::with_capacity(1024);
    buffer.extend_from_slice(DOVECOT_GREETING);
    let list = match Response::parse(&buffer) {
        Ok((_, Response::Data { outcome, .. })) => match outcome.code {
            Some(ResponseCode::Capabilities(list)) => list,
            _ => return false,
        },
        other => panic!("{other:?}"),
    };
    let offers = |wanted: &Capability<'_>| list.contains(wanted);
    if !offers(&Capability::Auth("XOAUTH2".into())) || !offers(&Capability::Atom("SASL-IR".into()))
    {
        return false;
    }
    let mut session = rsasl::session(config, "XOAUTH2");
    let mut line = b"A1 AUTHENTICATE XOAUTH2 ".to_vec();
    session
        .step64(None, &mut line)
        .expect("the callback answers");
    line.extend_from_slice(b"\r\n");
    server.hear(&line);
    buffer.clear();
    buffer.extend_from_slice(&server.answer);
    let accepted = match Response::parse(&buffer) {
        Ok((_, Response::Done { tag, status, .. })) => tag.0 == "A1" && status == Status::Ok,
        other => panic!("{other:?}"),
    };
    accepted
        && session
            .step(None, &mut line)
            .is_ok_and(|state| state.is_finished())
}
