//! A connection, in clear or in TLS.

use alloc::boxed::Box;
use core::{
    pin::Pin,
    task::{Context, Poll},
};
use std::io;

use mail_login_tls::{Failure, Handshake, Phase, describe};
use sasl_core::{Observer, Tls};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::{TlsConnector, client::TlsStream, rustls::ClientConnection};

use crate::socket::Socket;

/// A connection to a server: TCP or Unix socket, in clear or in TLS.
///
/// ```no_run
/// # async fn leave(mut stream: mail_login_tokio::Stream) -> std::io::Result<()> {
/// use tokio::io::AsyncWriteExt;
///
/// stream.write_all(b"A1 LOGOUT\r\n").await?;
/// stream.shutdown().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Stream(Inner);

#[derive(Debug)]
enum Inner {
    Plain(Socket),
    Tls(Box<TlsStream<Socket>>),
}

impl Stream {
    pub(crate) fn plain(socket: Socket) -> Self {
        Self(Inner::Plain(socket))
    }

    /// Does the whole handshake. The socket is gone into TLS, whatever comes of it.
    pub(crate) async fn tls(
        socket: Socket,
        handshake: Handshake,
        observer: &mut (dyn Observer + Send),
    ) -> Result<Self, Failure> {
        let connector = TlsConnector::from(handshake.config);
        // A command goes out in one piece, however long the token in it.
        let unlimited = |connection: &mut ClientConnection| {
            connection.set_buffer_limit(None);
        };
        let stream = connector
            .connect_with(handshake.name, socket, unlimited)
            .await
            .map_err(|error| Failure::from_io(Phase::Handshake, error))?;
        observer.secured(&describe(stream.get_ref().1));
        Ok(Self(Inner::Tls(Box::new(stream))))
    }

    /// What the TLS handshake agreed on; `None` in clear.
    pub fn secured(&self) -> Option<Tls<'_>> {
        match &self.0 {
            Inner::Plain(_) => None,
            Inner::Tls(stream) => Some(describe(stream.get_ref().1)),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Inner::Plain(socket) => Pin::new(socket).poll_read(context, buffer),
            Inner::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().0 {
            Inner::Plain(socket) => Pin::new(socket).poll_write(context, bytes),
            Inner::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Inner::Plain(socket) => Pin::new(socket).poll_flush(context),
            Inner::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Inner::Plain(socket) => Pin::new(socket).poll_shutdown(context),
            Inner::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
