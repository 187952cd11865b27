//! Writing a message.

use maud::{Markup, html};

use super::layout::{Here, page};
use crate::mail::{Draft, SUBJECT, TEXT, TO};

/// With what was written so far, and why it was not sent.
pub(crate) fn compose(here: &Here, draft: &Draft, problem: Option<&str>) -> Markup {
    let body = html! {
        div.head { h1 { "New message" } }
        @if let Some(problem) = problem { p.note.bad role="alert" { (problem) } }
        form.letter method="post" action="/send" data-unsaved[problem.is_some()] {
            input type="hidden" name="account" value=(here.account);
            label { span { "To" }
                input name="to" value=(draft.to) required maxlength=(TO) autocomplete="off"
                    placeholder="name@example.com" autofocus[draft.to.is_empty()];
            }
            label { span { "Subject" }
                input name="subject" value=(draft.subject) maxlength=(SUBJECT) autocomplete="off";
            }
            label { span { "Message" }
                textarea name="text" rows="14" maxlength=(TEXT) autofocus[!draft.to.is_empty()] { "\n" (draft.text) }
            }
            div.actions {
                button.button { "Send" }
                a.quiet href=(here.link("/")) { "Discard" }
            }
        }
    };
    page(here, "/compose", "New message", &body)
}
