//! A socket that keeps the deadline, whatever is built on top of it.

use core::time::Duration;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::{
    io::{self, ErrorKind, IoSlice, Read, Write},
    net::TcpStream,
};

use mail_login_tls::Deadline;

/// A socket that is told before each system call how much time is left. TLS sits on top of it, so
/// the deadline holds in the middle of a handshake or a record, too.
#[derive(Debug)]
pub(crate) struct Socket {
    inner: Inner,
    deadline: Deadline,
    /// How long one read may take, besides the deadline.
    pause: Option<Duration>,
    /// What the operating system was told last.
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

#[derive(Debug)]
pub(crate) enum Inner {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Socket {
    pub(crate) fn new(inner: Inner, deadline: Deadline) -> Self {
        Self {
            inner,
            deadline,
            pause: None,
            read_timeout: None,
            write_timeout: None,
        }
    }

    pub(crate) fn set_deadline(&mut self, deadline: Deadline) {
        self.deadline = deadline;
    }

    pub(crate) fn set_pause(&mut self, pause: Option<Duration>) {
        self.pause = pause;
    }

    pub(crate) fn shutdown(&self) -> io::Result<()> {
        match &self.inner {
            Inner::Tcp(socket) => socket.shutdown(std::net::Shutdown::Both),
            #[cfg(unix)]
            Inner::Unix(socket) => socket.shutdown(std::net::Shutdown::Both),
        }
    }

    fn allow_read(&mut self) -> io::Result<()> {
        let left = self.deadline.left()?;
        let allowed = [left, self.pause].into_iter().flatten().min();
        if allowed != self.read_timeout {
            match &self.inner {
                Inner::Tcp(socket) => socket.set_read_timeout(allowed)?,
                #[cfg(unix)]
                Inner::Unix(socket) => socket.set_read_timeout(allowed)?,
            }
            self.read_timeout = allowed;
        }
        Ok(())
    }

    fn allow_write(&mut self) -> io::Result<()> {
        let allowed = self.deadline.left()?;
        if allowed != self.write_timeout {
            match &self.inner {
                Inner::Tcp(socket) => socket.set_write_timeout(allowed)?,
                #[cfg(unix)]
                Inner::Unix(socket) => socket.set_write_timeout(allowed)?,
            }
            self.write_timeout = allowed;
        }
        Ok(())
    }

    fn writing<T>(
        &mut self,
        mut write: impl FnMut(&mut dyn Write) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            self.allow_write()?;
            let written = match &mut self.inner {
                Inner::Tcp(socket) => write(socket),
                #[cfg(unix)]
                Inner::Unix(socket) => write(socket),
            };
            match written {
                Err(error) if is_timeout(&error) => {}
                written => return written,
            }
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.allow_read()?;
            let read = match &mut self.inner {
                Inner::Tcp(socket) => socket.read(buffer),
                #[cfg(unix)]
                Inner::Unix(socket) => socket.read(buffer),
            };
            match read {
                // Which of both it was: the deadline is looked at when the loop begins again.
                Err(error) if is_timeout(&error) => {
                    if self.pause.is_some() && self.pause == self.read_timeout {
                        return Err(ErrorKind::TimedOut.into());
                    }
                }
                read => return read,
            }
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writing(|socket| socket.write(bytes))
    }

    // All records of one command in one system call.
    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.writing(|socket| socket.write_vectored(parts))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Unix says `WouldBlock` when a timeout has passed, Windows says `TimedOut`.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
