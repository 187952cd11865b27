//! A mail server inside the process.

mod after;
mod boxes;
mod check;
mod connection;
mod listen;
mod options;
mod quirk;
mod record;

use alloc::{sync::Arc, vec::Vec};
use core::{fmt, net::SocketAddr};
use std::io;

use imap_auth::Imap;
use sieve_auth::Sieve;
use smtp_auth::Smtp;
use tokio::{runtime::Handle, task::AbortHandle};

use crate::{Authority, Checker, testbed::Runtime};
use after::After;
use connection::Host;
use listen::{Door, Doors};
use record::Record;

pub(crate) use boxes::Boxes;
pub use options::MailOptions;
pub use quirk::Quirk;
pub use record::{Attempted, Message};

/// An IMAP, SMTP or ManageSieve server on loopback, which lives until it is dropped.
///
/// It listens on three ports: with TLS from the first octet on, with STARTTLS, and in clear. Behind
/// the login there is just enough for a client to see that it is in: messages that are accepted, kept for
/// the test to look at, and shown in the INBOX of whom they are for, if the servers are of one
/// [`Testbed`](crate::Testbed); and a place for scripts, which nobody runs.
///
/// ```
/// use mail_testbed::Testbed;
///
/// let testbed = Testbed::start()?;
/// let server = testbed.smtp();
/// println!("{} {} {}", server.implicit_tls(), server.starttls(), server.in_clear());
/// assert!(server.messages().is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct MailServer {
    doors: Doors,
    record: Arc<Record>,
    tasks: [AbortHandle; 3],
    /// Where it runs, if it runs on its own.
    _runtime: Option<Runtime>,
}

impl MailServer {
    /// An IMAP server alone, that takes the tokens of this provider.
    ///
    /// ```
    /// use mail_testbed::{Authority, MailOptions, MailServer, Provider, ProviderOptions};
    ///
    /// let provider = Provider::start(ProviderOptions::new())?;
    /// let imap = MailServer::imap(MailOptions::new(), provider.authority(), provider.checker())?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The operating system gives no socket, thread or random numbers.
    pub fn imap(options: MailOptions, authority: &Authority, checker: Checker) -> io::Result<Self> {
        Self::alone(|on| Self::imap_on(on, options, authority, checker))
    }

    /// An SMTP server alone.
    ///
    /// # Errors
    ///
    /// As [`imap`](Self::imap).
    pub fn smtp(options: MailOptions, authority: &Authority, checker: Checker) -> io::Result<Self> {
        Self::alone(|on| Self::smtp_on(on, options, authority, checker))
    }

    /// A ManageSieve server alone.
    ///
    /// # Errors
    ///
    /// As [`imap`](Self::imap).
    pub fn sieve(
        options: MailOptions,
        authority: &Authority,
        checker: Checker,
    ) -> io::Result<Self> {
        Self::alone(|on| Self::sieve_on(on, options, authority, checker))
    }

    /// An IMAP server on a runtime that is there already.
    ///
    /// # Errors
    ///
    /// The operating system gives no socket or random numbers.
    pub fn imap_on(
        runtime: &Handle,
        options: MailOptions,
        authority: &Authority,
        checker: Checker,
    ) -> io::Result<Self> {
        let accept = match &options.imap {
            Some(accept) => accept.clone(),
            None => options
                .accept_options::<Imap>(&checker)
                .capabilities("IMAP4rev1 SASL-IR LITERAL- ID", after::imap::CAPABILITIES)
                .map_err(io::Error::other)?,
        };
        Self::serve::<Imap>(runtime, options, Some(accept), authority, checker)
    }

    /// An SMTP server on a runtime that is there already.
    ///
    /// # Errors
    ///
    /// As [`imap_on`](Self::imap_on).
    pub fn smtp_on(
        runtime: &Handle,
        options: MailOptions,
        authority: &Authority,
        checker: Checker,
    ) -> io::Result<Self> {
        let accept = options.smtp.clone();
        Self::serve::<Smtp>(runtime, options, accept, authority, checker)
    }

    /// A ManageSieve server on a runtime that is there already.
    ///
    /// # Errors
    ///
    /// As [`imap_on`](Self::imap_on).
    pub fn sieve_on(
        runtime: &Handle,
        options: MailOptions,
        authority: &Authority,
        checker: Checker,
    ) -> io::Result<Self> {
        let accept = options.sieve.clone();
        Self::serve::<Sieve>(runtime, options, accept, authority, checker)
    }

    fn alone(start: impl FnOnce(&Handle) -> io::Result<Self>) -> io::Result<Self> {
        let runtime = Runtime::start("mail-testbed mail server")?;
        let mut server = start(&runtime.handle)?;
        server._runtime = Some(runtime);
        Ok(server)
    }

    fn serve<P: After>(
        runtime: &Handle,
        options: MailOptions,
        accept: Option<P::AcceptOptions>,
        authority: &Authority,
        checker: Checker,
    ) -> io::Result<Self> {
        let record = Arc::new(Record::default());
        let accept = accept.unwrap_or_else(|| options.accept_options::<P>(&checker));
        let tls = options.tls_config(authority, P::ALPN)?;
        let host = Arc::new(Host::<P>::new(options, accept, checker, tls, &record));
        let _context = runtime.enter();
        let (doors, listeners) = Doors::open()?;
        let [implicit, starttls, clear] = listeners;
        let open = |listener, door| {
            let task = runtime.spawn(listen::serve(listener, door, Arc::clone(&host)));
            task.abort_handle()
        };
        Ok(Self {
            doors,
            record,
            tasks: [
                open(implicit, Door::ImplicitTls),
                open(starttls, Door::StartTls),
                open(clear, Door::Clear),
            ],
            _runtime: None,
        })
    }

    /// Where TLS is spoken from the first octet on.
    pub fn implicit_tls(&self) -> SocketAddr {
        self.doors.implicit_tls
    }

    /// Where logins are taken after STARTTLS alone.
    pub fn starttls(&self) -> SocketAddr {
        self.doors.starttls
    }

    /// Where logins are taken in clear; STARTTLS is offered, too.
    pub fn in_clear(&self) -> SocketAddr {
        self.doors.in_clear
    }

    /// The logins that were tried, oldest first: the last 1024.
    pub fn attempts(&self) -> Vec<Attempted> {
        self.record.attempts()
    }

    /// How many logins were accepted.
    pub fn accepted(&self) -> u64 {
        self.record.accepted()
    }

    /// How many logins were refused.
    pub fn refused(&self) -> u64 {
        self.record.refused()
    }

    /// Connections that are open now.
    pub fn connections(&self) -> u64 {
        self.record.connections()
    }

    /// The messages that an SMTP server accepted, oldest first: the last 1024.
    pub fn messages(&self) -> Vec<Message> {
        self.record.messages()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailServer")
            .field("implicit_tls", &self.doors.implicit_tls)
            .finish_non_exhaustive()
    }
}
