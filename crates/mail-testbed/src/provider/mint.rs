//! The provider's heart: options, keys and memory, and how tokens are made.

use alloc::{collections::VecDeque, format, string::String};
use core::time::Duration;
use std::{
    io,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use sasl_core::Secret;
use serde_json::json;

use super::{
    Claims, Endpoint, Fault, Grant, Issue, ProviderOptions, Rotation, TokenFormat, Tokens,
    ledger::{Access, Ledger, Refresh},
    scope::holds,
    signer::Signer,
};

pub(super) struct Mint {
    pub(super) options: ProviderOptions,
    /// The address of the provider, which is its name as well.
    pub(super) issuer: String,
    pub(super) signer: Signer,
    /// Told whenever a request arrives.
    pub(super) arrival: Condvar,
    ledger: Mutex<Ledger>,
}

/// What the tokens of one answer are to be.
#[derive(Clone, Default)]
pub(super) struct Coin {
    /// Less than was agreed to, where less was asked for.
    pub(super) scope: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) life: Option<Duration>,
    pub(super) format: Option<TokenFormat>,
    pub(super) refresh: bool,
}

impl Mint {
    pub(super) fn new(options: ProviderOptions, issuer: String) -> io::Result<Self> {
        Ok(Self {
            ledger: Mutex::new(Ledger::new(options.approval)),
            options,
            issuer,
            signer: Signer::new()?,
            arrival: Condvar::new(),
        })
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // A thread that panicked has failed its test; the others go on.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request, and says what goes wrong with it.
    pub(super) fn arrived(&self, endpoint: Endpoint) -> Fault {
        let mut ledger = self.ledger();
        *ledger.requests.entry(endpoint).or_default() += 1;
        self.arrival.notify_all();
        ledger
            .faults
            .get_mut(&endpoint)
            .and_then(VecDeque::pop_front)
            .unwrap_or_else(Fault::none)
    }

    pub(super) fn issue(&self, order: Issue) -> io::Result<Tokens> {
        let options = &self.options;
        let client = order
            .client
            .as_deref()
            .map_or_else(|| options.clients.first(), |id| options.find_client(id))
            .ok_or_else(|| io::Error::other("there is no such client"))?;
        let scope = order.scope.unwrap_or_else(|| options.granted_scope(None));
        let audience = order.audience.unwrap_or_else(|| options.audience.clone());
        let user = options.user_or_new(&order.user);
        let mut ledger = self.ledger();
        let grant = ledger.consent(user, client, scope, audience);
        let coin = Coin {
            life: order.life,
            format: order.format,
            refresh: true,
            ..Coin::default()
        };
        self.strike(&mut ledger, grant, coin)
    }

    /// Makes the tokens of a grant.
    pub(super) fn strike(
        &self,
        ledger: &mut Ledger,
        grant: Grant,
        coin: Coin,
    ) -> io::Result<Tokens> {
        let options = &self.options;
        let consent = ledger
            .consents
            .get(&grant)
            .ok_or_else(|| io::Error::other("there is no such grant"))?;
        let life = coin.life.unwrap_or_else(|| {
            options
                .find_client(&consent.client)
                .and_then(|client| client.access_life)
                .unwrap_or(options.access_life)
        });
        let now = ledger.now();
        let expires = now.saturating_add(life);
        let claims = Claims {
            audience: coin.audience.unwrap_or_else(|| consent.audience.clone()),
            client: consent.client.clone(),
            email: consent.user.email.clone(),
            expires_at: expires.as_secs(),
            grant,
            id: self.signer.random()?,
            issued_at: now.as_secs(),
            issuer: self.issuer.clone(),
            scope: coin.scope.unwrap_or_else(|| consent.scope.clone()),
            subject: consent.user.subject.clone(),
        };
        let access = match coin.format.unwrap_or(options.format) {
            TokenFormat::Jwt => self.signer.sign("at+jwt", &payload(&claims))?,
            TokenFormat::Opaque => self.signer.random()?,
        };
        let wants_refresh = coin.refresh
            && options.rotation != Rotation::Never
            && (!options.refresh_needs_offline_access || holds(&consent.scope, "offline_access"));
        let refresh = wants_refresh.then(|| self.signer.random()).transpose()?;
        if let Some(refresh) = &refresh {
            let entry = Refresh {
                grant,
                expires: now.saturating_add(options.refresh_life),
                used: None,
            };
            ledger.refresh.insert(refresh.clone(), entry);
        }
        let scope = claims.scope.clone();
        let entry = Access {
            claims,
            expires,
            revoked: false,
        };
        ledger.access.insert(access.clone(), entry);
        Ok(Tokens {
            access: Secret::from(access),
            refresh: refresh.map(Secret::from),
            scope,
            life,
            grant,
        })
    }

    /// Who it is, for the client. <https://openid.net/specs/openid-connect-core-1_0.html#IDToken>
    pub(super) fn id_token(&self, ledger: &Ledger, grant: Grant) -> io::Result<Option<String>> {
        let Some(consent) = ledger.consents.get(&grant) else {
            return Ok(None);
        };
        if !holds(&consent.scope, "openid") {
            return Ok(None);
        }
        let now = ledger.now().as_secs();
        let mut payload = json!({
            "aud": consent.client, "email": consent.user.email, "email_verified": true,
            "exp": now + 3600, "iat": now, "iss": self.issuer, "sub": consent.user.subject,
        });
        if let (Some(nonce), Some(members)) = (&consent.nonce, payload.as_object_mut()) {
            members.insert("nonce".into(), nonce.as_str().into());
        }
        self.signer.sign("JWT", &payload).map(Some)
    }

    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }
}

/// <https://www.rfc-editor.org/rfc/rfc9068#section-2.2>
fn payload(claims: &Claims) -> serde_json::Value {
    json!({
        "aud": claims.audience,
        "client_id": claims.client,
        "email": claims.email,
        "exp": claims.expires_at,
        "iat": claims.issued_at,
        "iss": claims.issuer,
        "jti": claims.id,
        "scope": claims.scope,
        "sub": claims.subject,
    })
}
