//! Finding out what is behind a port that says nothing about it.

use std::time::Duration;

use mail_login_blocking::{Failure, Silent, probe};
use sasl_core::{Error, Settings, WrongProtocol};

use super::target::Target;
use crate::{
    cli::{Connection, Protocol, TlsMode},
    protocol,
};

/// How long a server may take to say its first word before it is taken for one that waits for TLS.
const FIRST_WORD: Duration = Duration::from_secs(3);

/// Listens to the first line in clear, then behind TLS, and takes IMAP if nothing tells otherwise.
pub(crate) fn guess(host: &str, port: u16, connection: &Connection) -> Target {
    let target = |protocol, tls| Target {
        protocol,
        host: host.into(),
        port,
        tls,
    };
    match listen(host, port, TlsMode::None, connection) {
        Heard::Protocol(protocol) => target(protocol, TlsMode::Starttls),
        Heard::Nothing => match listen(host, port, TlsMode::Implicit, connection) {
            Heard::Protocol(protocol) => target(protocol, TlsMode::Implicit),
            Heard::Nothing => target(Protocol::Imap, TlsMode::Implicit),
        },
    }
}

enum Heard {
    Protocol(Protocol),
    /// Silence, or something that is none of the three.
    Nothing,
}

fn listen(host: &str, port: u16, tls: TlsMode, connection: &Connection) -> Heard {
    let Ok(server) = protocol::server(host, port, tls, connection) else {
        return Heard::Nothing;
    };
    let server = server.timeout(FIRST_WORD.min(connection.timeout));
    let options = imap_auth::Options::from(Settings::new());
    match probe::<imap_auth::Imap>(&server, options, &mut Silent) {
        Ok(_) => Heard::Protocol(Protocol::Imap),
        Err(Failure::Conversation(Error::WrongProtocol { hint })) => match hint {
            WrongProtocol::Smtp => Heard::Protocol(Protocol::Smtp),
            WrongProtocol::Sieve => Heard::Protocol(Protocol::Sieve),
            _ => Heard::Nothing,
        },
        Err(_) => Heard::Nothing,
    }
}
