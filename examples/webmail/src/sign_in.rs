//! To the authorization server and back: authorization code with PKCE, state, nonce and issuer.

mod callback;
mod flow;

use std::{io, sync::Arc};

use axum::{
    Extension,
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{StatusCode, header::SET_COOKIE};
use mail_session::{EndReason, Session};
use maud::Markup;
use serde::Deserialize;

pub(crate) use callback::callback;

use crate::{app::App, public::local_path, view};
use flow::Flow;

/// What an address of the sign-in page says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// Where the user wanted to go.
    next: Option<String>,
    /// Why the last session ended.
    reason: Option<String>,
    /// Who it is, if that is known.
    login_hint: Option<String>,
}

/// The page on which a sign-in begins, and which says why the last session ended.
pub(crate) async fn page(Query(wanted): Query<Wanted>) -> Markup {
    // One of our own sentences, or none: anybody can write an address.
    let reason = wanted.reason.as_deref().and_then(EndReason::parse);
    view::sign_in(reason, local_path(wanted.next.as_deref()))
}

/// Sends the user to the authorization server. What has to be known when he comes back is in a sealed cookie,
/// so that he may come back to another node.
pub(crate) async fn start(State(app): State<Arc<App>>, Query(wanted): Query<Wanted>) -> Response {
    let flow = Flow::new(local_path(wanted.next.as_deref()));
    send(&app, flow, wanted.login_hint.as_deref())
}

/// The same for a further account of a session.
pub(crate) async fn start_account(
    State(app): State<Arc<App>>,
    Extension(session): Extension<Session>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let flow = Flow::new("/accounts").map(|flow| flow.for_session(&session));
    send(&app, flow, wanted.login_hint.as_deref())
}

fn send(app: &App, flow: io::Result<Flow>, hint: Option<&str>) -> Response {
    let begun = flow.and_then(|flow| {
        let location = flow.authorization(app, hint)?.url();
        Ok((location, flow.cookie(app)?))
    });
    match begun {
        Ok((location, cookie)) => ([(SET_COOKIE, cookie)], Redirect::to(&location)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a sign-in cannot begin");
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            (
                status,
                view::problem(status, "the sign-in cannot begin: try again", None),
            )
                .into_response()
        }
    }
}
