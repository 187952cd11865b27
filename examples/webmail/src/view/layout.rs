//! What all pages have around them.

use mail_session::{Account, Session};
use maud::{DOCTYPE, Markup, html};

/// Whose page it is, and of which mailbox.
pub(crate) struct Here {
    pub(crate) session: Session,
    pub(crate) account: String,
    pub(crate) accounts: Vec<Account>,
}

/// The pages that are always there, and their names.
const PLACES: [(&str, &str); 4] = [
    ("/", "Inbox"),
    ("/compose", "Compose"),
    ("/filters", "Filters"),
    ("/accounts", "Accounts"),
];

impl Here {
    /// A path of this site, for the mailbox that is looked at.
    pub(crate) fn link(&self, path: &str) -> String {
        match self.account.as_str() {
            Account::PRIMARY => path.to_owned(),
            account => format!("{path}?account={}", query(account)),
        }
    }
}

/// A page behind the sign-in.
pub(super) fn page(here: &Here, current: &str, title: &str, body: &Markup) -> Markup {
    let user = here.session.user();
    frame(
        title,
        &html! {
            header.bar {
                a.brand href="/" { span.mark aria-hidden="true" {} "Webmail" }
                nav aria-label="Pages" {
                    @for (path, name) in PLACES {
                        a href=(here.link(path)) aria-current=[(path == current).then_some("page")] { (name) }
                    }
                }
                form.out method="post" action="/sign-out" {
                    span.who title=(user.login()) { bdi { (user.mail()) } }
                    button.quiet { "Sign out" }
                }
            }
            @if here.accounts.len() > 1 && current != "/accounts" {
                nav.mailboxes aria-label="Mailboxes" {
                    @for account in &here.accounts {
                        a href=(other(account, current)) aria-current=[(account.id() == here.account).then_some("true")] {
                            bdi { (name(account, &here.session)) }
                        }
                    }
                }
            }
            p #notice .note role="status" hidden {}
            main { (body) }
            script src="/app.js" defer {}
        },
    )
}

/// The same place in another mailbox.
fn other(account: &Account, current: &str) -> String {
    match account.id() {
        Account::PRIMARY => current.to_owned(),
        id => format!("{current}?account={}", query(id)),
    }
}

/// What a mailbox is called.
pub(super) fn name<'a>(account: &'a Account, session: &'a Session) -> &'a str {
    account.login().unwrap_or_else(|| session.user().mail())
}

/// Text as a value in a query (<https://www.rfc-editor.org/rfc/rfc3986#section-2.1>).
pub(super) fn query(text: &str) -> String {
    let mut value = String::new();
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~/@".contains(&octet) {
            value.push(char::from(octet));
        } else {
            value.push_str(&format!("%{octet:02X}"));
        }
    }
    value
}

/// A time in UTC, which the script of the page shows as the user's clock has it.
pub(super) fn time(utc: &str) -> Markup {
    let shown = utc.replace('T', " ");
    html! { time datetime=(utc) title=(shown.replace('Z', " UTC")) { (shown.trim_end_matches('Z')) } }
}

/// A page before the sign-in.
pub(super) fn alone(title: &str, body: &Markup) -> Markup {
    frame(
        title,
        &html! {
            main.card {
                p.brand { span.mark aria-hidden="true" {} "Webmail" }
                (body)
            }
        },
    )
}

fn frame(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – Webmail" }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
            }
            body { (body) }
        }
    }
}
