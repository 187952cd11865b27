//! A connection, in clear or in TLS.

use alloc::boxed::Box;
use core::time::Duration;
use std::io::{self, Read, Write};

use mail_login_tls::{Deadline, Failure, Handshake, Phase, describe};
use rustls::{ClientConnection, StreamOwned};
use sasl_core::{Observer, Tls};

use crate::socket::Socket;

/// A connection to a server: TCP or Unix socket, in clear or in TLS.
///
/// After a login it has neither deadline nor timeout; set what you need.
///
/// ```no_run
/// # fn idle(mut stream: mail_login_blocking::Stream) -> std::io::Result<()> {
/// use std::{io::{Read, Write}, time::Duration};
///
/// stream.set_read_timeout(Some(Duration::from_secs(29 * 60)));
/// stream.write_all(b"A1 IDLE\r\n")?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Stream(Inner);

#[derive(Debug)]
enum Inner {
    Plain(Socket),
    Tls(Box<StreamOwned<ClientConnection, Socket>>),
}

impl Stream {
    pub(crate) fn plain(socket: Socket) -> Self {
        Self(Inner::Plain(socket))
    }

    /// Does the whole handshake. The socket is gone into TLS, whatever comes of it.
    pub(crate) fn tls(
        mut socket: Socket,
        handshake: Handshake,
        observer: &mut dyn Observer,
    ) -> Result<Self, Failure> {
        let lost = |error| Failure::from_io(Phase::Handshake, error);
        let mut connection = ClientConnection::new(handshake.config, handshake.name)
            .map_err(|error| lost(io::Error::other(error)))?;
        // A command goes out in one piece, however long the token in it.
        connection.set_buffer_limit(None);
        while connection.is_handshaking() {
            connection.complete_io(&mut socket).map_err(lost)?;
        }
        observer.secured(&describe(&connection));
        let stream = StreamOwned::new(connection, socket);
        Ok(Self(Inner::Tls(Box::new(stream))))
    }

    /// What the TLS handshake agreed on; `None` in clear.
    pub fn secured(&self) -> Option<Tls<'_>> {
        match &self.0 {
            Inner::Plain(_) => None,
            Inner::Tls(stream) => Some(describe(&stream.conn)),
        }
    }

    /// From this point in time on every read and write fails. It is kept even against a peer that
    /// sends one octet now and then.
    pub fn set_deadline(&mut self, deadline: Deadline) {
        self.socket().set_deadline(deadline);
    }

    /// How long each read may wait for an octet. Afterwards it fails with
    /// [`TimedOut`](io::ErrorKind::TimedOut), and the next one may go on.
    pub fn set_read_timeout(&mut self, time: Option<Duration>) {
        self.socket().set_pause(time);
    }

    /// Says goodbye to TLS, which keeps complaints out of the server's log, and closes.
    ///
    /// # Errors
    ///
    /// When the peer is gone already; the connection is closed in any case.
    pub fn close(self) -> io::Result<()> {
        match self.0 {
            Inner::Plain(socket) => socket.shutdown(),
            Inner::Tls(mut stream) => {
                stream.conn.send_close_notify();
                let said = stream.flush();
                let closed = stream.sock.shutdown();
                said.and(closed)
            }
        }
    }

    fn socket(&mut self) -> &mut Socket {
        match &mut self.0 {
            Inner::Plain(socket) => socket,
            Inner::Tls(stream) => &mut stream.sock,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Inner::Plain(socket) => socket.read(buffer),
            Inner::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Inner::Plain(socket) => socket.write(bytes),
            Inner::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Inner::Plain(socket) => socket.flush(),
            Inner::Tls(stream) => stream.flush(),
        }
    }
}
