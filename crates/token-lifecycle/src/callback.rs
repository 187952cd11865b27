//! What comes back from the browser.
