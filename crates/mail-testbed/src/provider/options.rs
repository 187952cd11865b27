//! How the provider is to behave from the start.

use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
    sync::Arc,
    vec,
    vec::Vec,
};
use core::time::Duration;

use sasl_core::Secret;

use super::{Approval, Client, ExpiresIn, Rotation, TokenFormat, User, scope};
use crate::Authority;

/// What a provider is like. Every method changes one thing; what is not changed is as a good
/// provider has it.
///
/// ```
/// use core::time::Duration;
/// use mail_testbed::{Client, Provider, ProviderOptions, User};
///
/// let options = ProviderOptions::new()
///     .client(Client::public("my-program").redirect_uri("http://127.0.0.1/"))
///     .user(User::new("bob@example.com").password("builder"))
///     .access_life(Duration::from_secs(300));
/// let provider = Provider::start(options)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ProviderOptions {
    pub(super) access_life: Duration,
    pub(super) approval: Approval,
    pub(super) audience: String,
    pub(super) authority: Option<Arc<Authority>>,
    pub(super) clients: Vec<Client>,
    pub(super) code_life: Duration,
    pub(super) default_scope: String,
    pub(super) device_interval: Option<Duration>,
    pub(super) device_life: Duration,
    pub(super) expires_in: ExpiresIn,
    pub(super) format: TokenFormat,
    pub(super) grace: Duration,
    pub(super) host: String,
    pub(super) narrowed: Option<String>,
    pub(super) refresh_life: Duration,
    pub(super) refresh_needs_offline_access: bool,
    pub(super) rotation: Rotation,
    pub(super) says_issuer: bool,
    pub(super) supported: Option<String>,
    pub(super) tls: bool,
    pub(super) users: Vec<User>,
}

impl ProviderOptions {
    /// HTTPS with an authority of its own; a public client `mail-client` that may be sent to
    /// `/callback` on loopback; a user `alice@example.com` with the password `wonderland`; signed
    /// tokens for `https://mail.example.com/` that live an hour; refresh tokens that rotate.
    pub fn new() -> Self {
        Self {
            access_life: Duration::from_secs(3600),
            approval: Approval::Automatic,
            audience: "https://mail.example.com/".to_owned(),
            authority: None,
            clients: vec![],
            code_life: Duration::from_secs(60),
            default_scope: "mail".to_owned(),
            device_interval: Some(Duration::from_secs(5)),
            device_life: Duration::from_secs(600),
            expires_in: ExpiresIn::Number,
            format: TokenFormat::Jwt,
            grace: Duration::ZERO,
            host: "127.0.0.1".to_owned(),
            narrowed: None,
            refresh_life: Duration::from_secs(14 * 24 * 3600),
            refresh_needs_offline_access: false,
            rotation: Rotation::Rotate,
            says_issuer: true,
            supported: None,
            tls: true,
            users: vec![],
        }
    }

    /// Adds a client. The first one takes the place of `mail-client`, and is the one that
    /// [`Provider::issue`](super::Provider::issue) issues to where nothing else is said.
    pub fn client(mut self, client: Client) -> Self {
        self.clients.push(client);
        self
    }

    /// Adds a user. The first one takes the place of `alice@example.com`, and is the one who
    /// approves where nobody is asked.
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Speaks HTTP without TLS. Good programs talk to such a provider only where they are told to.
    pub fn plain_http(mut self) -> Self {
        self.tls = false;
        self
    }

    /// The authority that vouches for the provider, where it is to be the same as that of others.
    pub fn authority(mut self, authority: Arc<Authority>) -> Self {
        self.authority = Some(authority);
        self
    }

    /// The host in the URLs; it must lead to `127.0.0.1`, where the provider listens.
    pub fn host(mut self, host: &str) -> Self {
        self.host = host.to_owned();
        self
    }

    /// Whom access tokens are for, if the request says nothing (`resource`).
    pub fn audience(mut self, audience: &str) -> Self {
        self.audience = audience.to_owned();
        self
    }

