//! Lines with literals, over a connection that somebody else has logged in.

use core::time::Duration;
use std::io;

use mail_session::MailConnection;
use sasl_core::{Limits, wire::LineBuf};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time,
};

use super::MailError;

/// A connection and what was read from it beyond the last line.
pub(super) struct Wire {
    connection: MailConnection,
    buffer: LineBuf,
    limits: Limits,
    /// What one command may still be answered.
    budget: usize,
}

/// How long anything may take.
const TIME: Duration = Duration::from_secs(20);
/// Octets that one command may be answered with.
const ANSWER: usize = 1 << 20;
const READ: usize = 16 << 10;

impl Wire {
    /// What was read beyond the login comes first.
    pub(super) fn new(mut connection: MailConnection) -> Self {
        let mut limits = Limits::default();
        limits.line = 16 << 10;
        limits.literal = ANSWER / 2;
        limits.literals = 8;
        let mut buffer = LineBuf::new(&limits);
        buffer.push(&core::mem::take(&mut connection.remaining));
        Self {
            connection,
            buffer,
            limits,
            budget: ANSWER,
        }
    }

    pub(super) fn connection(&self) -> &MailConnection {
        &self.connection
    }

    /// Sends a command.
    pub(super) async fn send(&mut self, parts: &[&[u8]]) -> Result<(), MailError> {
        self.budget = ANSWER;
        let octets = parts.concat();
        let stream = &mut self.connection.stream;
        let sent = time::timeout(TIME, async {
            stream.write_all(&octets).await?;
            stream.flush().await
        });
        Ok(sent.await.map_err(|_| MailError::Timeout)??)
    }

    /// The next line with its literals, without its end. `literal` says of a line so far whether braces at
    /// its end announce a literal.
    pub(super) async fn line(
        &mut self,
        literal: impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<u8>, MailError> {
        let deadline = time::Instant::now() + TIME;
        let mut octets = [0; READ];
        loop {
            let line = self.buffer.next_line(&self.limits, true, &literal);
            if let Some(line) = line.map_err(|_| MailError::Malformed)? {
                let line = self.buffer.bytes().get(line.range).unwrap_or_default();
                return Ok(line.to_vec());
            }
            let read = self.connection.stream.read(&mut octets);
            let read = time::timeout_at(deadline, read).await;
            let read = read.map_err(|_| MailError::Timeout)??;
            if read == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            self.budget = self.budget.checked_sub(read).ok_or(MailError::TooLong)?;
            self.buffer.push(octets.get(..read).unwrap_or_default());
        }
    }
}
