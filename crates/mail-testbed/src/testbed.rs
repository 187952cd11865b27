//! Everything at once: a provider and three mail servers that believe it.

use alloc::{
    string::{String, ToString as _},
    sync::Arc,
    vec::Vec,
};
use std::{io, thread::JoinHandle};

use tokio::{runtime::Builder, sync::oneshot};

use crate::{Authority, MailOptions, MailServer, Provider, ProviderOptions, User, mail::Boxes};

/// An authorization server, and IMAP, SMTP and ManageSieve servers that take its tokens, all on
/// loopback, under one certificate authority, until it is dropped.
///
/// ```
/// use mail_testbed::Testbed;
///
/// let testbed = Testbed::start()?;
/// let token = testbed.token("alice@example.com");
/// println!("imaps://{} with {} octets", testbed.imap().implicit_tls(), token.len());
/// assert_eq!(testbed.imap().attempts().len(), 0);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Testbed {
    provider: Provider,
    imap: MailServer,
    smtp: MailServer,
    sieve: MailServer,
    boxes: Arc<Boxes>,
    // Last, so that the servers are gone before what they run on.
    _runtime: Runtime,
}

/// What a [`Testbed`] is like.
///
/// ```
/// use mail_testbed::{MailOptions, ProviderOptions, Quirk, Testbed, TestbedOptions};
///
/// let options = TestbedOptions::new()
///     .provider(ProviderOptions::new().access_life(core::time::Duration::from_secs(60)))
///     .imap(MailOptions::new().quirk(Quirk::byte_at_a_time()));
/// let testbed = Testbed::with(options)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TestbedOptions {
    provider: ProviderOptions,
    imap: MailOptions,
    smtp: MailOptions,
    sieve: MailOptions,
    users: Vec<User>,
}

impl TestbedOptions {
    /// A provider and mail servers without any quirk.
    pub fn new() -> Self {
        Self {
            provider: ProviderOptions::new(),
            imap: MailOptions::new(),
            smtp: MailOptions::new(),
            sieve: MailOptions::new(),
            users: Vec::new(),
        }
    }

    /// Another provider.
    pub fn provider(mut self, options: ProviderOptions) -> Self {
        self.provider = options;
        self
    }

    /// A user with a password, who may sign in at the provider and log in to the mail servers.
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Another IMAP server.
    pub fn imap(mut self, options: MailOptions) -> Self {
        self.imap = options;
        self
    }

    /// Another SMTP server.
    pub fn smtp(mut self, options: MailOptions) -> Self {
        self.smtp = options;
        self
    }

    /// Another ManageSieve server.
    pub fn sieve(mut self, options: MailOptions) -> Self {
        self.sieve = options;
        self
    }

    /// The same for all three mail servers.
    pub fn mail(self, options: MailOptions) -> Self {
        self.imap(options.clone())
            .smtp(options.clone())
            .sieve(options)
    }
}

impl Default for TestbedOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl Testbed {
    /// Starts it all.
    ///
    /// # Errors
    ///
    /// The operating system gives no socket, thread or random numbers.
    pub fn start() -> io::Result<Self> {
        Self::with(TestbedOptions::new())
    }

    /// The same with options.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn with(options: TestbedOptions) -> io::Result<Self> {
        let runtime = Runtime::start("mail-testbed")?;
        let authority = Arc::new(Authority::new()?);
        let mut provider = options.provider.authority(Arc::clone(&authority));
        let users = options.users;
        for user in &users {
            provider = provider.user(user.clone());
        }
        let provider = Provider::start_on(&runtime.handle, provider)?;
        let checker = provider.checker();
        let boxes: Arc<Boxes> = Arc::default();
        let ready = |mut mail: MailOptions| {
            mail.boxes = Arc::clone(&boxes);
            for user in &users {
                mail = mail.user(user.clone());
            }
            mail
        };
        let on = &runtime.handle;
        Ok(Self {
            imap: MailServer::imap_on(on, ready(options.imap), &authority, checker.clone())?,
            smtp: MailServer::smtp_on(on, ready(options.smtp), &authority, checker.clone())?,
            sieve: MailServer::sieve_on(on, ready(options.sieve), &authority, checker)?,
            provider,
            boxes,
            _runtime: runtime,
        })
    }

    /// The authorization server.
    pub fn provider(&self) -> &Provider {
        &self.provider
    }

    /// Whose certificates a client has to trust.
    pub fn authority(&self) -> &Authority {
        self.provider.authority()
    }

    /// The IMAP server.
    pub fn imap(&self) -> &MailServer {
        &self.imap
    }

    /// The SMTP server.
    pub fn smtp(&self) -> &MailServer {
        &self.smtp
    }

    /// The ManageSieve server.
    pub fn sieve(&self) -> &MailServer {
        &self.sieve
    }

    /// Puts a message into the mailbox of a user, where IMAP shows it, as it does what SMTP takes for him.
    pub fn deliver(&self, user: &str, message: &[u8]) {
        self.boxes.deliver(user, message);
    }

    /// An access token that all three take.
    pub fn token(&self, user: &str) -> String {
        self.provider.issue(user).access_token().to_string()
    }
}

/// A runtime on a thread of its own, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Runtime {
    pub(crate) handle: tokio::runtime::Handle,
    stop: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Runtime {
    /// `name`: of its thread.
    pub(crate) fn start(name: &str) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (sender, receiver) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name(name.to_string())
            .spawn(move || {
                // Either way nobody needs it any more.
                let _ = runtime.block_on(receiver);
            })?;
        Ok(Self {
            handle,
            stop: Some((sender, thread)),
        })
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.stop.take() {
            drop(sender);
            // What the thread had to say it has said; its sockets are closed now.
            let _ = thread.join();
        }
    }
}
