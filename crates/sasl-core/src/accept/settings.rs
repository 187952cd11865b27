//! What the embedder of a server decides.

use alloc::string::String;

use crate::{Conformance, Endpoint, Limits, Mechanism, Mechanisms, Settings};

/// What the three protocols let the embedder of a server decide alike.
///
/// ```
/// use sasl_core::{AcceptSettings, Mechanism};
///
/// let settings = AcceptSettings::new()
///     .mechanisms([Mechanism::OAuthBearer, Mechanism::XOAuth2])
///     .scope("mail")
///     .openid_configuration("https://id.example.com/.well-known/openid-configuration");
/// assert_eq!(settings.offered().to_string(), "OAUTHBEARER XOAUTH2");
/// ```
#[derive(Clone, Debug)]
pub struct AcceptSettings {
    /// Limits of what is received, and the address that clients should name.
    pub(crate) wire: Settings,
    pub(crate) mechanisms: Mechanisms,
    pub(crate) starttls: bool,
    pub(crate) failures: u32,
    pub(crate) commands: u32,
    pub(crate) explain: bool,
    pub(crate) login_takes_user: bool,
    pub(crate) scope: Option<String>,
    pub(crate) openid_configuration: Option<String>,
}

impl AcceptSettings {
    /// Both token mechanisms and PLAIN, no endpoint, three refused logins, 100 commands.
    ///
    /// The limits: a line of 16 KiB, which holds the 12,288 octets that a message may have
    /// (<https://www.rfc-editor.org/rfc/rfc4954#section-4>), four literals of 16 KiB in all, and
    /// 64 KiB that wait to be read. Nothing is allocated because a client announces it.
    pub fn new() -> Self {
        let limits = Limits {
            line: 16 << 10,
            literal: 16 << 10,
            literals: 4,
            unasked: 64 << 10,
            reserve: 1 << 10,
            ..Limits::default()
        };
        Self {
            wire: Settings::new()
                .conformance(Conformance::Strict)
                .limits(limits),
            mechanisms: [Mechanism::OAuthBearer, Mechanism::Plain, Mechanism::XOAuth2]
                .into_iter()
                .collect(),
            starttls: true,
            failures: 3,
            commands: 100,
            explain: true,
            login_takes_user: false,
            scope: None,
            openid_configuration: None,
        }
    }

    /// The mechanisms to offer where the connection is protected. EXTERNAL only where the embedder
    /// knows the client by its certificate.
    pub fn mechanisms(mut self, mechanisms: impl IntoIterator<Item = Mechanism>) -> Self {
        self.mechanisms = mechanisms.into_iter().collect();
        self
    }

    /// Whether STARTTLS is offered in clear. Default true.
    pub fn starttls(mut self, offered: bool) -> Self {
        self.starttls = offered;
        self
    }

    /// The address that clients know this server by. One that names another in OAUTHBEARER is
    /// refused (<https://www.rfc-editor.org/rfc/rfc7628#section-3.1>); without it none is looked at.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.wire = self.wire.endpoint(endpoint);
        self
    }

    /// After so many refused logins the connection is closed. Default 3, which is the least that
    /// clients may expect (<https://www.rfc-editor.org/rfc/rfc4954#section-4>).
    pub fn failures(mut self, most: u32) -> Self {
        self.failures = most;
        self
    }

    /// After so many commands without a login the connection is closed. Default 100.
    pub fn commands(mut self, most: u32) -> Self {
        self.commands = most;
        self
    }

    /// Whether LOGIN takes the user name along with the command, as many SMTP servers do and some
    /// clients expect. Default false: the server speaks first in this mechanism, and a client that does
    /// not let it has failed (<https://www.rfc-editor.org/rfc/rfc4422#section-3>).
    pub fn login_takes_user(mut self, takes: bool) -> Self {
        self.login_takes_user = takes;
        self
    }

    /// Whether a refused token is explained by a document, which costs a round trip. Default true:
    /// without it a client cannot know whether a new token would help.
    pub fn explain(mut self, explain: bool) -> Self {
        self.explain = explain;
        self
    }

    /// The scope that a token needs, told to clients whose token is refused.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Where the authorization server describes itself, told to clients whose token is refused.
    pub fn openid_configuration(mut self, url: impl Into<String>) -> Self {
        self.openid_configuration = Some(url.into());
        self
    }

    /// Other limits of incoming data. [`Limits::challenge`] is the length of a decoded message.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.wire = self.wire.limits(limits);
        self
    }

    /// Whether LOGIN takes the user name along with the command.
    pub fn is_login_with_user(&self) -> bool {
        self.login_takes_user
    }

    /// The mechanisms that are offered where the connection is protected.
    pub fn offered(&self) -> Mechanisms {
        self.mechanisms
    }
}

impl Default for AcceptSettings {
    fn default() -> Self {
        Self::new()
    }
}
