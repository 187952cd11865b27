//! A node, a provider and mail servers, in this process.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use mail_login_tokens::clock;
use mail_login_tokio::{Server, tokens::HttpClient};
use mail_session::{
    Fact, Session, SessionId, Sessions, User,
    places::{MemoryPlaces, Places},
    settings::Settings,
};
use mail_testbed::{Endpoint, Issue, MailOptions, Testbed, TestbedOptions};
use token_lifecycle::{Saved, Tokens, Url};

pub(crate) const USER: &str = "alice@example.com";

/// What a test is about: a testbed, and a place that nodes share.
pub(crate) struct Scene {
    pub(crate) testbed: Testbed,
    pub(crate) places: MemoryPlaces,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with(MailOptions::new())
    }

    pub(crate) fn with(mail: MailOptions) -> Self {
        let testbed = Testbed::with(
            TestbedOptions::new()
                .user(mail_testbed::User::new(USER).password("correct horse"))
                .mail(mail),
        )
        .unwrap();
        Self {
            testbed,
            places: MemoryPlaces::new(),
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        let provider = self.testbed.provider();
        settings.tokens.token_endpoint = Some(Url::new(&provider.url(Endpoint::Token)).unwrap());
        let revoke = Url::new(&provider.url(Endpoint::Revoke)).unwrap();
        settings.tokens.revocation_endpoint = Some(revoke);
        settings.tokens.client_id = "mail-client".into();
        settings.tokens.scopes = "mail".into();
        settings.tokens.wait = Duration::from_secs(10);
        settings.sessions.look = Duration::from_secs(3600);
        settings.primary.imap = Some(self.server(self.testbed.imap().implicit_tls().port()));
        settings.primary.smtp = Some(self.server(self.testbed.smtp().implicit_tls().port()));
        settings.filter.server = Some(self.server(self.testbed.sieve().implicit_tls().port()));
        settings.secondary = settings.primary.clone();
        settings
    }

    pub(crate) fn server(&self, port: u16) -> Server {
        let pem = self.testbed.authority().pem();
        let server = Server::implicit_tls("localhost", port).timeout(Duration::from_secs(10));
        server.extra_ca_pem(pem.as_bytes()).unwrap()
    }

    pub(crate) fn http(&self) -> HttpClient {
        let pem = self.testbed.authority().pem();
        HttpClient::new().extra_ca_pem(pem.as_bytes()).unwrap()
    }

    pub(crate) fn node(&self) -> Node {
        self.node_with(|_| {})
    }

    pub(crate) fn node_with(&self, change: impl FnOnce(&mut Settings)) -> Node {
        self.node_at(self.places.clone(), change)
    }

    pub(crate) fn node_at(
        &self,
        places: impl Places + 'static,
        change: impl FnOnce(&mut Settings),
    ) -> Node {
        let mut settings = self.settings();
        change(&mut settings);
        let facts = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&facts);
        let sessions = Sessions::builder(settings)
            .http(self.http())
            .observer(move |fact: &Fact<'_>| told.lock().unwrap().push(format!("{fact:?}")))
            .build(places)
            .unwrap();
        Node { sessions, facts }
    }

    /// As a place does that has not been asked for it for a long time.
    pub(crate) async fn forget(&self, id: &SessionId) {
        let place = format!("session/{}", id.key());
        let stored = self.places.load(&place).await.unwrap().unwrap();
        let gone = self.places.save(&place, Some(stored.revision), None).await;
        assert_eq!(gone, Saved::Done);
    }

    /// Tokens of the provider, of which the access token is good for so long by what the client knows, and was got
    /// ten minutes ago.
    pub(crate) fn tokens(&self, left: Duration) -> Tokens {
        let issued = self.testbed.provider().issue(Issue::to(USER));
        let now = clock::now().wall;
        let mut tokens = Tokens::held(issued.access_token(), now).unwrap();
        tokens.issued_at = now - Duration::from_secs(600);
        tokens.expires_at = Some(now + left);
        tokens.refresh = issued.refresh_token().map(Into::into);
        tokens
    }
}

pub(crate) struct Node {
    pub(crate) sessions: Sessions,
    facts: Arc<Mutex<Vec<String>>>,
}

impl Node {
    pub(crate) async fn open(&self, tokens: Tokens) -> (SessionId, Session) {
        self.sessions.open(User::new(USER), tokens).await.unwrap()
    }

    pub(crate) async fn find(&self, id: &SessionId) -> Session {
        self.sessions.find(id).await.unwrap().unwrap()
    }

    /// Facts whose text has this in it.
    pub(crate) fn told(&self, word: &str) -> usize {
        let facts = self.facts.lock().unwrap();
        facts.iter().filter(|fact| fact.contains(word)).count()
    }

    pub(crate) fn all_told(&self) -> String {
        self.facts.lock().unwrap().join("\n")
    }
}

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// Waits until it is so, for work in the background.
pub(crate) async fn until(what: &str, so: impl Fn() -> bool) {
    for _ in 0..1000 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} did not come true in ten seconds");
}
