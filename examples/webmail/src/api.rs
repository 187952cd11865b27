//! The same for programs: JSON, with the identifier of the session as `Authorization: Bearer`, or the cookie.
//!
//! Errors are `{"error": code, "reason": …, "message": sentence}`: 401 `reauth_required`, 503
//! `temporarily_unavailable` with `Retry-After`, or what the mail server says.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::{Path, Query, State, rejection::JsonRejection},
    routing::{get, post},
};
use http::StatusCode;
use mail_session::{Account, AccountKind, Outcome, Session, SignInError, User};
use sasl_core::Secret;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    app::App,
    failed::{Failed, NO_SIGN_IN_NOW},
    guard,
    mail::{self, Draft, LETTER, MailError, Script, Sieve, Text},
    states::states,
};

type Answer = Result<Json<Value>, Failed>;

/// All that needs a session.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/session", get(session))
        .route("/api/messages", get(messages))
        .route("/api/messages/{uid}", get(message))
        .route("/api/send", post(send).layer(guard::body_of(LETTER)))
        .route("/api/script", get(script).put(put_script))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    user: String,
    password: Password,
}

/// A password that is wiped.
#[derive(Deserialize)]
#[serde(from = "String")]
struct Password(Secret);

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// Signs in by name and password, for clients without a browser, where the operator allows it.
pub(crate) async fn sign_in(
    State(app): State<Arc<App>>,
    login: Result<Json<Login>, JsonRejection>,
) -> Answer {
    let Json(login) = login.map_err(|error| bad(&error))?;
    let user = User::new(login.user.as_str());
    let sessions = &app.sessions;
    let opened = sessions.open_with_password(user, &login.user, &login.password.0);
    let (id, _) = opened.await.map_err(|error| not_opened(&error))?;
    Ok(Json(json!({ "session": id.expose() })))
}

fn not_opened(error: &SignInError) -> Failed {
    if error.is_temporary() {
        tracing::warn!(problem = %error, "nobody is signed in");
        return Failed::not_now(5, NO_SIGN_IN_NOW);
    }
    let text = error.to_string();
    if matches!(error, SignInError::PasswordGrantOff) {
        return Failed::new(StatusCode::FORBIDDEN, "password_grant_off", text);
    }
    Failed::new(StatusCode::UNAUTHORIZED, "sign_in_refused", text)
}

/// Who it is, the accounts, and until when the token is good.
async fn session(Extension(session): Extension<Session>) -> Answer {
    let status = session.status();
    let states = states(&session, &session.accounts()).await;
    let accounts = states.iter().map(|(account, state)| {
        json!({
            "id": account.id(),
            "kind": account.kind().name(),
            "login": account.login().unwrap_or_else(|| session.user().login()),
            "state": state.name(),
            "sign_in_again": matches!(state, Outcome::SignIn(_))
                && account.kind() == AccountKind::External,
        })
    });
    let accounts: Vec<_> = accounts.collect();
    Ok(Json(json!({
        "user": session.user().login(),
        "mail": session.user().mail(),
        "since": session.created(),
        "accounts": accounts,
        "token_expires_at": status.expires_at.map(|time| time.as_millis()),
        "is_renewable": status.is_signed_in,
        // What it is may name hosts and files, and is in the log.
        "has_problem": status.problem.is_some(),
    })))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Which {
    account: Option<String>,
    name: Option<String>,
}

impl Which {
    fn account(&self) -> &str {
        self.account.as_deref().unwrap_or(Account::PRIMARY)
    }
}

async fn messages(
    State(app): State<Arc<App>>,
    Extension(session): Extension<Session>,
    Query(which): Query<Which>,
) -> Answer {
    let (mut lease, exists) = app.pool.inbox(&session, which.account()).await?;
    let rows = lease.imap.newest(exists, 50).await?;
    lease.give_back();
    Ok(Json(json!({ "exists": exists, "messages": rows })))
}

async fn message(
    State(app): State<Arc<App>>,
    Extension(session): Extension<Session>,
    Query(which): Query<Which>,
    Path(uid): Path<u32>,
) -> Result<Json<Text>, Failed> {
    let (mut lease, _) = app.pool.inbox(&session, which.account()).await?;
    let text = lease.imap.message(uid).await?;
    lease.give_back();
    Ok(Json(text))
}

async fn send(
    Extension(session): Extension<Session>,
    draft: Result<Json<Draft>, JsonRejection>,
) -> Answer {
    let Json(draft) = draft.map_err(|error| bad(&error))?;
    let id = draft.account.as_deref().unwrap_or(Account::PRIMARY);
    let accounts = session.accounts();
    let account = accounts.iter().find(|account| account.id() == id);
    let account = account.ok_or(MailError::Missing("account"))?;
    let from = account.login().unwrap_or_else(|| session.user().mail());
    let connection = session.smtp(account.id()).await?;
    mail::send(connection, from, &draft).await?;
    Ok(Json(json!({ "sent": true })))
}

/// A script: the one that is in use, unless a name is given.
async fn script(Extension(session): Extension<Session>, Query(which): Query<Which>) -> Answer {
    let mut sieve = Sieve::new(session.sieve(which.account()).await?);
    let scripts = sieve.scripts().await?;
    let name = Script::chosen(&scripts, which.name.clone());
    let script = match &name {
        Some(name) => Some(sieve.script(name).await?),
        None => None,
    };
    sieve.leave().await;
    Ok(Json(
        json!({ "name": name, "script": script, "scripts": scripts }),
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewScript {
    name: String,
    script: String,
    /// Whether it is the one in use from now on.
    #[serde(default)]
    activate: bool,
}

async fn put_script(
    Extension(session): Extension<Session>,
    Query(which): Query<Which>,
    new: Result<Json<NewScript>, JsonRejection>,
) -> Answer {
    let Json(new) = new.map_err(|error| bad(&error))?;
    let mut sieve = Sieve::new(session.sieve(which.account()).await?);
    let warning = sieve.put(&new.name, &new.script).await?;
    if new.activate {
        sieve.activate(&new.name).await?;
    }
    sieve.leave().await;
    Ok(Json(json!({ "saved": true, "message": warning })))
}

fn bad(error: &JsonRejection) -> Failed {
    // Its text may quote what was sent, which may be a password.
    let text = "the body is not the JSON that is expected here";
    Failed::new(error.status(), "bad_request", text)
}
