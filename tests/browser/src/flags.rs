//! How Chromium is started.

use std::path::Path;

use serde_json::{Value, json};
use thirtyfour::{Capabilities, CapabilitiesHelper as _, ChromiumCapabilities};

/// What makes it quiet, quick and the same everywhere.
const FLAGS: [&str; 17] = [
    "--headless",
    // Root is what tests run as, and the sandbox does not go with that.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    // Tests speak with servers on this machine, and with nobody else.
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.*",
    // It ends when chromedriver does, however that ends.
    "--remote-debugging-pipe",
    "--lang=en",
    "--window-size=900,700",
];

/// Chromium with a profile of its own, which takes the certificates of private authorities.
pub(crate) fn capabilities(chromium: &Path, profile: &Path) -> Capabilities {
    let mut flags: Vec<String> = FLAGS.map(str::to_owned).into();
    flags.push(profile_flag(profile));
    let options = json!({
        "binary": chromium, "args": flags,
        // It offers to save passwords, over the page.
        "prefs": { "credentials_enable_service": false },
    });
    let mut capabilities = ChromiumCapabilities::new();
    for (name, value) in [
        ("acceptInsecureCerts", Value::Bool(true)),
        ("browserName", "chrome".into()),
        ("goog:chromeOptions", options),
    ] {
        capabilities
            .set(name, value)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    capabilities.into()
}

/// By this the processes of one browser are told from those of all others.
pub(crate) fn profile_flag(profile: &Path) -> String {
    format!("--user-data-dir={}", profile.display())
}
