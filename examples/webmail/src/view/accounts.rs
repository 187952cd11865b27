//! The mailboxes of a session.

use mail_session::{Account, AccountKind};
use maud::{Markup, html};

use super::layout::{Here, name, page, query};

/// How an account is.
pub(crate) enum State {
    /// It works.
    Good,
    /// It does not work now.
    Later,
    /// The user has to sign in to it.
    SignIn(String),
}

pub(crate) fn accounts(here: &Here, states: &[(Account, State)], problem: Option<&str>) -> Markup {
    let body = html! {
        div.head { h1 { "Accounts" } }
        @if let Some(problem) = problem { p.note.bad role="alert" { (problem) } }
        ul.accounts {
            @for (account, state) in states {
                li {
                    div {
                        strong { bdi { (name(account, &here.session)) } }
                        span.hint { (kind(account)) }
                    }
                    (shown(account, state))
                    @if account.kind() != AccountKind::Primary {
                        form method="post" action="/accounts/remove" {
                            input type="hidden" name="id" value=(account.id());
                            button.quiet { "Remove" }
                        }
                    }
                }
            }
        }
        h2 { "Add another account" }
        p.hint { "A mailbox with a sign-in of its own, at the same sign-in service." }
        p { a.button href="/accounts/sign-in" { "Sign in to it" } }
        h2 { "Add a shared mailbox" }
        p.hint { "A mailbox of the same provider that you may read with your own sign-in." }
        form.row method="post" action="/accounts/add" {
            label { span { "Address" } input name="login" type="email" required maxlength="254" placeholder="team@example.com"; }
            button.button { "Add" }
        }
    };
    page(here, "/accounts", "Accounts", &body)
}

fn kind(account: &Account) -> &'static str {
    match account.kind() {
        AccountKind::Primary => "your own mailbox",
        AccountKind::Secondary => "shared, with your sign-in",
        AccountKind::External => "elsewhere, with a sign-in of its own",
    }
}

fn shown(account: &Account, state: &State) -> Markup {
    let login = query(account.login().unwrap_or_default());
    let again = format!("/accounts/sign-in?login_hint={login}");
    html! {
        @match state {
            State::Good => span.badge { "signed in" },
            State::Later => span.badge.later title="Its sign-in service cannot be reached at the moment" { "not available now" },
            State::SignIn(why) => a.badge.bad href=(again) title=(why) { "sign in again" },
        }
    }
}
