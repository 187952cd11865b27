//! Servers to try it with, inside this very program.

use std::io;

use mail_login_tokio::{Server, SettingsProblem, tokens::HttpClient};
use mail_session::settings::Settings;
use mail_testbed::{Approval, Client, MailServer, ProviderOptions, Testbed, TestbedOptions, User};
use token_lifecycle::{Issuer, Scopes};

/// An authorization server and mail servers of the testbed, which know one user and this program.
#[derive(Debug)]
pub struct Bed(Testbed);

const CLIENT: &str = "webmail";
const SECRET: &str = "a secret for demonstrations";

impl Bed {
    /// Who may sign in.
    pub const USER: &'static str = "alice@example.com";
    /// Who may, too.
    pub const OTHER: &'static str = "bob@example.com";
    /// The password of both.
    pub const PASSWORD: &'static str = "wonderland";

    /// Starts them; the authorization server asks for name and password.
    ///
    /// # Errors
    ///
    /// The operating system gives no socket, thread or random numbers.
    pub fn start() -> io::Result<Self> {
        Self::with(ProviderOptions::new().approval(Approval::Form))
    }

    /// Starts them with another provider.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn with(provider: ProviderOptions) -> io::Result<Self> {
        let client = Client::confidential(CLIENT, SECRET)
            .redirect_uri("http://127.0.0.1/callback")
            .redirect_uri("http://localhost/callback");
        // Browsers do not know its authority; it is on this very machine.
        let provider = provider.client(client).plain_http();
        let user = User::new(Self::USER).password(Self::PASSWORD);
        let other = User::new(Self::OTHER).password(Self::PASSWORD);
        let options = TestbedOptions::new();
        let options = options.provider(provider).user(user).user(other);
        Testbed::with(options).map(Self)
    }

    /// What they are made of, for tests.
    pub fn testbed(&self) -> &Testbed {
        &self.0
    }

    /// Settings by which this program finds them.
    ///
    /// # Errors
    ///
    /// When their certificate cannot be read.
    pub fn settings(&self) -> Result<Settings, SettingsProblem> {
        let mut settings = Settings::default();
        settings.primary.imap = Some(self.server(self.0.imap())?);
        settings.primary.smtp = Some(self.server(self.0.smtp())?);
        settings.secondary = settings.primary.clone();
        settings.filter.server = Some(self.server(self.0.sieve())?);
        let tokens = &mut settings.tokens;
        tokens.issuer = Issuer::dangerous_loopback(self.0.provider().issuer()).ok();
        tokens.client_id = CLIENT.into();
        tokens.client_secret = Some(SECRET.into());
        tokens.scopes = Scopes::from("openid mail offline_access");
        tokens.password_grant = true;
        Ok(settings)
    }

    /// A client for its authorization server.
    pub fn http(&self) -> HttpClient {
        HttpClient::new().dangerous_loopback()
    }

    fn server(&self, server: &MailServer) -> Result<Server, SettingsProblem> {
        let port = server.implicit_tls().port();
        let pem = self.0.authority().pem();
        Server::implicit_tls("127.0.0.1", port).extra_ca_pem(pem.as_bytes())
    }
}
