//! What a mail server is like.

use alloc::{
    string::{String, ToString as _},
    sync::Arc,
    vec,
    vec::Vec,
};
use core::{fmt, time::Duration};
use std::io;

use rustls::ServerConfig;
use sasl_core::{AcceptSettings, Mechanism, Presented, Reason, Service};

use super::{Quirk, boxes::Boxes};
use crate::{Authority, Checker, User};

/// What a mail server is like: what it offers, whom it lets in, what it does wrong.
///
/// ```
/// use mail_testbed::{MailOptions, Quirk};
/// use sasl_core::{Mechanism, Reason};
///
/// let options = MailOptions::new()
///     .mechanisms([Mechanism::XOAuth2])
///     .scope("https://mail.google.com/")
///     .quirk(Quirk::bare_challenge());
/// # let _ = options;
/// ```
#[derive(Clone)]
pub struct MailOptions {
    pub(super) audience: Option<String>,
    pub(crate) boxes: Arc<Boxes>,
    pub(super) scope: Option<String>,
    pub(super) users: Vec<User>,
    pub(super) quirks: Vec<Quirk>,
    pub(super) verdicts: Option<Verdicts>,
    pub(super) login_time: Duration,
    pub(super) imap: Option<imap_auth::AcceptOptions>,
    pub(super) smtp: Option<smtp_auth::AcceptOptions>,
    pub(super) sieve: Option<sieve_auth::AcceptOptions>,
    mechanisms: Vec<Mechanism>,
    explain: bool,
    failures: u32,
    certificate: Certificate,
}

/// Says no where the test wants a no.
pub(super) type Verdicts = Arc<dyn Fn(&Presented) -> Option<Reason> + Send + Sync>;

#[derive(Clone, Debug)]
enum Certificate {
    Expired,
    For(Vec<String>),
    OnlyFor(String),
}

impl MailOptions {
    /// Both token mechanisms and PLAIN; tokens of any audience that have the scope `mail`; sixty
    /// seconds for a login.
    pub fn new() -> Self {
        Self {
            audience: None,
            boxes: Arc::default(),
            scope: Some("mail".to_string()),
            users: Vec::new(),
            quirks: Vec::new(),
            verdicts: None,
            login_time: Duration::from_secs(60),
            imap: None,
            smtp: None,
            sieve: None,
            mechanisms: vec![Mechanism::OAuthBearer, Mechanism::Plain, Mechanism::XOAuth2],
            explain: true,
            failures: 3,
            certificate: Certificate::For(Vec::new()),
        }
    }

    /// The mechanisms that are offered.
    pub fn mechanisms(mut self, mechanisms: impl IntoIterator<Item = Mechanism>) -> Self {
        self.mechanisms = mechanisms.into_iter().collect();
        self
    }

    /// Only tokens for this audience are taken.
    pub fn audience(mut self, audience: &str) -> Self {
        self.audience = Some(audience.to_string());
        self
    }

    /// The scope that a token must have.
    pub fn scope(mut self, scope: &str) -> Self {
        self.scope = Some(scope.to_string());
        self
    }

    /// Whether a refused token is explained by a document. Some servers never do (Exchange, Stalwart).
    pub fn explain(mut self, explain: bool) -> Self {
        self.explain = explain;
        self
    }

    /// After so many refused logins the connection is closed. Default 3.
    pub fn failures(mut self, most: u32) -> Self {
        self.failures = most;
        self
    }

    /// A user who may log in by password.
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Something that the server does wrong, besides what it does wrong already.
    pub fn quirk(mut self, quirk: Quirk) -> Self {
        self.quirks.push(quirk);
        self
    }

    /// Asked about each login before anybody else: a reason refuses it.
    ///
    /// ```
    /// use mail_testbed::MailOptions;
    /// use sasl_core::Reason;
    ///
    /// // A server that is in trouble:
    /// let options = MailOptions::new().refuse(|_| Some(Reason::Temporary));
    /// # let _ = options;
    /// ```
    pub fn refuse(
        mut self,
        verdicts: impl Fn(&Presented) -> Option<Reason> + Send + Sync + 'static,
    ) -> Self {
        self.verdicts = Some(Arc::new(verdicts));
        self
    }

    /// How long a client may take to log in. Default 60 s.
    pub fn login_time(mut self, time: Duration) -> Self {
        self.login_time = time;
        self
    }

    /// Everything that an IMAP server can be told, in place of mechanisms, explanations and failures
    /// above.
    pub fn imap(mut self, options: imap_auth::AcceptOptions) -> Self {
        self.imap = Some(options);
        self
    }

    /// The same for an SMTP server.
    pub fn smtp(mut self, options: smtp_auth::AcceptOptions) -> Self {
        self.smtp = Some(options);
        self
    }

    /// The same for a ManageSieve server.
    pub fn sieve(mut self, options: sieve_auth::AcceptOptions) -> Self {
        self.sieve = Some(options);
        self
    }

    /// A further name in the certificate.
    pub fn host(mut self, name: &str) -> Self {
        match &mut self.certificate {
            Certificate::For(names) => names.push(name.to_string()),
            Certificate::Expired | Certificate::OnlyFor(_) => {
                self.certificate = Certificate::For(vec![name.to_string()]);
            }
        }
        self
    }

    /// A certificate that expired years ago.
    pub fn expired_certificate(mut self) -> Self {
        self.certificate = Certificate::Expired;
        self
    }

    /// A certificate for this name and no other.
    pub fn certificate_only_for(mut self, name: &str) -> Self {
        self.certificate = Certificate::OnlyFor(name.to_string());
        self
    }

    pub(super) fn accept_options<P: Service>(&self, checker: &Checker) -> P::AcceptOptions {
        let mut settings = AcceptSettings::new()
            .mechanisms(self.mechanisms.iter().copied())
            .explain(self.explain)
            // As most SMTP servers do.
            .login_takes_user(true)
            .failures(self.failures)
            .openid_configuration(checker.discovery_url());
        if let Some(scope) = &self.scope {
            settings = settings.scope(scope);
        }
        settings.into()
    }

    pub(super) fn tls_config(
        &self,
        authority: &Authority,
        alpn: Option<&str>,
    ) -> io::Result<Arc<ServerConfig>> {
        let mut config = match &self.certificate {
            Certificate::Expired => authority.expired(&[])?,
            Certificate::For(names) => {
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                authority.server_config(&names)?
            }
            Certificate::OnlyFor(name) => authority.only_for(&[name])?,
        };
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(Arc::new(config))
    }
}

impl Default for MailOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MailOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailOptions")
            .field("mechanisms", &self.mechanisms)
            .field("audience", &self.audience)
            .field("scope", &self.scope)
            .field("quirks", &self.quirks)
            .finish_non_exhaustive()
    }
}
