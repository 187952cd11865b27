//! What a user does with a browser, and sees in it.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use thirtyfour::{By, WebDriver, WindowHandle, error::WebDriverError};
use tokio::runtime::Runtime;

pub use thirtyfour::Cookie;

use crate::{
    driver::{Driver, find},
    flags,
};

/// How long is waited for anything, before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks at the page.
const LOOK: Duration = Duration::from_millis(20);
/// What a failed test shows of the page.
const SHOWN: usize = 2000;

/// A browser without a window, with a fresh profile: no cookies, no history. It takes any certificate, and
/// reaches this machine alone. Its processes and files go when it is dropped.
///
/// ```no_run
/// let browser = mail_login_browser::Browser::start();
/// browser.visit("http://127.0.0.1:8080/");
/// assert_eq!(browser.title(), "Sign in");
/// ```
#[derive(Debug)]
pub struct Browser {
    /// Taken when the session is closed.
    session: Option<WebDriver>,
    runtime: Runtime,
    // Behind the session, so that it ends after it.
    driver: Driver,
}

/// A tab, to come back to.
///
/// ```no_run
/// let browser = mail_login_browser::Browser::start();
/// let first = browser.tab();
/// browser.open_tab();
/// browser.switch_to(&first);
/// ```
#[derive(Clone, Debug)]
pub struct Tab(WindowHandle);

impl Browser {
    /// Starts it.
    ///
    /// # Panics
    ///
    /// When Chromium or its driver is missing, or does not start.
    #[track_caller]
    pub fn start() -> Self {
        let chromium = find("chromium", "chromium");
        let driver = Driver::start();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap_or_else(|error| panic!("no runtime: {error}"));
        // Wants one even for addresses without TLS. Whether it is ours or another's does not matter.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(PATIENCE * 2)
            .build()
            .unwrap_or_else(|error| panic!("no client for chromedriver: {error}"));
        let capabilities = flags::capabilities(&chromium, driver.profile());
        let session = WebDriver::builder(driver.url(), capabilities).client(client);
        let session = runtime
            .block_on(session.connect())
            .unwrap_or_else(|error| panic!("chromium does not start: {error}"));
        let browser = Self {
            session: Some(session),
            runtime,
            driver,
        };
        let page_load = browser.session().set_page_load_timeout(PATIENCE);
        browser.done("setting the deadline", browser.runtime.block_on(page_load));
        browser
    }

    /// Goes to an address, and waits until the page is there.
    #[track_caller]
    pub fn visit(&self, url: &str) {
        let visit = self.runtime.block_on(self.session().goto(url));
        self.done(&format!("going to {url}"), visit);
    }

    /// The address of the page.
    #[track_caller]
    pub fn url(&self) -> String {
        let url = self.runtime.block_on(self.session().current_url());
        self.done("the address", url).into()
    }

    /// The title of the page.
    #[track_caller]
    pub fn title(&self) -> String {
        let title = self.runtime.block_on(self.session().title());
        self.done("the title", title)
    }

    /// The text of the page, as it is seen: without what is hidden.
    #[track_caller]
    pub fn text(&self) -> String {
        let text = self.try_text();
        self.done("the text", text)
    }

    /// Replaces what is in the field of a form with this `name`, as soon as it is there.
    #[track_caller]
    pub fn fill(&self, name: &str, value: &str) {
        let selector = format!("[name={}]", json!(name));
        self.wait(&format!("a field with the name {name}"), || {
            self.runtime.block_on(async {
                let field = self.session().find(By::Css(selector.as_str())).await?;
                field.clear().await?;
                field.send_keys(value).await
            })
        });
    }

