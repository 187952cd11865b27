//! What a server offers.

use mail_login_tls::{Failure, Phase, Server};
use sasl_core::{Capabilities, Observer, Outcome, Protocol};
use tokio::io::AsyncWriteExt;

use crate::{
    connect::{Opened, open},
    drive::{pump, within},
};

/// Asks a server what it offers, without credentials, and closes. The observer sees what was offered
/// before TLS and what TLS agreed on.
///
/// ```no_run
/// # async fn main_() -> Result<(), mail_login_tokio::Failure> {
/// use imap_auth::{Imap, Options};
/// use mail_login_tokio::{Server, Silent, probe};
///
/// let server = Server::starttls("imap.example.com", 143);
/// println!("{:?}", probe::<Imap>(&server, Options::default(), &mut Silent).await?);
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// When there is no conversation or it breaks.
pub async fn probe<P: Protocol>(
    server: &Server,
    mut options: P::Options,
    observer: &mut (dyn Observer + Send),
) -> Result<Outcome<Capabilities>, Failure> {
    let deadline = server.deadline();
    let opened = open::<P>(server, &mut options, deadline, observer).await?;
    let (mut stream, mut machine) = match opened {
        Opened::InClear(stream) => (stream, P::probe_in_clear(options)),
        Opened::OverTls(stream) => (stream, P::probe_over_tls(options)),
        Opened::AfterStartTls(stream, proof) => (stream, P::probe_after_starttls(proof, options)),
    };
    let phase = Phase::Conversation;
    let conversation = pump(&mut machine, &mut stream, observer, phase);
    let outcome = within(deadline, phase, conversation).await??;
    // The answer is here; whether the server hears our goodbye does not change it.
    let _ = within(deadline, phase, stream.shutdown()).await;
    Ok(outcome)
}