    /// The scope that is granted if the request names none.
    pub fn default_scope(mut self, scope: &str) -> Self {
        self.default_scope = scope.to_owned();
        self
    }

    /// The scopes that exist; another one is answered by `invalid_scope`. All exist, if this is not
    /// called.
    pub fn supported_scopes(mut self, scopes: &str) -> Self {
        self.supported = Some(scopes.to_owned());
        self
    }

    /// Grants at most these scopes, whatever is asked for, and says so in the answer.
    pub fn narrow_to(mut self, scopes: &str) -> Self {
        self.narrowed = Some(scopes.to_owned());
        self
    }

    /// How long access tokens live.
    pub fn access_life(mut self, life: Duration) -> Self {
        self.access_life = life;
        self
    }

    /// How long a refresh token lives, from its own issue.
    pub fn refresh_life(mut self, life: Duration) -> Self {
        self.refresh_life = life;
        self
    }

    /// How long an authorization code lives.
    pub fn code_life(mut self, life: Duration) -> Self {
        self.code_life = life;
        self
    }

    /// How long a device code lives.
    pub fn device_life(mut self, life: Duration) -> Self {
        self.device_life = life;
        self
    }

    /// How long a device has to wait between two questions. `None`: five seconds, and the answer
    /// does not say so. <https://www.rfc-editor.org/rfc/rfc8628#section-3.2>
    pub fn device_interval(mut self, interval: Option<Duration>) -> Self {
        self.device_interval = interval;
        self
    }

    /// What becomes of refresh tokens.
    pub fn rotation(mut self, rotation: Rotation) -> Self {
        self.rotation = rotation;
        self
    }

    /// For how long a refresh token still works after it was used, as some providers have it for
    /// answers that got lost. Not at all, if this is not called.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Gives refresh tokens only to who asks for the scope `offline_access`.
    pub fn refresh_needs_offline_access(mut self) -> Self {
        self.refresh_needs_offline_access = true;
        self
    }

    /// What access tokens look like.
    pub fn format(mut self, format: TokenFormat) -> Self {
        self.format = format;
        self
    }

    /// How the answer says when the token expires.
    pub fn expires_in(mut self, form: ExpiresIn) -> Self {
        self.expires_in = form;
        self
    }

    /// Whether a person is asked.
    pub fn approval(mut self, approval: Approval) -> Self {
        self.approval = approval;
        self
    }

    /// Leaves `iss` out of authorization responses, as providers did before RFC 9207.
    pub fn without_issuer_in_response(mut self) -> Self {
        self.says_issuer = false;
        self
    }

    /// Puts in who has to be there.
    pub(super) fn completed(mut self) -> Self {
        if self.clients.is_empty() {
            self.clients.push(
                Client::public("mail-client")
                    .redirect_uri("http://127.0.0.1/callback")
                    .redirect_uri("http://[::1]/callback")
                    .redirect_uri("http://localhost/callback"),
            );
        }
        if self.users.is_empty() {
            self.users
                .push(User::new("alice@example.com").password("wonderland"));
        }
        self
    }

    pub(super) fn find_client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }

    pub(super) fn find_user(&self, email: &str) -> Option<&User> {
        self.users.iter().find(|user| user.email == email)
    }

    pub(super) fn signs_in(&self, email: &str, password: &str) -> Option<&User> {
        self.find_user(email)
            .filter(|user| user.password == Some(Secret::from(password)))
    }

    /// A user of this address; one that nobody told of is made up.
    pub(super) fn user_or_new(&self, email: &str) -> User {
        self.find_user(email)
            .map_or_else(|| User::new(email), Clone::clone)
    }

    /// What of this scope is granted.
    pub(super) fn granted_scope(&self, asked: Option<&str>) -> String {
        let asked = asked.unwrap_or(&self.default_scope);
        match &self.narrowed {
            Some(most) => asked
                .split_ascii_whitespace()
                .filter(|word| scope::holds(most, word))
                .collect::<Vec<_>>()
                .join(" "),
            None => asked.to_string(),
        }
    }
}

impl Default for ProviderOptions {
    fn default() -> Self {
        Self::new()
    }
}
