//! One message.

use maud::{Markup, html};

use super::layout::{Here, page, time};
use crate::mail::Text;

pub(crate) fn message(here: &Here, message: &Text) -> Markup {
    let body = html! {
        p { a.back href=(here.link("/")) { "← Inbox" } }
        article.message {
            h1 { bdi { (message.subject) } }
            dl {
                dt { "From" } dd { bdi { (message.from) } }
                dt { "To" } dd { bdi { (message.to) } }
                @if !message.date.is_empty() { dt { "Date" } dd { (time(&message.date)) } }
            }
            pre.text dir="auto" { (message.text) }
            @if message.is_cut { p.note { "The message is longer; this is its beginning." } }
        }
        @if !message.address.is_empty() {
            form method="get" action="/compose" {
                input type="hidden" name="account" value=(here.account);
                input type="hidden" name="to" value=(message.address);
                input type="hidden" name="subject" value=(answer(&message.subject));
                button { "Answer" }
            }
        }
    };
    page(here, "", &message.subject, &body)
}

fn answer(subject: &str) -> String {
    match subject.get(..3) {
        Some(start) if start.eq_ignore_ascii_case("re:") => subject.to_owned(),
        _ => format!("Re: {subject}"),
    }
}
