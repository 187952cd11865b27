//! One login, and another try on the same connection.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;
use std::io::{Error, ErrorKind};

use mail_login_tls::{Deadline, Failure, Phase, Server};
use sasl_core::{Credentials, Machine, Observer, Outcome, Protocol, Rejection, Session};

use crate::{
    connect::{Opened, open},
    drive::{pump, within},
    stream::Stream,
};

/// Logs in, within the time that the server's settings allow.
///
/// Dropping the future closes the connection and leaves nothing behind.
///
/// Nothing of the credentials leaves this machine before the connection is as secure as `server`
/// says. For an example see the [front page](crate).
///
/// # Errors
///
/// When there is no conversation or it breaks. A refusal is no error but [`Login::Rejected`].
pub async fn login<P: Protocol>(
    server: &Server,
    credentials: Credentials,
    mut options: P::Options,
    observer: &mut (dyn Observer + Send),
) -> Result<Login<P>, Failure> {
    let deadline = server.deadline();
    let (stream, machine) = match open::<P>(server, &mut options, deadline, observer).await? {
        Opened::InClear(stream) => (stream, P::dangerous_login_in_clear(credentials, options)),
        Opened::OverTls(stream) => (stream, P::login_over_tls(credentials, options)),
        Opened::AfterStartTls(stream, proof) => {
            let machine = P::login_after_starttls(proof, credentials, options);
            (stream, machine)
        }
    };
    finish(stream, machine, server, deadline, observer).await
}

async fn finish<P: Protocol>(
    mut stream: Stream,
    mut machine: P::Login,
    server: &Server,
    deadline: Deadline,
    observer: &mut (dyn Observer + Send),
) -> Result<Login<P>, Failure> {
    let phase = Phase::Conversation;
    let conversation = pump(&mut machine, &mut stream, observer, phase);
    let outcome = within(deadline, phase, conversation).await??;
    Ok(match outcome {
        Outcome::Accepted(session) => Login::Accepted(Connection {
            remaining: machine.remaining().to_vec(),
            session,
            stream,
        }),
        Outcome::Rejected(rejection) => Login::Rejected(Box::new(Refused {
            server: server.clone(),
            rejection,
            machine,
            stream,
        })),
    })
}

/// How a login ended.
///
/// ```no_run
/// # fn show(login: mail_login_tokio::Login<imap_auth::Imap>) {
/// use mail_login_tokio::Login;
///
/// match login {
///     Login::Accepted(connection) => println!("{:?}", connection.session.capabilities()),
///     Login::Rejected(refused) => println!("{}", refused.rejection()),
/// }
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a login may have been refused"]
pub enum Login<P: Protocol> {
    /// The server let us in.
    Accepted(Connection),
    /// The server said no. Dropping this closes the connection.
    Rejected(Box<Refused<P>>),
}

/// A connection that is logged in.
///
/// ```no_run
/// # async fn go_on(mut connection: mail_login_tokio::Connection) -> std::io::Result<()> {
/// use tokio::io::AsyncWriteExt;
///
/// connection.stream.write_all(b"A1 SELECT INBOX\r\n").await?;
/// // What was read too much comes before anything that the stream gives.
/// let first = connection.remaining;
/// # drop(first); Ok(()) }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Connection {
    /// The stream.
    pub stream: Stream,
    /// What was agreed on.
    pub session: Session,
    /// Bytes that were read beyond the login; they come before the next ones of the stream.
    pub remaining: Vec<u8>,
}

/// A login that was refused, with the connection it was refused on.
///
/// ```no_run
/// # async fn again(
/// #     refused: mail_login_tokio::Refused<imap_auth::Imap>,
/// #     fresh: sasl_core::Credentials,
/// # ) -> Result<(), mail_login_tokio::Failure> {
/// use mail_login_tokio::Silent;
/// use sasl_core::Advice;
///
/// if refused.rejection().advice() == Advice::RefreshToken && !refused.rejection().is_closed() {
///     let login = refused.retry(fresh, &mut Silent).await?;
/// #   drop(login);
/// }
/// # Ok(()) }
/// ```
pub struct Refused<P: Protocol> {
    stream: Stream,
    machine: P::Login,
    rejection: Rejection,
    server: Server,
}

impl<P: Protocol> Refused<P> {
    /// Why, and what to do about it.
    pub fn rejection(&self) -> &Rejection {
        &self.rejection
    }

    /// Tries again on the same connection, with a new token and as much time as at first.
    ///
    /// # Errors
    ///
    /// As for [`login`]; also when the server has closed the connection with its refusal.
    pub async fn retry(
        mut self,
        credentials: Credentials,
        observer: &mut (dyn Observer + Send),
    ) -> Result<Login<P>, Failure> {
        if self.rejection.is_closed() {
            let why = "the server closed it with its refusal, log in anew";
            return Err(Failure::Io {
                during: Phase::Conversation,
                cause: Error::new(ErrorKind::NotConnected, why),
            });
        }
        P::retry(&mut self.machine, credentials);
        let deadline = self.server.deadline();
        finish(self.stream, self.machine, &self.server, deadline, observer).await
    }
}

impl<P: Protocol> fmt::Debug for Refused<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused")
            .field("rejection", &self.rejection)
            .finish_non_exhaustive()
    }
}
