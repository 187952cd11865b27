//! What a test does to a provider, and asks it.

use core::time::Duration;
use std::sync::PoisonError;

use super::{
    Approval, Endpoint, Fault, Grant, Provider, device,
    ledger::{Ledger, Verdict},
};

impl Provider {
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
            .wait_timeout_while(self.mint.ledger(), time, |ledger: &mut Ledger| {
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
