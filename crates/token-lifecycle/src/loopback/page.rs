//! What the user reads in the browser when the sign-in is over.

use alloc::{format, string::String, vec::Vec};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use crate::{Callback, CallbackError};

/// A page for the tab in which a user signed in, as an answer of HTTP. It holds nothing of the request, loads
/// nothing, runs nothing, and tells no other page where it came from.
///
/// ```
/// use token_lifecycle::Page;
///
/// let answer = String::from_utf8(Page::SignedIn.response("alice@example.com")).unwrap();
/// assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"));
/// assert!(answer.contains("You are signed in") && answer.contains("alice@example.com"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Page {
    /// The answer is good. Whoever says so before there are tokens for it says it too early.
    SignedIn,
    /// The user or the authorization server refused.
    Refused,
    /// The answer was good, and there are no tokens for it all the same.
    Failed,
    /// The question has been answered already: the page was loaded again.
    Answered,
    /// No answer to this question, perhaps to an older one.
    Foreign,
    /// What browsers ask for besides, such as `/favicon.ico`.
    NotFound,
}

impl Page {
    /// The page for an answer.
    pub fn of(answer: &Result<Callback, CallbackError>) -> Self {
        match answer {
            Ok(Callback::Code(_)) => Self::SignedIn,
            Ok(Callback::Refused(_)) => Self::Refused,
            Err(CallbackError::OtherPath) => Self::NotFound,
            Err(CallbackError::Answered) => Self::Answered,
            Err(
                CallbackError::Duplicate
                | CallbackError::Form
                | CallbackError::Issuer
                | CallbackError::IssuerMissing
                | CallbackError::Length
                | CallbackError::State,
            ) => Self::Foreign,
        }
    }

    /// A complete response, after which the connection is closed. `account` is what the user knows the
    /// account by, or nothing; it is on those pages alone that come after an answer to the question.
    pub fn response(self, account: &str) -> Vec<u8> {
        let (status, mark, title, [text, then]) = self.words();
        let account = match (self.is_of_this_sign_in(), account) {
            (false, _) | (true, "") => String::new(),
            (true, account) => {
                format!("<p class=\"account\"><bdi>{}</bdi></p>\n", escaped(account))
            }
        };
        let body = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <style>{STYLE}</style>\n\
             <main class=\"{mark}\">\n<h1>{title}</h1>\n{account}<p>{text}</p>\n<p>{then}</p>\n</main>\n</html>\n"
        );
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
             Cache-Control: no-store\r\nContent-Security-Policy: default-src 'none'; style-src 'sha256-{}'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\
             Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
            body.len(),
            STANDARD.encode(Sha256::digest(STYLE)),
        );
        (head + &body).into_bytes()
    }

    /// Whether who asked has shown that they belong to the sign-in: others learn nothing of the account.
    const fn is_of_this_sign_in(self) -> bool {
        match self {
            Self::SignedIn | Self::Refused | Self::Failed => true,
            Self::Answered | Self::Foreign | Self::NotFound => false,
        }
    }

    /// The status of HTTP, the class of the page, its title, what that means, and what to do.
    const fn words(self) -> (&'static str, &'static str, &'static str, [&'static str; 2]) {
        match self {
            Self::SignedIn => (
                "200 OK",
                "good",
                "You are signed in",
                ["Your mail program has what it needs.", CLOSE],
            ),
            Self::Refused => (
                "200 OK",
                "bad",
                "The sign-in was refused",
                [
                    "Nothing has changed. Your mail program says what to do.",
                    CLOSE,
                ],
            ),
            Self::Failed => (
                "200 OK",
                "bad",
                "You are not signed in",
                [
                    "The last step did not succeed. Your mail program says why.",
                    CLOSE,
                ],
            ),
            Self::Answered => (
                "400 Bad Request",
                "plain",
                "This sign-in is over",
                ["Your mail program says how it ended.", CLOSE],
            ),
            Self::Foreign => (
                "400 Bad Request",
                "bad",
                "This is not the sign-in that is under way",
                [
                    "It may belong to an earlier one. Nothing has changed.",
                    "Close this tab, and go on in the one that your mail program opened last.",
                ],
            ),
            Self::NotFound => (
                "404 Not Found",
                "plain",
                "There is nothing here",
                ["This is where a sign-in ends.", CLOSE],
            ),
        }
    }
}

