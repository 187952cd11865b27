//! An account on the real servers of `tests/interop`.

use std::{fs, ops::Deref};

use harness::interop::{self, Interop};

use crate::{
    home::Home,
    support::{code, stderr},
};

pub(crate) const USER: &str = "alice@example.test";

/// Dovecot that checks tokens itself, or that asks the provider about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    Local,
    Introspect,
}

/// How the account differs from the usual one.
pub(crate) struct Settings {
    pub(crate) user: &'static str,
    pub(crate) client: &'static str,
    pub(crate) scope: &'static str,
    pub(crate) check: Check,
    /// More lines of the account.
    pub(crate) more: &'static str,
}

impl Settings {
    pub(crate) fn new(check: Check) -> Self {
        Self {
            user: USER,
            client: "mail-client",
            scope: "openid mail offline_access",
            check,
            more: "",
        }
    }
}

/// The servers, and a home with an account `work` on them.
pub(crate) struct Real {
    pub(crate) interop: &'static Interop,
    pub(crate) settings: Settings,
    home: Home,
}

impl Real {
    pub(crate) fn with(settings: Settings) -> Self {
        let real = Self {
            interop: interop::start(),
            settings,
            home: Home::new(),
        };
        real.configure();
        real
    }

    /// Writes the configuration.
    pub(crate) fn configure(&self) {
        let (interop, settings) = (self.interop, &self.settings);
        let (resource, name) = match settings.check {
            Check::Local => ("RESOURCE_JWT", "LOCAL"),
            Check::Introspect => ("RESOURCE_OPAQUE", "INTROSPECT"),
        };
        let port = |service: &str| interop.port(&format!("{name}_{service}"));
        let text = format!(
            r#"[accounts.work]
user = "{}"
issuer = "{}"
client_id = "{}"
scope = "{}"
resource = "{}"
redirect_uri = "http://127.0.0.1/callback"
ca = "{}"
{}
[accounts.work.imap]
host = "localhost"
port = {}
[accounts.work.smtp]
host = "localhost"
port = {}
[accounts.work.sieve]
host = "localhost"
port = {}
tls = "starttls"
"#,
            settings.user,
            interop.env("ISSUER"),
            settings.client,
            settings.scope,
            interop.env(resource),
            interop.ca().display(),
            settings.more,
            port("IMAPS"),
            port("SUBMISSIONS"),
            port("SIEVE"),
        );
        fs::write(self.path("config.toml"), text).unwrap();
    }

    /// Signs in without a browser.
    #[track_caller]
    pub(crate) fn sign_in(&self) {
        let password = self.interop.env("PASSWORD");
        let output = self.run_with(&["sign-in", "work", "--password-stdin"], password);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }
}

impl Deref for Real {
    type Target = Home;

    fn deref(&self) -> &Home {
        &self.home
    }
}
