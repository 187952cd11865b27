//! Everything the provider remembers.

use alloc::{collections::VecDeque, string::String};
use core::time::Duration;
use std::{collections::HashMap, time::SystemTime};

use super::{Approval, Claims, Client, Endpoint, Fault, Grant, TokenProblem, User, scope::holds};

pub(super) struct Ledger {
    pub(super) access: HashMap<String, Access>,
    pub(super) approval: Approval,
    /// How far the clock was put forward.
    pub(super) ahead: Duration,
    pub(super) codes: HashMap<String, Code>,
    pub(super) consents: HashMap<Grant, Consent>,
    pub(super) devices: HashMap<String, Device>,
    pub(super) faults: HashMap<Endpoint, VecDeque<Fault>>,
    pub(super) refresh: HashMap<String, Refresh>,
    pub(super) requests: HashMap<Endpoint, u64>,
    pub(super) reuses: u64,
}

/// What a user agreed to. A client that acts for itself is its own user.
pub(super) struct Consent {
    pub(super) user: User,
    pub(super) client: String,
    pub(super) scope: String,
    pub(super) audience: String,
    pub(super) nonce: Option<String>,
    pub(super) revoked: bool,
    pub(super) refreshes: u64,
}

pub(super) struct Access {
    pub(super) claims: Claims,
    pub(super) expires: Duration,
    pub(super) revoked: bool,
}

pub(super) struct Refresh {
    pub(super) grant: Grant,
    pub(super) expires: Duration,
    /// When another one took its place.
    pub(super) used: Option<Duration>,
}

/// An authorization code, and what must come with it.
pub(super) struct Code {
    pub(super) grant: Grant,
    pub(super) expires: Duration,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<String>,
    pub(super) used: bool,
}

/// A device that waits for its user.
pub(super) struct Device {
    pub(super) client: String,
    pub(super) user_code: String,
    pub(super) scope: String,
    pub(super) audience: String,
    pub(super) expires: Duration,
    pub(super) interval: Duration,
    pub(super) asked: Option<Duration>,
    pub(super) verdict: Verdict,
}

/// What the user says to a device.
pub(super) enum Verdict {
    Allowed(User),
    Denied,
    Pending,
}

impl Ledger {
    pub(super) fn new(approval: Approval) -> Self {
        Self {
            access: HashMap::new(),
            approval,
            ahead: Duration::ZERO,
            codes: HashMap::new(),
            consents: HashMap::new(),
            devices: HashMap::new(),
            faults: HashMap::new(),
            refresh: HashMap::new(),
            requests: HashMap::new(),
            reuses: 0,
        }
    }

    /// The time since 1970 on the provider's clock.
    pub(super) fn now(&self) -> Duration {
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .saturating_add(self.ahead)
    }

    pub(super) fn consent(
        &mut self,
        user: User,
        client: &Client,
        scope: String,
        audience: String,
    ) -> Grant {
        let grant = Grant(self.consents.len() as u64 + 1);
        let consent = Consent {
            user,
            client: client.id.clone(),
            scope,
            audience,
            nonce: None,
            revoked: false,
            refreshes: 0,
        };
        self.consents.insert(grant, consent);
        grant
    }

    pub(super) fn is_revoked(&self, grant: Grant) -> bool {
        self.consents
            .get(&grant)
            .is_none_or(|consent| consent.revoked)
    }

    /// Ends a grant, and with it every token that came of it.
    pub(super) fn revoke(&mut self, grant: Grant) {
        if let Some(consent) = self.consents.get_mut(&grant) {
            consent.revoked = true;
        }
    }

    pub(super) fn check(
        &self,
        token: &str,
        audience: Option<&str>,
        scope: Option<&str>,
    ) -> Result<&Claims, TokenProblem> {
        let access = self.access.get(token).ok_or(TokenProblem::Unknown)?;
        let claims = &access.claims;
        if access.revoked || self.is_revoked(claims.grant) {
            return Err(TokenProblem::Revoked);
        }
        if self.now() >= access.expires {
            return Err(TokenProblem::Expired);
        }
        if audience.is_some_and(|wanted| wanted != claims.audience) {
            return Err(TokenProblem::WrongAudience);
        }
        if scope.is_some_and(|wanted| !holds(&claims.scope, wanted)) {
            return Err(TokenProblem::InsufficientScope);
        }
        Ok(claims)
    }
}
