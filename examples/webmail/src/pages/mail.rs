//! Reading and writing.

use std::sync::Arc;

use axum::{
    Extension, Form,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use mail_session::Session;
use maud::Markup;
use serde::Deserialize;

use crate::{
    app::App,
    failed::Failed,
    mail::{self, Draft, MailError, Row},
    view::{self, Here},
};

/// Messages of a list.
const NEWEST: u32 = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    sent: Option<String>,
}

pub(super) async fn inbox(
    State(app): State<Arc<App>>,
    here: Here,
    Query(sent): Query<Sent>,
) -> Result<Markup, Response> {
    let read = newest(&app, &here).await;
    let (rows, exists) = read.map_err(|error| Failed::from(error).page(&here.session))?;
    Ok(view::inbox(&here, &rows, exists, sent.sent.is_some()))
}

async fn newest(app: &App, here: &Here) -> Result<(Vec<Row>, u32), MailError> {
    let (mut lease, exists) = app.pool.inbox(&here.session, &here.account).await?;
    let rows = lease.imap.newest(exists, NEWEST).await?;
    lease.give_back();
    Ok((rows, exists))
}

pub(super) async fn message(
    State(app): State<Arc<App>>,
    here: Here,
    Path(uid): Path<u32>,
) -> Result<Markup, Response> {
    let read = async {
        let (mut lease, _) = app.pool.inbox(&here.session, &here.account).await?;
        let text = lease.imap.message(uid).await?;
        lease.give_back();
        Ok(text)
    };
    let text = read.await;
    let text = text.map_err(|error: MailError| Failed::from(error).page(&here.session))?;
    Ok(view::message(&here, &text))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Begun {
    to: String,
    subject: String,
}

pub(super) async fn compose(here: Here, Query(begun): Query<Begun>) -> Markup {
    let draft = Draft {
        to: begun.to,
        subject: begun.subject,
        ..Draft::default()
    };
    view::compose(&here, &draft, None)
}

/// What was not sent is shown again, with the reason: nobody has to write it anew.
pub(super) async fn send(
    Extension(session): Extension<Session>,
    Form(draft): Form<Draft>,
) -> Result<Response, Response> {
    let here = Here::of(session, draft.account.as_deref())?;
    let sent = async {
        let connection = here.session.smtp(&here.account).await?;
        mail::send(connection, &here.address(), &draft).await
    };
    match sent.await {
        Ok(()) => {
            let joint = if here.link("/").contains('?') {
                '&'
            } else {
                '?'
            };
            let to = format!("{}{joint}sent=yes", here.link("/"));
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) if here.session.is_over().is_some() => {
            Err(Failed::from(error).page(&here.session))
        }
        Err(error) => {
            let failed = Failed::from(error);
            let page = view::compose(&here, &draft, Some(failed.text()));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}
