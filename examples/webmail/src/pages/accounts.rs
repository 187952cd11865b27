//! The mailboxes of a session.

use axum::{
    Extension, Form,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use mail_session::{Account, AccountError, Outcome, Session};
use maud::Markup;
use serde::Deserialize;

use crate::{
    failed::NOT_NOW,
    log,
    start::SAME,
    states::states,
    view::{self, Here, State},
};

pub(super) async fn page(here: Here) -> Markup {
    shown(&here, None).await
}

async fn shown(here: &Here, problem: Option<&str>) -> Markup {
    let states = states(&here.session, &here.accounts).await.into_iter();
    let states: Vec<_> = states
        .map(|(account, outcome)| (account, shown_as(&outcome)))
        .collect();
    view::accounts(here, &states, problem)
}

fn shown_as(outcome: &Outcome) -> State {
    match outcome {
        Outcome::GoOn | Outcome::GoOnWithOld => State::Good,
        Outcome::Unavailable(wait) => {
            log::unavailable(wait);
            State::Later
        }
        Outcome::SignIn(ended) => State::SignIn(ended.to_string()),
    }
}

#[derive(Deserialize)]
pub(super) struct Added {
    login: String,
}

/// A mailbox that the user reads with his own tokens. Whether he may is for its server to say.
pub(super) async fn add(
    Extension(session): Extension<Session>,
    Form(added): Form<Added>,
) -> Result<Response, Response> {
    let here = Here::of(session, None)?;
    let login = added.login.trim();
    let own = here.session.user().login() == login;
    let fits = login.len() <= 254 && !login.is_empty() && !login.chars().any(char::is_control);
    let added = match fits && !own {
        false => Err("this cannot be added: write the address of another mailbox".to_owned()),
        true => {
            let account = Account::secondary(id(login), login);
            let added = here.session.add_account(account, None).await;
            added.map_err(|error| told(&error))
        }
    };
    match added {
        Ok(()) => Ok(Redirect::to("/accounts").into_response()),
        Err(problem) => Ok(not_done(&here, &problem).await),
    }
}

/// A mailbox of the same servers, with tokens of its own.
pub(crate) fn external(login: &str) -> Account {
    Account::external(id(login), SAME, login)
}

/// The name of an account: of the address what it may have, and for what it may not have a number that
/// tells addresses apart.
fn id(login: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.@+".contains(c);
    if login.len() <= 64 && login.chars().all(plain) && login != Account::PRIMARY {
        return login.to_owned();
    }
    // FNV-1a: short, and the same on all nodes.
    let hash = login
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
            (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
        });
    let short: String = login.chars().filter(|c| plain(*c)).take(40).collect();
    format!("{short}-{hash:016x}")
}

#[derive(Deserialize)]
pub(super) struct Removed {
    id: String,
}

pub(super) async fn remove(
    Extension(session): Extension<Session>,
    Form(removed): Form<Removed>,
) -> Result<Response, Response> {
    let here = Here::of(session, None)?;
    match here.session.remove_account(&removed.id).await {
        Ok(()) => Ok(Redirect::to("/accounts").into_response()),
        Err(error) => Ok(not_done(&here, &told(&error)).await),
    }
}

/// What has to be waited for is told without the reason, which is for the log.
pub(crate) fn told(error: &AccountError) -> String {
    if let AccountError::Tokens(problem) = error {
        tracing::warn!(%problem, "the tokens of an account are not stored");
        return NOT_NOW.to_owned();
    }
    error.to_string()
}

async fn not_done(here: &Here, problem: &str) -> Response {
    if let Some(ended) = here.session.is_over() {
        return view::over(ended.reason);
    }
    let page = shown(here, Some(problem)).await;
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}
