//! Scripts that sort mail.

use maud::{Markup, html};

use super::layout::{Here, page, query};
use crate::mail::{SCRIPT, Script};

/// What is being edited, and what the server said about it.
pub(crate) struct Editor {
    pub(crate) name: String,
    pub(crate) script: String,
    pub(crate) problem: Option<String>,
    pub(crate) warning: Option<String>,
}

pub(crate) fn filters(here: &Here, scripts: &[Script], editor: &Editor) -> Markup {
    let body = html! {
        div.head { h1 { "Filters" } span.count { "Scripts that the mail server runs for each new message" } }
        div.columns {
            section.scripts aria-label="Scripts" {
                @if scripts.is_empty() { p.hint { "There are no scripts yet." } }
                @for script in scripts { (one(here, script, &editor.name)) }
            }
            section {
                @if let Some(problem) = &editor.problem {
                    div.note.bad role="alert" { strong { "The script was not saved." } pre { (problem) } }
                }
                @if let Some(warning) = &editor.warning {
                    div.note.good role="status" { "Saved." @if !warning.is_empty() { pre { (warning) } } }
                }
                form.letter method="post" action="/filters/save" data-unsaved[editor.problem.is_some()] {
                    input type="hidden" name="account" value=(here.account);
                    label { span { "Name" } input name="name" value=(editor.name) required maxlength="128"; }
                    label { span { "Script" }
                        textarea.code name="script" rows="16" maxlength=(SCRIPT) spellcheck="false" { "\n" (editor.script) }
                    }
                    div.actions { button.button { "Save" } a.quiet href=(here.link("/filters")) { "Discard changes" } }
                }
            }
        }
    };
    page(here, "/filters", "Filters", &body)
}

fn one(here: &Here, script: &Script, edited: &str) -> Markup {
    let form = |action: &str, name: &str, label: &str| {
        html! {
            form method="post" action=(action) {
                input type="hidden" name="account" value=(here.account);
                input type="hidden" name="which" value=(name);
                button.quiet { (label) }
            }
        }
    };
    let joint = if here.link("/filters").contains('?') {
        '&'
    } else {
        '?'
    };
    let edit = format!(
        "{}{joint}script={}",
        here.link("/filters"),
        query(&script.name)
    );
    html! {
        div.script {
            a.name href=(edit) aria-current=[(script.name == edited).then_some("true")] { bdi { (script.name) } }
            @if script.active {
                span.badge { "in use" }
                (form("/filters/activate", "", "Turn off"))
            } @else {
                (form("/filters/activate", &script.name, "Use"))
                (form("/filters/delete", &script.name, "Delete"))
            }
        }
    }
}
