//! What people do. Each page is made on the server; the only script looks whether the session still lives.

mod accounts;
mod filters;
mod mail;

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{FromRequestParts, Query},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{StatusCode, request::Parts};
use mail_session::{Account, Session};
use serde::Deserialize;

use crate::{
    app::App,
    guard,
    mail::{LETTER, SCRIPT},
    sign_in,
    view::{self, Here},
};

pub(crate) use accounts::{external, told};

/// All pages behind the sign-in.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(mail::inbox))
        .route("/message/{uid}", get(mail::message))
        .route("/compose", get(mail::compose))
        .route("/send", post(mail::send).layer(guard::body_of(LETTER)))
        .route("/filters", get(filters::page))
        .route(
            "/filters/save",
            post(filters::save).layer(guard::body_of(SCRIPT)),
        )
        .route("/filters/activate", post(filters::activate))
        .route("/filters/delete", post(filters::delete))
        .route("/accounts", get(accounts::page))
        .route("/accounts/add", post(accounts::add))
        .route("/accounts/remove", post(accounts::remove))
        .route("/accounts/sign-in", get(sign_in::start_account))
}

impl Here {
    /// The mailbox of this name; `None`: the user's own.
    fn of(session: Session, account: Option<&str>) -> Result<Self, Response> {
        let accounts = session.accounts();
        let id = account
            .filter(|id| !id.is_empty())
            .unwrap_or(Account::PRIMARY);
        if !accounts.iter().any(|account| account.id() == id) {
            let text = "there is no such account";
            let page = view::problem(StatusCode::NOT_FOUND, text, Some(&session));
            return Err((StatusCode::NOT_FOUND, page).into_response());
        }
        Ok(Self {
            account: id.to_owned(),
            session,
            accounts,
        })
    }

    /// The address that mail of this mailbox comes from.
    fn address(&self) -> String {
        let account = self
            .accounts
            .iter()
            .find(|account| account.id() == self.account);
        let login = account.and_then(Account::login);
        login
            .unwrap_or_else(|| self.session.user().mail())
            .to_owned()
    }
}

/// From the address.
impl<S: Send + Sync> FromRequestParts<S> for Here {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        #[derive(Default, Deserialize)]
        struct Wanted {
            account: Option<String>,
        }

        let session = Extension::<Session>::from_request_parts(parts, state).await;
        let Extension(session) = session.map_err(IntoResponse::into_response)?;
        let wanted = Query::<Wanted>::from_request_parts(parts, state).await;
        let wanted = wanted.map(|Query(wanted)| wanted).unwrap_or_default();
        Self::of(session, wanted.account.as_deref())
    }
}
