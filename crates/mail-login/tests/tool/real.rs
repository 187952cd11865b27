//! An account on the real servers of `tests/interop`.

use std::{fs, ops::Deref};

use harness::interop::{self, Interop};

use crate::{
    home::Home,
    support::{code, stderr},
    work::Work,
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
        let resource = interop.env(resource);
        let work = Work {
            user: settings.user,
            issuer: interop.env("ISSUER"),
            client: &format!("client_id = \"{}\"", settings.client),
            scope: settings.scope,
            ca: &interop.ca().display().to_string(),
            more: &format!("resource = \"{resource}\"\n{}", settings.more),
            ports: [port("IMAPS"), port("SUBMISSIONS"), port("SIEVE")],
        };
        fs::write(self.path("config.toml"), work.toml()).unwrap();
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
