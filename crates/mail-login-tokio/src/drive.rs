//! The loop that runs a machine over a stream.

use alloc::vec;
use core::time::Duration;
use std::io;

use mail_login_tls::{Deadline, Failure, Phase};
use sasl_core::{Machine, Observer, Step};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time,
};

/// Octets read at a time: whatever a server says in a login, it is said in one piece.
const READ: usize = 4096;

/// Runs a machine over a stream until it is done.
///
/// Each command is one `write_all`. There is no deadline here: put a
/// [`timeout`](tokio::time::timeout) around it. Dropping the future leaves the stream as it is, in the
/// middle of the conversation, so it is of no use any more.
///
/// ```no_run
/// # async fn main_() -> Result<(), Box<dyn std::error::Error>> {
/// use imap_auth::Probe;
/// use mail_login_tokio::{Silent, drive};
/// use tokio::net::TcpStream;
///
/// let mut stream = TcpStream::connect("localhost:143").await?;
/// let mut probe = Probe::in_clear(imap_auth::Options::default());
/// println!("{:?}", drive(&mut probe, &mut stream, &mut Silent).await?);
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// When the conversation breaks, or the stream does.
pub async fn drive<M: Machine, S: AsyncRead + AsyncWrite + Unpin>(
    machine: &mut M,
    stream: &mut S,
    observer: &mut (dyn Observer + Send),
) -> Result<M::Output, Failure> {
    pump(machine, stream, observer, Phase::Conversation).await
}

/// [`drive`], knowing what it is for.
pub(crate) async fn pump<M: Machine, S: AsyncRead + AsyncWrite + Unpin>(
    machine: &mut M,
    stream: &mut S,
    observer: &mut (dyn Observer + Send),
    during: Phase,
) -> Result<M::Output, Failure> {
    // On the heap, or each future around this one would carry it.
    let mut buffer = vec![0; READ];
    let mut lost = None;
    loop {
        match machine
            .poll()
            .map_err(|error| Failure::of_conversation(error, lost.take()))?
        {
            Step::Write(bytes) => {
                let written = write(stream, &bytes).await;
                written.map_err(|error| Failure::from_io(during, error))?;
                observer.sent(&bytes);
            }
            Step::Read => {
                let patience = machine.patience();
                match receive(stream, &mut buffer, patience).await {
                    Ok(Some(bytes)) => {
                        observer.received(bytes);
                        machine.handle_input(bytes);
                    }
                    Ok(None) => machine.handle_silence(),
                    Err(error) => {
                        // The machine may know better why the server hung up, or have its answer.
                        lost = Some(Failure::from_io(during, error).hung_up()?);
                        machine.handle_input(&[]);
                    }
                }
            }
            Step::Event(event) => observer.event(&event),
            Step::Done(output) => return Ok(output),
        }
    }
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// Reads once. `None`: nothing came for as long as patience lasts.
async fn receive<'a>(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &'a mut [u8],
    patience: Option<Duration>,
) -> io::Result<Option<&'a [u8]>> {
    let reading = stream.read(buffer);
    let read = match patience {
        None => reading.await?,
        Some(patience) => match time::timeout(patience, reading).await {
            Ok(read) => read?,
            Err(_) => return Ok(None),
        },
    };
    Ok(buffer.get(..read))
}

/// What comes of a future, if it comes in time.
pub(crate) async fn within<F: Future>(
    deadline: Deadline,
    during: Phase,
    future: F,
) -> Result<F::Output, Failure> {
    match deadline.instant() {
        None => Ok(future.await),
        Some(instant) => time::timeout_at(instant.into(), future)
            .await
            .map_err(|_| Failure::Deadline { during }),
    }
}