const CLOSE: &str = "You can close this tab.";

/// One column in the middle, in the colours that the user prefers. No file, no font, no picture.
const STYLE: &str = "
:root { color-scheme: light dark; --paper: #f4f5f7; --sheet: #fff; --ink: #1c1e21; --soft: #5b616b; \
--good: #1a7f42; --bad: #b3261e; --plain: #5b616b }
@media (prefers-color-scheme: dark) { :root { --paper: #131417; --sheet: #1e2024; --ink: #eceef1; \
--soft: #a6acb6; --good: #5fcf8a; --bad: #f2867f; --plain: #a6acb6 } }
body { margin: 0; min-height: 100vh; display: flex; align-items: center; justify-content: center; \
background: var(--paper); color: var(--ink); font: 1.0625rem/1.5 system-ui, sans-serif }
main { box-sizing: border-box; width: 30rem; max-width: calc(100vw - 2rem); margin: 1rem; padding: 2rem 2.25rem; \
background: linear-gradient(var(--mark) .375rem, var(--sheet) 0); border-radius: .75rem; \
box-shadow: 0 1px 2px #0002, 0 8px 24px #0001; overflow-wrap: anywhere }
.good { --mark: var(--good) } .bad { --mark: var(--bad) } .plain { --mark: var(--plain) }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; font-weight: 600 }
p { margin: .75rem 0 0; color: var(--soft) }
.account { color: var(--ink); font-weight: 600 }
";

/// As text of HTML. Control characters have no place in it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            character if character.is_control() => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Page; 6] = [
        Page::SignedIn,
        Page::Refused,
        Page::Failed,
        Page::Answered,
        Page::Foreign,
        Page::NotFound,
    ];

    fn parts(page: Page, account: &str) -> (String, String) {
        let response = String::from_utf8(page.response(account)).unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        (head.into(), body.into())
    }

    #[test]
    fn pages_are_whole_and_load_nothing() {
        for page in ALL {
            let (head, body) = parts(page, "alice@example.com");
            assert!(head.lines().skip(1).all(|line| line.contains(": ")));
            assert!(head.contains("\r\nConnection: close") && head.contains("no-store"));
            assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())));
            assert!(body.starts_with("<!DOCTYPE html>") && body.ends_with("</html>\n"));
            for load in [
                "src=", "href", "url(", "@import", "<script", "http:", "https:",
            ] {
                assert!(!body.contains(load), "{page:?}: {load}");
            }
        }
    }

    #[test]
    fn the_style_is_the_one_that_is_allowed() {
        let (head, body) = parts(Page::SignedIn, "");
        let (_, style) = body.split_once("<style>").unwrap();
        let (style, _) = style.split_once("</style>").unwrap();
        let hash = STANDARD.encode(Sha256::digest(style));
        assert!(
            head.contains(&format!("style-src 'sha256-{hash}';")),
            "{head}"
        );
    }

    #[test]
    fn the_account_is_text_and_only_on_pages_of_this_sign_in() {
        let account = "<b>\u{1b}&\"alice\"@example.com";
        for page in ALL {
            let (_, body) = parts(page, account);
            let shown = "<bdi>&lt;b&gt;\u{fffd}&amp;\"alice\"@example.com</bdi>";
            let told = matches!(page, Page::SignedIn | Page::Refused | Page::Failed);
            assert_eq!(body.contains(shown), told, "{page:?}: {body}");
            assert!(!body.contains("<b>"), "{body}");
        }
        assert!(!parts(Page::SignedIn, "").1.contains("<bdi>"));
    }
}
