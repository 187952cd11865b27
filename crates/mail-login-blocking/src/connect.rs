//! From a server's name to a connection that is as secure as it was asked for.

use alloc::{string::ToString, vec::Vec};
use core::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use std::{
    io::{self, ErrorKind},
    net::ToSocketAddrs,
    sync::mpsc::{RecvTimeoutError, sync_channel},
    thread,
};

use mail_login_tls::{Address, Deadline, Failure, Phase, Security, Server};
use sasl_core::{Observer, Protocol};
use socket2::{Domain, SockAddr, Type};

use crate::{
    drive::pump,
    socket::{Inner, Socket},
    stream::Stream,
};

/// A connection on which the conversation can begin.
pub(crate) enum Opened<U> {
    InClear(Stream),
    OverTls(Stream),
    AfterStartTls(Stream, U),
}

/// Connects, and sets up TLS in the way that the server's settings say.
pub(crate) fn open<P: Protocol>(
    server: &Server,
    options: &mut P::Options,
    deadline: Deadline,
    observer: &mut dyn Observer,
) -> Result<Opened<P::Upgrade>, Failure> {
    server.prepare::<P>(options)?;
    match server.security() {
        Security::InClear => Ok(Opened::InClear(Stream::plain(connect(server, deadline)?))),
        Security::ImplicitTls => {
            let handshake = server.tls(P::ALPN)?;
            let socket = connect(server, deadline)?;
            Ok(Opened::OverTls(Stream::tls(socket, handshake, observer)?))
        }
        Security::StartTls => {
            let handshake = server.tls(P::ALPN)?;
            let mut socket = connect(server, deadline)?;
            let mut machine = P::start_tls(options.clone());
            let phase = Phase::StartTls;
            let proof = pump(
                &mut machine,
                &mut socket,
                observer,
                phase,
                Socket::set_pause,
            )?;
            // The socket moves into TLS: from here on nobody can read it in clear.
            let stream = Stream::tls(socket, handshake, observer)?;
            Ok(Opened::AfterStartTls(stream, proof))
        }
    }
}

pub(crate) fn connect(server: &Server, deadline: Deadline) -> Result<Socket, Failure> {
    match server.address() {
        Address::Tcp { host, port } => {
            let addresses = server.reachable(resolve(host, *port, deadline)?)?;
            dial_any(server, &addresses, deadline)
        }
        #[cfg(unix)]
        Address::Unix(path) => {
            let dialled = SockAddr::unix(path).and_then(|address| {
                let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
                let left = deadline.left()?;
                connect_within(&socket, &address, left)?;
                Ok(Inner::Unix(socket.into()))
            });
            match dialled {
                Ok(inner) => Ok(Socket::new(inner, deadline)),
                Err(cause) => Err(not_connected(server, cause, deadline)),
            }
        }
        _ => Err(not_connected(
            server,
            ErrorKind::Unsupported.into(),
            deadline,
        )),
    }
}

/// Looks a name up in a thread of its own: the operating system's resolver knows no deadline.
fn resolve(host: &str, port: u16, deadline: Deadline) -> Result<Vec<SocketAddr>, Failure> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok([SocketAddr::new(address, port)].into());
    }
    let failed = |cause| Failure::Resolve {
        host: host.to_string(),
        cause,
    };
    let (sender, receiver) = sync_channel(1);
    let name = host.to_string();
    let look_up = move || {
        let found = (name.as_str(), port).to_socket_addrs();
        // Nobody listens any more when the time was up.
        let _ = sender.send(found.map(Vec::from_iter));
    };
    let thread = thread::Builder::new().name("resolve".to_string());
    thread.spawn(look_up).map_err(failed)?;
    let gone = || failed(io::Error::other("the resolver failed"));
    let found = match deadline.remaining(Phase::Resolve)? {
        Some(left) => receiver.recv_timeout(left).map_err(|error| match error {
            RecvTimeoutError::Timeout => Failure::Deadline {
                during: Phase::Resolve,
            },
            RecvTimeoutError::Disconnected => gone(),
        })?,
        None => receiver.recv().map_err(|_| gone())?,
    };
    found.map_err(failed)
}

/// The first address that answers.
fn dial_any(
    server: &Server,
    addresses: &[SocketAddr],
    deadline: Deadline,
) -> Result<Socket, Failure> {
    let mut last = None;
    for (tried, address) in addresses.iter().enumerate() {
        match dial(*address, server.local(), deadline, addresses.len() - tried) {
            Ok(inner) => return Ok(Socket::new(inner, deadline)),
            Err(cause) => last = Some(cause),
        }
    }
    let cause = last.unwrap_or_else(|| ErrorKind::NotFound.into());
    Err(not_connected(server, cause, deadline))
}

fn dial(
    address: SocketAddr,
    local: Option<IpAddr>,
    deadline: Deadline,
    left: usize,
) -> io::Result<Inner> {
    let socket = socket2::Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // Without it, a command that follows another one may wait 40 ms for an acknowledgement.
    socket.set_tcp_nodelay(true)?;
    if let Some(local) = local {
        socket.bind(&SocketAddr::new(local, 0).into())?;
    }
    connect_within(&socket, &address.into(), deadline.share(left)?)?;
    Ok(Inner::Tcp(socket.into()))
}

fn connect_within(
    socket: &socket2::Socket,
    address: &SockAddr,
    time: Option<Duration>,
) -> io::Result<()> {
    // It counts in whole milliseconds; one more, so that the deadline has passed when it gives up.
    match time.map(|time| time.saturating_add(Duration::from_millis(1))) {
        Some(time) => socket.connect_timeout(address, time),
        None => socket.connect(address),
    }
}

fn not_connected(server: &Server, cause: io::Error, deadline: Deadline) -> Failure {
    match deadline.remaining(Phase::Connect) {
        Err(failure) => failure,
        Ok(_) => Failure::Connect {
            address: server.address().to_string(),
            cause,
        },
    }
}
