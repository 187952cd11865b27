//! A real browser for tests: Chromium without a window, driven through WebDriver
//! (<https://www.w3.org/TR/webdriver2/>).
//!
//! ```no_run
//! use mail_login_browser::Browser;
//!
//! let browser = Browser::start();
//! browser.visit("https://localhost:20443/sign-in");
//! browser.fill("login", "alice@example.test");
//! browser.fill("password", "correct horse");
//! browser.click("button[type=submit]");
//! let address = browser.wait_for_url("/callback");
//! assert!(browser.wait_for_text("signed in").contains("alice@example.test"), "{address}");
//! browser.screenshot("target/signed-in.png");
//! ```
//!
//! It is for tests alone: whatever goes wrong is a panic that says what was on the page. Nothing sleeps for a
//! fixed time: what has to come is waited for, up to [`PATIENCE`]. The methods block, so that a test calls them
//! from a thread of its own and not from within an asynchronous runtime.
//!
//! | file | |
//! |---|---|
//! | `browser.rs` | [`Browser`]: what a user does, and sees |
//! | `driver.rs` | chromedriver: a process that lives as long as the browser |
//! | `flags.rs` | how Chromium is started: alone, and without a word to the outside |

#![allow(
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "for tests alone, which fail loudly"
)]

mod browser;
mod driver;
mod flags;

pub use browser::{Browser, Cookie, PATIENCE, Tab};
