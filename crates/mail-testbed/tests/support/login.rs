//! Logins by this project's own driver, and what came over the wire.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "every test file uses a part; a test needs no `no_std`, and a panic is how it fails"
)]

use std::{
    io::{Read as _, Write as _},
    time::Duration,
};

use mail_login_blocking::{Connection, Failure, Login, Server, login};
use mail_testbed::{Authority, MailServer};
use sasl_core::{Credentials, Mechanism, Observer, Protocol, Rejection, Settings};

pub const USER: &str = "alice@example.com";

/// Which of a server's doors is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Clear,
    ImplicitTls,
    StartTls,
}

pub const DOORS: [Door; 3] = [Door::ImplicitTls, Door::StartTls, Door::Clear];

/// A server as the driver sees it. No test hangs for ever, whatever is wrong.
pub fn through(door: Door, server: &MailServer, authority: &Authority) -> Server {
    let host = "127.0.0.1";
    let server = match door {
        Door::Clear => Server::dangerous_in_clear(host, server.in_clear().port()),
        Door::ImplicitTls => Server::implicit_tls(host, server.implicit_tls().port()),
        Door::StartTls => Server::starttls(host, server.starttls().port()),
    };
    let server = server.timeout(Duration::from_secs(20));
    server.extra_ca_pem(authority.pem().as_bytes()).unwrap()
}

pub fn bearer(token: &str) -> Credentials {
    Credentials::bearer(USER, token).unwrap()
}

/// What the server said, as the driver read it.
#[derive(Default)]
pub struct Heard(pub Vec<u8>, pub usize);

impl Observer for Heard {
    fn received(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
        self.1 += 1;
    }
}

impl Heard {
    pub fn has(&self, text: &str) -> bool {
        self.0
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    }

    /// For the message of an assertion.
    pub fn shown(&self) -> String {
        self.0.escape_ascii().to_string()
    }
}

/// How a login ended, without the connection it was refused on.
#[derive(Debug)]
pub enum Ended {
    In(Connection),
    Refused(Rejection),
    Broken(Failure),
}

impl Ended {
    #[track_caller]
    pub fn accepted(self) -> Connection {
        match self {
            Self::In(connection) => connection,
            Self::Refused(rejection) => panic!("refused: {rejection:?}"),
            Self::Broken(failure) => panic!("broken: {failure:?}"),
        }
    }

    #[track_caller]
    pub fn rejected(self) -> Rejection {
        match self {
            Self::In(connection) => panic!("accepted: {:?}", connection.session),
            Self::Refused(rejection) => rejection,
            Self::Broken(failure) => panic!("broken: {failure:?}"),
        }
    }

    #[track_caller]
    pub fn broken(self) -> Failure {
        match self {
            Self::In(connection) => panic!("accepted: {:?}", connection.session),
            Self::Refused(rejection) => panic!("refused: {rejection:?}"),
            Self::Broken(failure) => failure,
        }
    }
}

pub fn log_in<P: Protocol>(server: &Server, credentials: Credentials, settings: Settings) -> Ended {
    log_in_heard::<P>(server, credentials, settings, &mut Heard::default())
}

pub fn log_in_heard<P: Protocol>(
    server: &Server,
    credentials: Credentials,
    settings: Settings,
    heard: &mut Heard,
) -> Ended {
    match login::<P>(server, credentials, settings.into(), heard) {
        Ok(Login::Accepted(connection)) => Ended::In(connection),
        Ok(Login::Rejected(refused)) => Ended::Refused(refused.rejection().clone()),
        Err(failure) => Ended::Broken(failure),
    }
}

/// This mechanism and no other.
pub fn by(mechanism: Mechanism) -> Settings {
    Settings::new().mechanisms(&[mechanism])
}

/// Says something on a connection that is logged in, and hears until `end`, or until nothing comes.
pub fn ask(connection: &mut Connection, command: &str, end: &str) -> String {
    let stream = &mut connection.stream;
    stream.set_read_timeout(Some(Duration::from_secs(20)));
    stream.write_all(command.as_bytes()).unwrap();
    stream.flush().unwrap();
    let mut answer = core::mem::take(&mut connection.remaining);
    let mut buffer = [0; 4096];
    while !answer.windows(end.len()).any(|part| part == end.as_bytes()) {
        let read = stream.read(&mut buffer).unwrap();
        assert_ne!(read, 0, "{}", answer.escape_ascii());
        answer.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8(answer).unwrap()
}
