//! A sign-in under way.

use std::io;

use http::HeaderValue;
use mail_login_tokens::clock;
use mail_session::Session;
use sasl_core::Secret;
use serde::{Deserialize, Serialize};
use token_lifecycle::{Authorization, State, Verifier};
use zeroize::Zeroizing;

use crate::{app::App, cookie};

/// What has to be known when the user comes back, to whichever node.
#[derive(Deserialize, Serialize)]
pub(super) struct Flow {
    state: String,
    verifier: String,
    pub(super) nonce: String,
    pub(super) next: String,
    /// The session for which an account is added; none if one is begun.
    session: Option<String>,
    /// Until when it counts, in milliseconds since 1970.
    until: u64,
}

/// Seconds that a user may take.
const LIFE: u32 = 600;
/// What is sealed is good for nothing else.
const PURPOSE: &str = "sign-in";

impl Flow {
    pub(super) fn new(next: &str) -> io::Result<Self> {
        let secret = |secret: &Secret| secret.expose().to_owned();
        let now = clock::now().wall.as_millis();
        Ok(Self {
            state: secret(State::from_entropy(&clock::entropy()?).secret()),
            verifier: secret(Verifier::from_entropy(&clock::entropy()?).secret()),
            nonce: secret(State::from_entropy(&clock::entropy()?).secret()),
            next: next.to_owned(),
            session: None,
            until: now.saturating_add(1000 * u64::from(LIFE)),
        })
    }

    /// Adds an account to this session, and begins none.
    pub(super) fn for_session(mut self, session: &Session) -> Self {
        self.session = Some(session.key().to_string());
        self
    }

    /// Whether it adds an account to a session.
    pub(super) fn adds_account(&self) -> bool {
        self.session.is_some()
    }

    /// Whether it was begun in this session.
    pub(super) fn is_of(&self, session: &Session) -> bool {
        self.session == Some(session.key().to_string())
    }

    /// The question to the user, the same one on the way there and back.
    pub(super) fn authorization(&self, app: &App, hint: Option<&str>) -> io::Result<Authorization> {
        let broken = || io::Error::other("a secret of the sign-in has an impossible form");
        let state = State::from_secret(self.state.as_str().into()).ok_or_else(broken)?;
        let verifier = Verifier::from_secret(self.verifier.as_str().into()).ok_or_else(broken)?;
        let redirect = app.public.redirect().clone();
        let settings = &app.sessions.settings().tokens;
        let scopes = settings.scopes.to_string();
        let mut authorization = Authorization::new(
            &app.authorization_endpoint,
            &app.client,
            redirect,
            state,
            verifier,
        )
        .metadata(&app.metadata)
        .scope(&scopes)
        .parameter("nonce", &self.nonce);
        if let Some(resource) = &settings.resource {
            authorization = authorization.parameter("resource", resource);
        }
        // <https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess>
        let offline = settings
            .scopes
            .iter()
            .any(|scope| scope == "offline_access");
        // Who adds an account is signed in with another one already.
        let prompt = match (self.adds_account(), offline) {
            (true, true) => "login consent",
            (true, false) => "login",
            (false, true) => "consent",
            (false, false) => "",
        };
        authorization = authorization.parameter("prompt", prompt);
        // An address at most: whatever it is, it is a hint.
        if let Some(hint) = hint.filter(|hint| hint.len() <= 254) {
            authorization = authorization.parameter("login_hint", hint);
        }
        Ok(authorization)
    }

    pub(super) fn cookie(&self, app: &App) -> io::Result<HeaderValue> {
        let octets = Zeroizing::new(serde_json::to_vec(self)?);
        let sealed = app.sealer.seal(PURPOSE, &octets)?;
        let name = name(&self.state);
        cookie::set(&app.public, &name, &sealed, Some(LIFE)).map_err(io::Error::other)
    }

    /// The sign-in with this state, if this browser has begun it, and not too long ago.
    pub(super) fn find(app: &App, headers: &http::HeaderMap, state: &str) -> Option<Self> {
        let name = cookie::full_name(&app.public, &name(state));
        let sealed = cookie::find(headers, &name)?;
        let octets = app.sealer.open(PURPOSE, sealed)?;
        let flow: Self = serde_json::from_slice(&octets).ok()?;
        let now = clock::now().wall.as_millis();
        // Whether the state is the right one is for who takes the answer to say.
        (now < flow.until).then_some(flow)
    }
}

/// Each sign-in has a cookie of its own, so that one in another tab does not end it. The first characters of the
/// state, which is in the address anyway, tell them apart.
pub(super) fn name(state: &str) -> String {
    let usable = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '_';
    let short: String = state.chars().filter(usable).take(8).collect();
    format!("sign-in-{short}")
}
