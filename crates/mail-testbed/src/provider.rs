//! An authorization server inside the process.

mod about;
mod authorize;
mod body;
mod client;
mod device;
mod endpoint;
mod fault;
mod form;
mod http;
mod ledger;
mod mint;
mod options;
mod page;
mod reply;
mod request;
mod signer;
mod status;
mod token;
mod tokens;

use alloc::{
    format,
    string::{String, ToString as _},
    sync::Arc,
};
use core::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};
use std::{io, net::TcpListener, sync::PoisonError, thread::JoinHandle};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
    task::AbortHandle,
};
use tokio_rustls::TlsAcceptor;

pub use client::{Client, User};
pub use endpoint::Endpoint;
pub use fault::{Fault, Gate};
pub use options::{Approval, ExpiresIn, ProviderOptions, Rotation, TokenFormat};
pub use tokens::{Claims, Grant, Issue, TokenProblem, Tokens};

use crate::Authority;
use ledger::Verdict;
use mint::Mint;
use reply::Reply;
use request::Request;

/// An authorization server on loopback, which lives until it is dropped.
///
/// Programs talk to it over HTTP as to any other provider. The test talks to it by these methods,
/// which need no request: it issues tokens, checks them, puts the clock forward, revokes, counts, and
/// says what goes wrong next.
///
/// ```
/// use core::time::Duration;
/// use mail_testbed::{Provider, ProviderOptions, TokenProblem};
///
/// let provider = Provider::start(ProviderOptions::new())?;
/// let tokens = provider.issue("alice@example.com");
/// let token = tokens.access_token();
/// assert!(provider.check(token, Some("https://mail.example.com/"), Some("mail")).is_ok());
///
/// provider.advance(Duration::from_secs(3600));
/// assert_eq!(provider.check(token, None, None).unwrap_err(), TokenProblem::Expired);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Provider {
    address: SocketAddr,
    authority: Arc<Authority>,
    mint: Arc<Mint>,
    server: Server,
}

/// Where the provider runs, and how it is stopped.
enum Server {
    /// On a runtime that belongs to somebody else.
    Guest(AbortHandle),
    /// On one of its own, which ends when the sender is dropped.
    Own(Option<(oneshot::Sender<()>, JoinHandle<()>)>),
}

