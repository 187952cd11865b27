//! What a mail server needs of a provider.

use alloc::{string::String, sync::Arc};
use core::fmt;

use super::{Claims, Endpoint, TokenProblem, mint::Mint};

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
pub struct Checker(pub(super) Arc<Mint>);

impl Checker {
    /// As [`Provider::check`](super::Provider::check).
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
