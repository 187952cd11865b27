//! The end of a session at the user's wish. It is not behind the check of sessions: who wants to go may go while the
//! authorization server is down, and with tokens that have expired.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode, header::SET_COOKIE};
use mail_session::{AccessError, Session, Wait, layer::id_of};

use crate::{app::App, cookie, failed::Failed, log};

/// For people: here and on all nodes. Who has no session any more is out, too.
pub(crate) async fn page(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    match find(&app, &headers).await {
        Ok(Some(session)) => {
            // Where other nodes cannot know it yet, it is tried until they do.
            let _ = session.sign_out().await;
        }
        Ok(None) => {}
        // It may well be alive, so nobody is told that it has ended.
        Err(wait) => return Failed::unavailable(&wait).page_before_sign_in(),
    }
    without_cookie(
        &app,
        Redirect::to("/sign-in?reason=signed-out").into_response(),
    )
}

/// For programs.
pub(crate) async fn program(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let response = match find(&app, &headers).await {
        Ok(Some(session)) => match session.is_over() {
            Some(ended) => Failed::from(AccessError::SignIn(Arc::clone(ended))).into_response(),
            None => {
                // As above.
                let _ = session.sign_out().await;
                StatusCode::NO_CONTENT.into_response()
            }
        },
        Ok(None) => Failed::no_session().into_response(),
        Err(wait) => return Failed::unavailable(&wait).into_response(),
    };
    without_cookie(&app, response)
}

async fn find(app: &App, headers: &HeaderMap) -> Result<Option<Session>, Wait> {
    let Some(id) = id_of(headers, &cookie::session(&app.public)) else {
        return Ok(None);
    };
    let session = app.sessions.find(&id).await?;
    if let Some(session) = &session {
        log::name(session);
    }
    Ok(session)
}

fn without_cookie(app: &App, mut response: Response) -> Response {
    if let Ok(gone) = cookie::clear(&app.public, "session") {
        response.headers_mut().append(SET_COOKIE, gone);
    }
    response
}
