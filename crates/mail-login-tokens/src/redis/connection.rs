//! One connection, and a deadline over all that is said on it.

use alloc::{boxed::Box, sync::Arc};
use core::time::Duration;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
};

use mail_login_tls::{Address, Deadline, Failure, Phase, Security};
use redis::{Cmd, Parser, Value};
use rustls::{ClientConnection, StreamOwned};
use zeroize::Zeroizing;

use super::{RedisServer, slot::refused};

/// A longer answer is none of a store.
const LIMIT: u64 = 2 << 20;

/// A connection that is ready for commands.
pub(super) struct Connection {
    wire: Timed,
    parser: Parser,
}

/// A socket whose every read and write ends by the deadline.
struct Timed {
    wire: Wire,
    deadline: Deadline,
}

enum Wire {
    Clear(Socket),
    Tls(Box<StreamOwned<ClientConnection, Socket>>),
}

enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Connection {
    /// Connects, and says who asks.
    pub(super) fn open(server: &RedisServer, deadline: Deadline) -> io::Result<Self> {
        let socket = connect(server, deadline)?;
        let wire = match server.server().security() {
            Security::InClear => Wire::Clear(socket),
            Security::ImplicitTls | Security::StartTls => {
                let handshake = server.server().tls(None).map_err(other)?;
                let client = ClientConnection::new(Arc::clone(&handshake.config), handshake.name);
                let client = client.map_err(io::Error::other)?;
                Wire::Tls(Box::new(StreamOwned::new(client, socket)))
            }
        };
        let mut connection = Self {
            wire: Timed { wire, deadline },
            parser: Parser::new(),
        };
        connection.begin(server, deadline)?;
        Ok(connection)
    }

    fn begin(&mut self, server: &RedisServer, deadline: Deadline) -> io::Result<()> {
        let settings = server.settings();
        if let Some(password) = settings.password() {
            let mut command = redis::cmd("AUTH");
            if let Some(user) = settings.username() {
                command.arg(user);
            }
            command.arg(password);
            self.agree(&command, deadline)?;
        }
        if settings.db() != 0 {
            let mut command = redis::cmd("SELECT");
            command.arg(settings.db());
            self.agree(&command, deadline)?;
        }
        Ok(())
    }

    fn agree(&mut self, command: &Cmd, deadline: Deadline) -> io::Result<()> {
        let answer = self.ask(command, deadline)?;
        if let Value::ServerError(error) = &answer {
            return Err(refused(error.code()));
        }
        if answer == Value::Okay {
            return Ok(());
        }
        Err(unreadable())
    }

    /// One command and its answer. After an error the connection is of no use.
    pub(super) fn ask(&mut self, command: &Cmd, deadline: Deadline) -> io::Result<Value> {
        self.wire.deadline = deadline;
        let octets = Zeroizing::new(command.get_packed_command());
        self.wire.write_all(&octets)?;
        self.wire.flush()?;
        let mut answer = Kept {
            wire: (&mut self.wire).take(LIMIT),
            lost: None,
        };
        let value = self.parser.parse_value(&mut answer);
        value.map_err(|_| answer.lost.unwrap_or_else(unreadable))
    }
}

/// Remembers why nothing more came, which the parser words in its own way.
struct Kept<R> {
    wire: R,
    lost: Option<io::Error>,
}

impl<R: Read> Read for Kept<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.wire.read(buffer) {
            Ok(0) => {
                self.lost = Some(io::ErrorKind::UnexpectedEof.into());
                Ok(0)
            }
            Ok(read) => Ok(read),
            Err(error) => {
                let kind = error.kind();
                self.lost = Some(error);
                Err(kind.into())
            }
        }
    }
}

fn connect(server: &RedisServer, deadline: Deadline) -> io::Result<Socket> {
    match server.server().address() {
        Address::Tcp { host, port } => {
            let addresses = (host.as_str(), *port).to_socket_addrs()?;
            let addresses = server.server().reachable(addresses).map_err(other)?;
            let mut last = io::ErrorKind::NotFound.into();
            for (tried, address) in addresses.iter().enumerate() {
                let time = deadline.share(addresses.len() - tried)?;
                let socket = match time {
                    Some(time) => TcpStream::connect_timeout(address, time),
                    None => TcpStream::connect(address),
                };
                match socket {
                    Ok(socket) => {
                        socket.set_nodelay(true)?;
                        return Ok(Socket::Tcp(socket));
                    }
                    Err(error) => last = error,
                }
            }
            Err(last)
        }
        #[cfg(unix)]
        Address::Unix(path) => UnixStream::connect(path).map(Socket::Unix),
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

fn other(failure: Failure) -> io::Error {
    io::Error::other(failure)
}

fn unreadable() -> io::Error {
    let text = "this is not an answer of a Redis server: check the address";
    io::Error::new(io::ErrorKind::InvalidData, text)
}

impl Timed {
    fn set_times(&self) -> io::Result<()> {
        let left = self.deadline.left()?;
        match &self.wire {
            Wire::Clear(socket) => socket.set_times(left),
            Wire::Tls(stream) => stream.sock.set_times(left),
        }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.set_times()?;
        let read = match &mut self.wire {
            Wire::Clear(socket) => socket.read(buffer),
            Wire::Tls(stream) => stream.read(buffer),
        };
        read.map_err(explained)
    }
}

impl Write for Timed {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.set_times()?;
        let written = match &mut self.wire {
            Wire::Clear(socket) => socket.write(octets),
            Wire::Tls(stream) => stream.write(octets),
        };
        written.map_err(explained)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.set_times()?;
        match &mut self.wire {
            Wire::Clear(socket) => socket.flush(),
            Wire::Tls(stream) => stream.flush().map_err(explained),
        }
    }
}

/// A certificate that is not trusted says so, and what to do about it.
fn explained(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::InvalidData {
        return other(Failure::from_io(Phase::Handshake, error));
    }
    if error.kind() == io::ErrorKind::WouldBlock {
        return io::ErrorKind::TimedOut.into();
    }
    error
}

impl Socket {
    fn set_times(&self, time: Option<Duration>) -> io::Result<()> {
        match self {
            Self::Tcp(socket) => {
                socket.set_read_timeout(time)?;
                socket.set_write_timeout(time)
            }
            #[cfg(unix)]
            Self::Unix(socket) => {
                socket.set_read_timeout(time)?;
                socket.set_write_timeout(time)
            }
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket) => socket.read(buffer),
            #[cfg(unix)]
            Self::Unix(socket) => socket.read(buffer),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket) => socket.write(octets),
            #[cfg(unix)]
            Self::Unix(socket) => socket.write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(socket) => socket.flush(),
            #[cfg(unix)]
            Self::Unix(socket) => socket.flush(),
        }
    }
}
