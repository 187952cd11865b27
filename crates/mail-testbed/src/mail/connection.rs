//! One connection, from its first octet to its last.

use alloc::{borrow::Cow, boxed::Box, sync::Arc, vec, vec::Vec};
use core::time::Duration;
use std::io;

use rustls::ServerConfig;
use sasl_core::{Accepting, Machine, Step};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time,
};
use tokio_rustls::TlsAcceptor;

use super::{
    MailOptions,
    after::{self, After},
    check::check,
    listen::Door,
    quirk::{End, Kind},
    record::{Counted, Record},
};
use crate::Checker;

/// What all connections of a server share.
pub(super) struct Host<P: After> {
    pub(super) options: MailOptions,
    pub(super) record: Arc<Record>,
    accept: P::AcceptOptions,
    checker: Checker,
    tls: TlsAcceptor,
}

/// Why a connection ends otherwise than by a goodbye. There is nobody to tell.
pub(super) struct Over;

impl From<io::Error> for Over {
    fn from(_: io::Error) -> Self {
        Self
    }
}

impl From<sasl_core::Error> for Over {
    fn from(_: sasl_core::Error) -> Self {
        Self
    }
}

/// Octets read at a time. Thousands of connections may wait, each with a buffer.
pub(super) const READ: usize = 2048;

/// Longer lines are not waited for by quirks.
const LINE: usize = 32 << 10;

/// Between octets that come one at a time: without it, they have met again before the client looks.
const PAUSE: Duration = Duration::from_millis(1);

/// How long somebody who is logged in may say nothing.
pub(super) const IDLE: Duration = Duration::from_secs(1800);

impl<P: After> Host<P> {
    pub(super) fn new(
        options: MailOptions,
        accept: P::AcceptOptions,
        checker: Checker,
        tls: Arc<ServerConfig>,
        record: &Arc<Record>,
    ) -> Self {
        Self {
            options,
            accept,
            checker,
            tls: TlsAcceptor::from(tls),
            record: Arc::clone(record),
        }
    }

    pub(super) async fn serve(&self, mut socket: TcpStream, door: Door) {
        // A small answer must not wait for the acknowledgement of the one before.
        let _ = socket.set_nodelay(true);
        let mut manner = Manner::new(&self.options, self.record.count());
        let over = match door {
            Door::ImplicitTls => self.over_tls(&mut socket, &mut manner).await,
            Door::StartTls => {
                let accept = P::accept_in_clear(self.accept.clone());
                self.in_clear(accept, &mut socket, &mut manner).await
            }
            Door::Clear => {
                let accept = P::dangerous_accept_in_clear(self.accept.clone());
                self.in_clear(accept, &mut socket, &mut manner).await
            }
        };
        match (over, manner.ended) {
            (Err(Over), Some(End::Reset)) => {
                // Without lingering, what is closed is reset.
                manner.uncount();
                let _ = socket.set_zero_linger();
            }
            (Err(Over), Some(End::Silence)) => {
                // Nothing is said, but a client that goes away has gone away.
                let _ = time::timeout(IDLE, drain(&mut socket)).await;
                manner.uncount();
            }
            (Ok(()) | Err(Over), _) => {
                manner.uncount();
                let _ = socket.shutdown().await;
            }
        }
    }

    async fn over_tls(&self, socket: &mut TcpStream, manner: &mut Manner<'_>) -> Result<(), Over> {
        let deadline = time::Instant::now() + self.options.login_time;
        manner.stay_silent()?;
        let accept = || P::accept_over_tls(self.accept.clone());
        Box::pin(self.secured(accept, socket, manner, deadline)).await
    }