impl Provider {
    /// Starts a provider on a thread of its own. It needs no runtime around it, and may be used from
    /// within one.
    ///
    /// # Errors
    ///
    /// The operating system gives no socket, thread or random numbers, or a name in the options
    /// cannot be in a certificate.
    pub fn start(options: ProviderOptions) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let mut provider = Self::start_on(runtime.handle(), options)?;
        let (sender, receiver) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("mail-testbed provider".to_string())
            .spawn(move || {
                // Either way the provider is gone.
                let _ = runtime.block_on(receiver);
            })?;
        provider.server = Server::Own(Some((sender, thread)));
        Ok(provider)
    }

    /// Starts a provider on a runtime that is there already, with timers and sockets enabled.
    ///
    /// ```
    /// use mail_testbed::{Provider, ProviderOptions};
    ///
    /// let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// let provider = Provider::start_on(runtime.handle(), ProviderOptions::new())?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_on(runtime: &Handle, options: ProviderOptions) -> io::Result<Self> {
        let options = options.completed();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let authority = match &options.authority {
            Some(authority) => Arc::clone(authority),
            None => Arc::new(Authority::new()?),
        };
        let (scheme, tls) = if options.tls {
            let config = authority.server_config(&[options.host.as_str()])?;
            ("https", Some(TlsAcceptor::from(Arc::new(config))))
        } else {
            ("http", None)
        };
        let issuer = format!("{scheme}://{}:{}", options.host, address.port());
        let mint = Arc::new(Mint::new(options, issuer)?);
        let _context = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let task = runtime.spawn(http::serve(listener, tls, Arc::clone(&mint)));
        Ok(Self {
            address,
            authority,
            mint,
            server: Server::Guest(task.abort_handle()),
        })
    }

    /// The provider's name, which is its address without a path: `https://127.0.0.1:51004`.
    pub fn issuer(&self) -> &str {
        &self.mint.issuer
    }

    /// The address of one of its endpoints.
    pub fn url(&self, endpoint: Endpoint) -> String {
        self.mint.address(endpoint.path())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whose certificates a client has to trust.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Tokens for a user, as if he had signed in and agreed.
    ///
    /// # Panics
    ///
    /// The order names a client that the provider does not have.
    pub fn issue(&self, order: impl Into<Issue>) -> Tokens {
        self.mint
            .issue(order.into())
            .expect("the client of an order is one of the provider's")
    }

    /// What a mail server does with a token: whether it counts now, for this audience and this
    /// scope, where any are wanted.
    ///
    /// # Errors
    ///
    /// The first reason why not.
    pub fn check(
        &self,
        token: &str,
        audience: Option<&str>,
        scope: Option<&str>,
    ) -> Result<Claims, TokenProblem> {
        self.checker().check(token, audience, scope)
    }

    /// What a mail server needs of the provider, to keep.
    pub fn checker(&self) -> Checker {
        Checker(Arc::clone(&self.mint))
    }

    /// Puts the provider's clock forward. Nobody else's clock changes: a client that looks at its own
    /// still thinks that the token is fresh, as with any provider whose clock differs.
    pub fn advance(&self, time: Duration) {
        let mut ledger = self.mint.ledger();
        ledger.ahead = ledger.ahead.saturating_add(time);
    }

    /// Ends one grant: all its tokens are void.
    pub fn revoke_grant(&self, grant: Grant) {
        self.mint.ledger().revoke(grant);
    }

    /// Ends every grant of a user, as a change of password does.
    pub fn revoke_user(&self, email: &str) {
        for consent in self.mint.ledger().consents.values_mut() {
            consent.revoked |= consent.user.email == email;
        }
    }

    /// Ends one access token, and nothing else.
    pub fn revoke_token(&self, token: &str) {
        if let Some(access) = self.mint.ledger().access.get_mut(token) {
            access.revoked = true;
        }
    }

    /// From now on people are asked like this.
    pub fn set_approval(&self, approval: Approval) {
        self.mint.ledger().approval = approval;
    }

    /// The first user agrees to what the device with this code asks for. `false`: no device waits
    /// with it.
    pub fn approve_device(&self, user_code: &str) -> bool {
        let user = self.mint.options.users.first().cloned();
        user.is_some_and(|user| device::decide(&self.mint, user_code, Verdict::Allowed(user)))
    }

    /// The same for another user; one that the provider does not know is made up.
    pub fn approve_device_as(&self, user_code: &str, email: &str) -> bool {
        let user = self.mint.options.user_or_new(email);
        device::decide(&self.mint, user_code, Verdict::Allowed(user))
    }

    /// The user refuses what the device with this code asks for. `false`: no device waits with it.
    pub fn deny_device(&self, user_code: &str) -> bool {
        device::decide(&self.mint, user_code, Verdict::Denied)
    }

    /// What goes wrong with the next request to the token endpoint that has no fault yet: faults
    /// queue up, one for a request.
    pub fn misbehave(&self, fault: Fault) {
        self.misbehave_at(Endpoint::Token, fault);
    }

    /// The same for another endpoint.
    pub fn misbehave_at(&self, endpoint: Endpoint, fault: Fault) {
        let mut ledger = self.mint.ledger();
        ledger.faults.entry(endpoint).or_default().push_back(fault);
    }

    /// How many requests an endpoint had, whatever became of them.
    pub fn requests(&self, endpoint: Endpoint) -> u64 {
        let ledger = self.mint.ledger();
        ledger.requests.get(&endpoint).copied().unwrap_or_default()
    }

    /// Waits until an endpoint had this many requests. `false`: it did not come to that in time.
    /// This blocks the thread.
    #[must_use = "it may not have come to that"]
    pub fn wait_for(&self, endpoint: Endpoint, requests: u64, time: Duration) -> bool {
        let (_ledger, outcome) = self
            .mint
            .arrival
            .wait_timeout_while(self.mint.ledger(), time, |ledger| {
                ledger.requests.get(&endpoint).copied().unwrap_or_default() < requests
            })
            .unwrap_or_else(PoisonError::into_inner);
        !outcome.timed_out()
    }

    /// How often a refresh token was used with success.
    pub fn refreshes(&self) -> u64 {
        let ledger = self.mint.ledger();
        ledger.consents.values().map(|one| one.refreshes).sum()
    }

    /// How often a refresh token of this grant was used with success.
    pub fn refreshes_of(&self, grant: Grant) -> u64 {
        let ledger = self.mint.ledger();
        ledger.consents.get(&grant).map_or(0, |one| one.refreshes)
    }

    /// How often a refresh token that was used up came again, and its grant was ended.
    pub fn reuses(&self) -> u64 {
        self.mint.ledger().reuses
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        match &mut self.server {
            Server::Guest(task) => task.abort(),
            Server::Own(own) => {
                if let Some((sender, thread)) = own.take() {
                    drop(sender);
                    // What the thread had to say it has said; its socket is closed now.
                    let _ = thread.join();
                }
            }
        }
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("issuer", &self.mint.issuer)
            .finish_non_exhaustive()
    }
}

/// Checks tokens, for as long as somebody needs it: the part of a provider that a mail server has.
///
/// ```
/// use mail_testbed::{Provider, ProviderOptions};
///
/// let provider = Provider::start(ProviderOptions::new())?;
/// let checker = provider.checker();
/// let tokens = provider.issue("alice@example.com");
/// let thread = std::thread::spawn(move || checker.check(tokens.access_token(), None, None));
/// assert!(thread.join().unwrap().is_ok());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Checker(Arc<Mint>);

impl Checker {
    /// As [`Provider::check`].
    ///
    /// # Errors
    ///
    /// The first reason why not.
    pub fn check(
        &self,
        token: &str,
        audience: Option<&str>,
        scope: Option<&str>,
    ) -> Result<Claims, TokenProblem> {
        let ledger = self.0.ledger();
        ledger.check(token, audience, scope).cloned()
    }

    /// Where a client finds the provider: what the refusal of a mail server names.
    /// <https://www.rfc-editor.org/rfc/rfc7628#section-3.2.2>
    pub fn discovery_url(&self) -> String {
        self.0.address(Endpoint::Discovery.path())
    }
}

impl fmt::Debug for Checker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Checker").field(&self.0.issuer).finish()
    }
}

/// Answers one request.
fn route(mint: &Mint, request: &Request) -> Reply {
    let answer = match Endpoint::at(&request.path) {
        Some(Endpoint::Authorize) => authorize::answer(mint, request),
        Some(Endpoint::Device) => device::page(mint, request),
        Some(Endpoint::DeviceAuthorization) => device::begin(mint, request),
        Some(Endpoint::Discovery) => about::discovery(mint, request),
        Some(Endpoint::Introspect) => status::introspect(mint, request),
        Some(Endpoint::Jwks) => about::jwks(mint, request),
        Some(Endpoint::Revoke) => status::revoke(mint, request),
        Some(Endpoint::Token) => token::answer(mint, request),
        Some(Endpoint::Userinfo) => status::userinfo(mint, request),
        None => Err(Reply::empty(404)),
    };
    answer.unwrap_or_else(|refusal| refusal)
}
