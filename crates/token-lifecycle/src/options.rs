//! What the caller decides.

use alloc::{string::String, vec, vec::Vec};

use crate::{Audience, GrantKind, Quirks, Timers};

/// What the caller decides about one grant.
///
/// ```
/// use token_lifecycle::{Audience, Options};
///
/// let options = Options::new("host-1:4711", Audience::new("https://mail.google.com/"))
///     .with_client_id("client")
///     .with_seed(42);
/// assert!(options.ahead);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Which process this is, different for every machine that shares the store: it is written
    /// into the record while a refresh is under way.
    pub owner: String,
    /// To whom the grant is given. A stored record of another client is left alone.
    pub client_id: String,
    /// What tokens are for. The first one is what [`token`](crate::Lifecycle::token) gives.
    pub audiences: Vec<Audience>,
    /// How new tokens are asked for: by the refresh token, or by sending a grant again that needs
    /// no user.
    pub renewal: GrantKind,
    /// What is known of the server.
    pub quirks: Quirks,
    /// How long everything takes.
    pub timers: Timers,
    /// Any number; a different one for each process and account spreads what they do in time.
    pub seed: u64,
    /// Refresh before somebody asks. Without it a token is refreshed only when it is asked for.
    pub ahead: bool,
    /// Go on when the lock does not work at all. The mark in the record still keeps two processes
    /// apart as long as the store works.
    pub without_lock: bool,
    /// Write a mark before a refresh token is sent that the answer may replace. A store that can
    /// not be written to needs this off, and then a lost answer can cost the login.
    pub mark: bool,
    /// Once the user has to sign in again, give out an access token no more although it is good.
    pub end_at_once: bool,
    /// Tell the server at sign-out that the refresh token is of no more use
    /// (<https://www.rfc-editor.org/rfc/rfc7009>).
    pub revoke: bool,
}

impl Options {
    /// The defaults, for this process and these tokens.
    pub fn new(owner: impl Into<String>, audience: Audience) -> Self {
        Self {
            owner: owner.into(),
            client_id: String::new(),
            audiences: vec![audience],
            renewal: GrantKind::RefreshToken,
            quirks: Quirks::default(),
            timers: Timers::default(),
            seed: 0,
            ahead: true,
            without_lock: true,
            mark: true,
            end_at_once: false,
            revoke: true,
        }
    }

    /// Adds what other tokens are for.
    pub fn with_audience(mut self, audience: Audience) -> Self {
        if !self.audiences.contains(&audience) {
            self.audiences.push(audience);
        }
        self
    }

    /// Sets the client.
    pub fn with_client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = client_id.into();
        self
    }

    /// Sets how new tokens are asked for.
    pub fn with_renewal(mut self, renewal: GrantKind) -> Self {
        self.renewal = renewal;
        self
    }

    /// Sets what is known of the server.
    pub fn with_quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }

    /// Sets how long everything takes.
    pub fn with_timers(mut self, timers: Timers) -> Self {
        self.timers = timers;
        self
    }

    /// Sets the number that spreads things in time.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}