    async fn in_clear(
        &self,
        mut accept: P::Accept,
        socket: &mut TcpStream,
        manner: &mut Manner<'_>,
    ) -> Result<(), Over> {
        let deadline = time::Instant::now() + self.options.login_time;
        manner.stay_silent()?;
        match self
            .ask(&mut accept, socket, manner, deadline, false)
            .await?
        {
            Asked::Accepted(user) => {
                let rest = accept.remaining().to_vec();
                // A machine holds buffers that a session has no use for.
                drop(accept);
                after::serve::<P>(self, &user, &rest, socket, manner).await
            }
            Asked::Closed => Ok(()),
            Asked::StartTls(proof) => {
                drop(accept);
                let accept = || P::accept_after_starttls(proof, self.accept.clone());
                // In a box, so that those who stay in clear need no room for it.
                Box::pin(self.secured(accept, socket, manner, deadline)).await
            }
        }
    }

    /// TLS, from its handshake on.
    async fn secured(
        &self,
        accept: impl FnOnce() -> P::Accept + Send,
        socket: &mut TcpStream,
        manner: &mut Manner<'_>,
        deadline: time::Instant,
    ) -> Result<(), Over> {
        let mut stream = time::timeout_at(deadline, self.tls.accept(socket))
            .await
            .map_err(|_| Over)??;
        self.log_in(accept(), &mut stream, manner, deadline).await?;
        manner.uncount();
        let _ = stream.shutdown().await;
        Ok(())
    }

    async fn log_in<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut accept: P::Accept,
        stream: &mut S,
        manner: &mut Manner<'_>,
        deadline: time::Instant,
    ) -> Result<(), Over> {
        match self
            .ask(&mut accept, stream, manner, deadline, true)
            .await?
        {
            Asked::Accepted(user) => {
                let rest = accept.remaining().to_vec();
                drop(accept);
                after::serve::<P>(self, &user, &rest, stream, manner).await
            }
            Asked::Closed | Asked::StartTls(_) => Ok(()),
        }
    }

    /// Up to something that is not decided here.
    async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        accept: &mut P::Accept,
        stream: &mut S,
        manner: &mut Manner<'_>,
        deadline: time::Instant,
        tls: bool,
    ) -> Result<Asked<P::Handshake>, Over> {
        loop {
            let step = time::timeout_at(deadline, drive(accept, stream, manner));
            match step.await.map_err(|_| Over)?? {
                Accepting::Presented(presented) => {
                    let (verdict, refused) = check(&presented, &self.options, &self.checker);
                    self.record.note_attempt(&presented, tls, refused);
                    P::decide(accept, verdict);
                }
                Accepting::Accepted(accepted) => {
                    return Ok(Asked::Accepted(accepted.user().into()));
                }
                Accepting::Closed(_) => return Ok(Asked::Closed),
                Accepting::StartTls(proof) => return Ok(Asked::StartTls(proof)),
            }
        }
    }
}

enum Asked<H> {
    Accepted(String),
    Closed,
    StartTls(H),
}

/// Runs a machine until it yields.
async fn drive<M: Machine, S: AsyncRead + AsyncWrite + Unpin>(
    machine: &mut M,
    stream: &mut S,
    manner: &mut Manner<'_>,
) -> Result<M::Output, Over> {
    let mut buffer = vec![0; READ];
    loop {
        match machine.poll()? {
            Step::Write(bytes) => manner.say(stream, &bytes).await?,
            Step::Read => {
                let read = stream.read(&mut buffer).await?;
                let heard = buffer.get(..read).unwrap_or_default();
                let heard = manner.hear(heard).into_owned();
                let heard = manner.answer_instead(stream, heard).await?;
                // What a quirk left nothing of is not the end of the stream.
                if read == 0 || !heard.is_empty() {
                    machine.handle_input(&heard);
                }
            }
            Step::Event(_) => {}
            Step::Done(output) => return Ok(output),
        }
    }
}

/// Reads until the client closes.
async fn drain(socket: &mut TcpStream) {
    let mut buffer = [0; 256];
    while socket.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
}

/// How a server says things.
pub(super) struct Manner<'a> {
    options: &'a MailOptions,
    said: usize,
    /// Octets of the client's line so far.
    column: usize,
    /// A line of the client that is not complete, where a quirk looks at lines.
    partial: Vec<u8>,
    /// A quirk ended the connection.
    ended: Option<End>,
    counted: Option<Counted<'a>>,
}

