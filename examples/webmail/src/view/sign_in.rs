//! Where a sign-in begins.

use mail_session::EndReason;
use maud::{Markup, html};

use super::layout::{alone, query};

/// `next` has been checked: it is a path of this site.
pub(crate) fn sign_in(reason: Option<EndReason>, next: &str) -> Markup {
    let next = query(next);
    alone(
        "Sign in",
        &html! {
            @if let Some(reason) = reason {
                p.note.{ (tone(reason)) } role="status" { (sentence(reason)) }
            }
            h1 { "Read your mail" }
            p { "You sign in at your organisation's sign-in service. This site never sees your password." }
            // A link and no form: browsers hold the addresses to which a form leads against the policy of the page.
            a.button.wide href=(format!("/sign-in/start?next={next}")) { "Sign in" }
        },
    )
}

/// Signing out was the user's own wish.
fn tone(reason: EndReason) -> &'static str {
    if reason == EndReason::SignedOut {
        "good"
    } else {
        "bad"
    }
}

fn sentence(reason: EndReason) -> String {
    if reason == EndReason::SignedOut {
        return "You have signed out.".to_owned();
    }
    let text = reason.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}
