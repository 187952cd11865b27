//! The loop that runs a machine over a stream.

use core::time::Duration;
use std::{
    io::{ErrorKind, Read, Write},
    time::Instant,
};

use mail_login_tls::{Failure, Phase};
use sasl_core::{Machine, Observer, Step};

/// Octets read at a time: whatever a server says in a login, it is said in one piece.
const READ: usize = 4096;

/// Runs a machine over a stream until it is done.
///
/// Each command is one `write_all`. A read that times out is [`Failure::Deadline`], unless the
/// machine's [patience](Machine::patience) is at an end: then the machine is told. So give the stream
/// a read timeout, but not the non-blocking mode, where this would turn in circles.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::net::TcpStream;
/// use imap_auth::Probe;
/// use mail_login_blocking::{Silent, drive};
///
/// let mut stream = TcpStream::connect("localhost:143")?;
/// let mut probe = Probe::in_clear(imap_auth::Options::default());
/// println!("{:?}", drive(&mut probe, &mut stream, &mut Silent)?);
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// When the conversation breaks, or the stream does.
pub fn drive<M: Machine>(
    machine: &mut M,
    stream: &mut (impl Read + Write),
    observer: &mut dyn Observer,
) -> Result<M::Output, Failure> {
    pump(machine, stream, observer, Phase::Conversation, |_, _| {})
}

/// [`drive`] for a stream that can be told how long the next read may take.
pub(crate) fn pump<M: Machine, S: Read + Write>(
    machine: &mut M,
    stream: &mut S,
    observer: &mut dyn Observer,
    during: Phase,
    set_pause: impl Fn(&mut S, Option<Duration>),
) -> Result<M::Output, Failure> {
    let mut buffer = [0; READ];
    let mut lost = None;
    loop {
        match machine
            .poll()
            .map_err(|error| Failure::of_conversation(error, lost.take()))?
        {
            Step::Write(bytes) => {
                let written = stream.write_all(&bytes).and_then(|()| stream.flush());
                written.map_err(|error| Failure::from_io(during, error))?;
                observer.sent(&bytes);
            }
            Step::Read => {
                let patience = machine.patience();
                match receive(stream, &mut buffer, patience, during, &set_pause) {
                    Ok(Some(bytes)) => {
                        observer.received(bytes);
                        machine.handle_input(bytes);
                    }
                    Ok(None) => machine.handle_silence(),
                    Err(failure) => {
                        // The machine may know better why the server hung up, or have its answer.
                        lost = Some(failure.hung_up()?);
                        machine.handle_input(&[]);
                    }
                }
            }
            Step::Event(event) => observer.event(&event),
            Step::Done(output) => return Ok(output),
        }
    }
}

/// Reads once. `None`: nothing came for as long as patience lasts.
fn receive<'a, S: Read>(
    stream: &mut S,
    buffer: &'a mut [u8],
    patience: Option<Duration>,
    during: Phase,
    set_pause: &impl Fn(&mut S, Option<Duration>),
) -> Result<Option<&'a [u8]>, Failure> {
    let start = Instant::now();
    loop {
        let pause = patience.map(|patience| patience.saturating_sub(start.elapsed()));
        if pause == Some(Duration::ZERO) {
            return Ok(None);
        }
        set_pause(stream, pause);
        let error = match stream.read(buffer) {
            Ok(read) => return Ok(buffer.get(..read)),
            Err(error) => error,
        };
        let kind = error.kind();
        let failure = Failure::from_io(during, error);
        if !matches!(failure, Failure::Io { .. }) {
            return Err(failure);
        }
        let timed_out = matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut);
        match timed_out {
            true if patience.is_some() => {}
            true => return Err(Failure::Deadline { during }),
            false if kind == ErrorKind::Interrupted => {}
            false => return Err(failure),
        }
    }
}