impl<'a> Manner<'a> {
    fn new(options: &'a MailOptions, counted: Counted<'a>) -> Self {
        Self {
            options,
            said: 0,
            column: 0,
            partial: Vec::new(),
            ended: None,
            counted: Some(counted),
        }
    }

    /// A client that sees the end of its connection must not find it counted still.
    fn uncount(&mut self) {
        self.counted = None;
    }

    fn stay_silent(&mut self) -> Result<(), Over> {
        let silent = |quirk: &super::Quirk| matches!(quirk.0, Kind::Silent);
        if self.options.quirks.iter().any(silent) {
            self.ended = Some(End::Silence);
            return Err(Over);
        }
        Ok(())
    }

    pub(super) async fn say(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        bytes: &[u8],
    ) -> Result<(), Over> {
        let mut bytes = Cow::Borrowed(bytes);
        let mut piece = bytes.len().max(1);
        for quirk in &self.options.quirks {
            match &quirk.0 {
                Kind::ByteAtATime => piece = 1,
                Kind::Delay(time) => time::sleep(*time).await,
                Kind::EndAfter(answers, end) if self.said >= *answers => {
                    self.ended = Some(*end);
                    return Err(Over);
                }
                Kind::Answers(..) => bytes = quirk.change(bytes),
                Kind::CutLines(_)
                | Kind::EndAfter(..)
                | Kind::Instead(..)
                | Kind::NotConnected
                | Kind::Silent => {}
            }
        }
        self.said += 1;
        if piece > 1 {
            piece = bytes.len().max(1);
        }
        let mut pieces = bytes.chunks(piece).peekable();
        while let Some(piece) = pieces.next() {
            stream.write_all(piece).await?;
            stream.flush().await?;
            if pieces.peek().is_some() {
                time::sleep(PAUSE).await;
            }
        }
        Ok(())
    }

    /// Lets quirks answer the lines among what was heard, and gives what is left for the server.
    async fn answer_instead(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        heard: Vec<u8>,
    ) -> Result<Vec<u8>, Over> {
        let looks = |quirk: &super::Quirk| matches!(quirk.0, Kind::Instead(..));
        if !self.options.quirks.iter().any(looks) {
            return Ok(heard);
        }
        let ended = heard.is_empty();
        self.partial.extend(heard);
        let mut left = Vec::new();
        while let Some(end) = self.partial.iter().position(|octet| *octet == b'\n') {
            let rest = self.partial.split_off(end + 1);
            let line = core::mem::replace(&mut self.partial, rest);
            let quirks = &self.options.quirks;
            match quirks.iter().find_map(|quirk| quirk.answer_instead(&line)) {
                None => left.extend(line),
                Some(answer) if answer.is_empty() => return Err(Over),
                Some(answer) => self.say(stream, &answer).await?,
            }
        }
        // What never becomes a line is the server's to refuse.
        if ended || self.partial.len() > LINE {
            left.append(&mut self.partial);
        }
        Ok(left)
    }

    /// What a server makes of what it hears.
    pub(super) fn hear<'b>(&mut self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let cut = |quirk: &super::Quirk| match quirk.0 {
            Kind::CutLines(octets) => Some(octets),
            Kind::Answers(..)
            | Kind::ByteAtATime
            | Kind::Delay(_)
            | Kind::EndAfter(..)
            | Kind::Instead(..)
            | Kind::NotConnected
            | Kind::Silent => None,
        };
        let Some(cut) = self.options.quirks.iter().find_map(cut) else {
            return bytes.into();
        };
        let mut kept = Vec::with_capacity(bytes.len());
        for octet in bytes {
            self.column += 1;
            if self.column <= cut || matches!(octet, b'\r' | b'\n') {
                kept.push(*octet);
            }
            if *octet == b'\n' {
                self.column = 0;
            }
        }
        kept.into()
    }

    pub(super) fn is_connected(&self) -> bool {
        let refuses = |quirk: &super::Quirk| matches!(quirk.0, Kind::NotConnected);
        !self.options.quirks.iter().any(refuses)
    }
}