    /// Clicks on what a selector of CSS names, as soon as it is there. If that leads to another page, what
    /// is to be found there has to be waited for.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        self.wait(&format!("{selector} to click on"), || {
            self.runtime.block_on(async {
                let element = self.session().find(By::Css(selector)).await?;
                element.click().await
            })
        });
    }

    /// Waits until the address contains this; the whole of it.
    #[track_caller]
    pub fn wait_for_url(&self, part: &str) -> String {
        self.wait(&format!("an address with {part:?}"), || {
            let url = self.runtime.block_on(self.session().current_url())?;
            contains(url.into(), part)
        })
    }

    /// Waits until the page contains this; its text.
    #[track_caller]
    pub fn wait_for_text(&self, part: &str) -> String {
        self.wait(&format!("a page with {part:?}"), || {
            contains(self.try_text()?, part)
        })
    }

    /// Saves a picture of what is to be seen, as PNG.
    #[track_caller]
    pub fn screenshot(&self, file: impl AsRef<Path>) {
        let picture = self.runtime.block_on(self.session().screenshot_as_png());
        let picture = self.done("the picture", picture);
        let file = file.as_ref();
        if let Err(error) = fs::write(file, picture) {
            panic!("{}: {error}", file.display());
        }
    }

    /// The cookies that the page would be sent.
    #[track_caller]
    pub fn cookies(&self) -> Vec<Cookie> {
        let cookies = self.runtime.block_on(self.session().get_all_cookies());
        self.done("the cookies", cookies)
    }

    /// What a script returns, such as `return document.readyState`.
    #[track_caller]
    pub fn script(&self, script: &str) -> Value {
        let result = self
            .runtime
            .block_on(self.session().execute(script, Vec::new()));
        self.done("a script", result).json().clone()
    }

    /// Prefers dark colours, as many users have it set, or light ones.
    #[track_caller]
    pub fn prefer_dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
        let cdp = self.session().cdp();
        let set = self
            .runtime
            .block_on(cdp.send_raw("Emulation.setEmulatedMedia", features));
        self.done("the preference of colours", set);
    }

    /// The tab that is in front.
    #[track_caller]
    pub fn tab(&self) -> Tab {
        let tab = self.runtime.block_on(self.session().window());
        Tab(self.done("the tab", tab))
    }

    /// Opens an empty tab, and goes there.
    #[track_caller]
    pub fn open_tab(&self) -> Tab {
        let tab = self.runtime.block_on(self.session().new_tab());
        let tab = Tab(self.done("a new tab", tab));
        self.switch_to(&tab);
        tab
    }

    /// Goes to a tab.
    #[track_caller]
    pub fn switch_to(&self, tab: &Tab) {
        let switch = self.session().switch_to_window(tab.0.clone());
        self.done("going to a tab", self.runtime.block_on(switch));
    }

    /// The argument by which the processes of this browser can be told.
    pub fn profile_flag(&self) -> String {
        flags::profile_flag(self.driver.profile())
    }

    /// Looks again and again until there is something, and fails with the page when there is nothing in time.
    #[track_caller]
    fn wait<T>(&self, what: &str, look: impl Fn() -> Result<T, WebDriverError>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            match look() {
                Ok(seen) => return seen,
                Err(error) if Instant::now() > end => self.fail(what, &error),
                Err(_) => thread::sleep(LOOK),
            }
        }
    }

    #[track_caller]
    fn done<T>(&self, what: &str, result: Result<T, WebDriverError>) -> T {
        result.unwrap_or_else(|error| self.fail(what, &error))
    }

    #[track_caller]
    fn fail(&self, what: &str, error: &WebDriverError) -> ! {
        let url = self.runtime.block_on(self.session().current_url());
        let url = url.map_or_else(|_| "no page".to_owned(), Into::into);
        let text: String = self
            .try_text()
            .unwrap_or_default()
            .chars()
            .take(SHOWN)
            .collect();
        panic!("{what}: {error}\nat {url}:\n{text}")
    }

    fn try_text(&self) -> Result<String, WebDriverError> {
        self.runtime
            .block_on(async { self.session().find(By::Css("body")).await?.text().await })
    }

    fn session(&self) -> &WebDriver {
        self.session
            .as_ref()
            .unwrap_or_else(|| panic!("the browser is closed"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            // If that fails, the processes end with the driver.
            let _ = self.runtime.block_on(session.quit());
        }
    }
}

fn contains(text: String, part: &str) -> Result<String, WebDriverError> {
    if text.contains(part) {
        return Ok(text);
    }
    Err(WebDriverError::Timeout("it does not come".into()))
}
