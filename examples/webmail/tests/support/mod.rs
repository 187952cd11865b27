//! A browser without windows: it keeps cookies, follows redirects, and says what browsers say.

#![allow(dead_code, reason = "each test target uses a part of it")]

use std::sync::{Arc, Once};

use mail_login_tokens::clock;
use mail_session::{SessionId, User, settings::Settings};
use mail_testbed::ProviderOptions;
use reqwest::{
    Client, Response, StatusCode, Url,
    cookie::{CookieStore, Jar},
    header::{ACCEPT, COOKIE, HeaderMap, HeaderValue, ORIGIN},
    redirect::Policy,
};
use token_lifecycle::{Tokens, UnixTime};
use webmail::{Bed, Running, Webmail};

/// Alice, who has no mail yet.
pub(crate) const ALICE: &str = Bed::USER;

/// Servers of the testbed, whose provider asks nobody, and one node of the webmail.
pub(crate) async fn start() -> (Bed, Running) {
    start_with(|_| {}).await
}

/// The same with other settings.
pub(crate) async fn start_with(change: impl FnOnce(&mut Settings)) -> (Bed, Running) {
    let bed = Bed::with(ProviderOptions::new()).unwrap();
    let node = node(&bed, change).start().await.unwrap();
    (bed, node)
}

/// A node that is not yet started.
pub(crate) fn node(bed: &Bed, change: impl FnOnce(&mut Settings)) -> Webmail {
    let mut settings = bed.settings().unwrap();
    change(&mut settings);
    Webmail::new(settings).with_http(bed.http())
}

/// A session whose access token has just expired, and which has a refresh token: what an hour does.
pub(crate) async fn expired(bed: &Bed, node: &Running) -> (SessionId, Tokens) {
    let tokens = expired_tokens(bed, ALICE);
    let opened = node.sessions().open(User::new(ALICE), tokens.clone()).await;
    (opened.unwrap().0, tokens)
}

/// The tokens of such a session.
pub(crate) fn expired_tokens(bed: &Bed, user: &str) -> Tokens {
    let issued = bed.testbed().provider().issue(user);
    let now = clock::now().wall;
    let past = UnixTime::from_millis(now.as_millis() - 60_000);
    let mut tokens = Tokens::held(issued.access_token(), past).unwrap();
    tokens.expires_at = Some(UnixTime::from_millis(now.as_millis() - 1000));
    tokens.refresh = issued.refresh_token().map(Into::into);
    tokens
}

pub(crate) struct Browser {
    client: Client,
    jar: Arc<Jar>,
    base: Url,
}

impl Browser {
    pub(crate) fn new(node: &Running) -> Self {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let jar = Arc::new(Jar::default());
        let client = Client::builder()
            .cookie_provider(Arc::clone(&jar))
            .no_proxy()
            .build()
            .unwrap();
        let base = Url::parse(node.url()).unwrap();
        Self { client, jar, base }
    }

    /// One that has this session.
    pub(crate) fn with_session(node: &Running, id: &SessionId) -> Self {
        let browser = Self::new(node);
        let cookie = format!("session={}; Path=/", id.expose());
        browser.jar.add_cookie_str(&cookie, &browser.base);
        browser
    }

    /// The same user at another node: cookies do not tell ports apart.
    pub(crate) fn at(&self, node: &Running) -> Self {
        let browser = Self::new(node);
        for cookie in self.cookies().split("; ") {
            browser
                .jar
                .add_cookie_str(&format!("{cookie}; Path=/"), &browser.base);
        }
        browser
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        self.base.join(path).unwrap()
    }

    /// All cookies for this site, as they are sent.
    pub(crate) fn cookies(&self) -> String {
        let header = self.jar.cookies(&self.base);
        header.map_or_else(String::new, |header| header.to_str().unwrap().to_owned())
    }

    /// The identifier of the session.
    pub(crate) fn session(&self) -> Option<String> {
        let cookies = self.cookies();
        let mut pairs = cookies.split("; ").filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(name, _)| *name == "session")
            .map(|(_, value)| value.to_owned())
    }

    /// Loads a page, and follows where it leads.
    pub(crate) async fn load(&self, path: &str) -> Page {
        let request = self.client.get(self.url(path)).headers(page_load());
        Page::of(request.send().await.unwrap()).await
    }

    /// The same without following.
    pub(crate) async fn load_once(&self, path: &str) -> Response {
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        let mut request = client.get(self.url(path)).headers(page_load());
        if !self.cookies().is_empty() {
            request = request.header(COOKIE, self.cookies());
        }
        request.send().await.unwrap()
    }

    /// Signs in, by the link of the sign-in page.
    pub(crate) async fn sign_in(&self) -> Page {
        self.load("/sign-in/start?next=%2F").await
    }

    /// Sends a form of our own pages.
    pub(crate) async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let origin = self.base.origin().ascii_serialization();
        let request = self.client.post(self.url(path)).form(fields);
        let request = request
            .header(ORIGIN, origin)
            .header("sec-fetch-site", "same-origin");
        Page::of(request.header(ACCEPT, "text/html").send().await.unwrap()).await
    }

    /// Asks as the script of a page does.
    pub(crate) async fn fetch(&self, path: &str) -> Response {
        let request = self
            .client
            .get(self.url(path))
            .header("sec-fetch-mode", "cors");
        request
            .header(ACCEPT, "application/json")
            .send()
            .await
            .unwrap()
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }
}

fn page_load() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("text/html,*/*;q=0.8"));
    headers.insert("sec-fetch-mode", HeaderValue::from_static("navigate"));
    headers
}

/// What a user sees.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) url: Url,
    pub(crate) text: String,
}

impl Page {
    async fn of(response: Response) -> Self {
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            url: response.url().clone(),
            text: response.text().await.unwrap(),
        }
    }

    /// It is a page that works, and it says this.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(
            self.text.contains(text),
            "{text:?} is not on {} ({}):\n{}",
            self.url,
            self.status,
            self.text
        );
        self
    }

    #[track_caller]
    pub(crate) fn is(&self, status: StatusCode) -> &Self {
        assert_eq!(self.status, status, "{}:\n{}", self.url, self.text);
        self
    }
}
