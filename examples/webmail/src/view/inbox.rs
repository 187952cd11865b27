//! The newest messages.

use maud::{Markup, html};

use super::layout::{Here, page, time};
use crate::mail::Row;

/// `exists`: how many messages there are in all.
pub(crate) fn inbox(here: &Here, rows: &[Row], exists: u32, sent: bool) -> Markup {
    let body = html! {
        @if sent { p.note.good role="status" { "Your message is on its way." } }
        div.head {
            h1 { "Inbox" }
            span.count { (count(rows.len(), exists)) }
            a.button href=(here.link("/compose")) { "Compose" }
        }
        @if rows.is_empty() {
            div.empty {
                p { "Nothing here yet." }
                p { "What is sent to you shows up here." }
            }
        } @else {
            ul.messages {
                @for row in rows {
                    li class=[(!row.seen).then_some("new")] {
                        a href=(here.link(&format!("/message/{}", row.uid))) {
                            span.from { bdi { (row.from) } }
                            span.subject { bdi { (row.subject) } }
                            (time(&row.date))
                        }
                    }
                }
            }
        }
    };
    page(here, "/", "Inbox", &body)
}

fn count(shown: usize, exists: u32) -> String {
    match exists {
        0 => String::new(),
        1 => "1 message".to_owned(),
        exists if exists as usize > shown => format!("newest {shown} of {exists}"),
        exists => format!("{exists} messages"),
    }
}
