//! An account on servers of the testbed, and the tool run with it.

use std::{fs, ops::Deref};

use mail_testbed::{ProviderOptions, Testbed, TestbedOptions, Tokens, User};
use serde_json::json;

use crate::{
    home::Home,
    support::{code, stderr},
    work::Work,
};

pub(crate) const USER: &str = "alice@example.com";
pub(crate) const PASSWORD: &str = "wonderland-behind-the-looking-glass";

/// A testbed, and a home with an account `work` on it.
pub(crate) struct Bed {
    pub(crate) testbed: Testbed,
    pub(crate) home: Home,
}

impl Bed {
    pub(crate) fn start() -> Self {
        Self::with(TestbedOptions::new())
    }

    pub(crate) fn with_provider(options: ProviderOptions) -> Self {
        Self::with(TestbedOptions::new().provider(options))
    }

    pub(crate) fn with(options: TestbedOptions) -> Self {
        let testbed = Testbed::with(options.user(User::new(USER).password(PASSWORD))).unwrap();
        let home = Home::new();
        let bed = Self { testbed, home };
        fs::write(bed.path("ca.pem"), bed.testbed.authority().pem()).unwrap();
        bed.configure("");
        bed
    }

    /// Writes the configuration, with more lines for the account.
    pub(crate) fn configure(&self, more: &str) {
        self.configure_client("client_id = \"mail-client\"", more);
    }

    pub(crate) fn configure_client(&self, client: &str, more: &str) {
        let issuer = self.testbed.provider().issuer();
        let port = |server: &mail_testbed::MailServer| server.implicit_tls().port();
        let work = Work {
            user: USER,
            issuer,
            client,
            scope: "openid mail",
            ca: "ca.pem",
            more,
            ports: [
                port(self.testbed.imap()),
                port(self.testbed.smtp()),
                self.testbed.sieve().starttls().port(),
            ],
        };
        fs::write(self.path("config.toml"), work.toml()).unwrap();
    }

    /// Signs in by tokens of the provider, which have an hour.
    pub(crate) fn sign_in(&self) -> Tokens {
        let tokens = self
            .testbed
            .provider()
            .issue(mail_testbed::Issue::to(USER).scope("openid mail"));
        let response = json!({
            "access_token": tokens.access_token(), "refresh_token": tokens.refresh_token(),
            "token_type": "Bearer", "expires_in": tokens.life().as_secs(),
        });
        let output = self.run_with(&["sign-in", "work", "--import", "-"], &response.to_string());
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        tokens
    }
}

impl Deref for Bed {
    type Target = Home;

    fn deref(&self) -> &Home {
        &self.home
    }
}

pub(crate) const CLIENT_SECRET: &str = "the-secret-of-this-client-0123456789";
