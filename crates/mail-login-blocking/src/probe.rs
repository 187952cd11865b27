//! What a server offers.

use mail_login_tls::{Failure, Phase, Server};
use sasl_core::{Capabilities, Observer, Outcome, Protocol};

use crate::{
    connect::{Opened, open},
    drive::pump,
    stream::Stream,
};

/// Asks a server what it offers, without credentials, and closes. The observer sees what was offered
/// before TLS and what TLS agreed on.
///
/// ```no_run
/// # fn main() -> Result<(), mail_login_blocking::Failure> {
/// use imap_auth::{Imap, Options};
/// use mail_login_blocking::{Server, Silent, probe};
///
/// let server = Server::starttls("imap.example.com", 143);
/// println!("{:?}", probe::<Imap>(&server, Options::default(), &mut Silent)?);
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// When there is no conversation or it breaks.
pub fn probe<P: Protocol>(
    server: &Server,
    mut options: P::Options,
    observer: &mut dyn Observer,
) -> Result<Outcome<Capabilities>, Failure> {
    let (mut stream, mut machine) =
        match open::<P>(server, &mut options, server.deadline(), observer)? {
            Opened::InClear(stream) => (stream, P::probe_in_clear(options)),
            Opened::OverTls(stream) => (stream, P::probe_over_tls(options)),
            Opened::AfterStartTls(stream, proof) => {
                (stream, P::probe_after_starttls(proof, options))
            }
        };
    let phase = Phase::Conversation;
    let outcome = pump(
        &mut machine,
        &mut stream,
        observer,
        phase,
        Stream::set_read_timeout,
    )?;
    // The answer is here; whether the server hears our goodbye does not change it.
    let _ = stream.close();
    Ok(outcome)
}
