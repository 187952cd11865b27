//! An authorization server inside the process.

mod about;
mod authorize;
mod behaviour;
mod body;
mod checker;
mod client;
mod control;
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
mod scope;
mod signer;
mod status;
mod token;
mod tokens;
mod user;

use alloc::{format, string::String, sync::Arc};
use core::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
};
use std::{io, net::TcpListener};

use tokio::{runtime::Handle, task::AbortHandle};
use tokio_rustls::TlsAcceptor;

pub use behaviour::{Approval, ExpiresIn, Rotation, TokenFormat};
pub use checker::Checker;
pub use client::Client;
pub use endpoint::Endpoint;
pub use fault::{Fault, Gate};
pub use options::ProviderOptions;
pub use tokens::{Claims, Grant, Issue, TokenProblem, Tokens};
pub use user::User;

use crate::{Authority, testbed::Runtime};
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
    task: AbortHandle,
    /// Where it runs, if it runs on its own.
    _runtime: Option<Runtime>,
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
        let runtime = Runtime::start("mail-testbed provider")?;
        let mut provider = Self::start_on(&runtime.handle, options)?;
        provider._runtime = Some(runtime);
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
            task: task.abort_handle(),
            _runtime: None,
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
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("issuer", &self.mint.issuer)
            .finish_non_exhaustive()
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
