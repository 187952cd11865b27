//! Editing scripts.

use axum::{
    Extension, Form,
    extract::Query,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use mail_session::Session;
use serde::Deserialize;

use crate::{
    failed::Failed,
    mail::{MailError, Script, Sieve},
    view::{self, Editor, Here},
};

/// What a new script begins with.
const BEGINNING: &str = "require [\"fileinto\"];\n\n# Mail of a list goes to its own folder.\n\
    if header :contains \"list-id\" \"rust\" {\n    fileinto \"Lists\";\n}\n";

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    script: Option<String>,
}

pub(super) async fn page(here: Here, Query(wanted): Query<Wanted>) -> Result<Response, Response> {
    let read = async {
        let mut sieve = Sieve::new(here.session.sieve(&here.account).await?);
        let scripts = sieve.scripts().await?;
        let editor = editor(&mut sieve, &scripts, wanted.script).await?;
        sieve.leave().await;
        Ok((scripts, editor))
    };
    let (scripts, editor) = read.await.map_err(|error| failed(error, &here))?;
    Ok(view::filters(&here, &scripts, &editor).into_response())
}

/// The script that was asked for, or the one that is in use, or a new one.
async fn editor(
    sieve: &mut Sieve,
    scripts: &[Script],
    wanted: Option<String>,
) -> Result<Editor, MailError> {
    let (name, script) = match Script::chosen(scripts, wanted) {
        Some(name) => {
            let script = sieve.script(&name).await?;
            (name, script)
        }
        None => ("main".to_owned(), BEGINNING.to_owned()),
    };
    Ok(Editor {
        name,
        script,
        problem: None,
        warning: None,
    })
}

#[derive(Deserialize)]
pub(super) struct Edited {
    #[serde(default)]
    account: String,
    name: String,
    #[serde(default)]
    script: String,
}

/// What the server does not take is shown again, with what is wrong with it.
pub(super) async fn save(
    Extension(session): Extension<Session>,
    Form(edited): Form<Edited>,
) -> Result<Response, Response> {
    let here = Here::of(session, Some(&edited.account))?;
    // Browsers end lines by CRLF, as ManageSieve does; whatever else came along is put right.
    let script = edited.script.replace("\r\n", "\n").replace('\n', "\r\n");
    let saved = async {
        let mut sieve = Sieve::new(here.session.sieve(&here.account).await?);
        let put = sieve.put(&edited.name, &script).await;
        let scripts = sieve.scripts().await?;
        sieve.leave().await;
        Ok((put, scripts))
    };
    let (put, scripts) = saved.await.map_err(|error| failed(error, &here))?;
    let (status, problem, warning) = match put {
        Ok(warning) => (StatusCode::OK, None, Some(told(warning))),
        Err(error) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(error.to_string()),
            None,
        ),
    };
    let editor = Editor {
        name: edited.name,
        script: edited.script,
        problem,
        warning,
    };
    Ok((status, view::filters(&here, &scripts, &editor)).into_response())
}

/// "Putscript completed." tells nobody anything.
fn told(text: String) -> String {
    match text.lines().count() {
        0 | 1 => String::new(),
        _ => text,
    }
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    account: String,
    which: String,
}

/// Another script is in use from now on; none with an empty name.
pub(super) async fn activate(
    Extension(session): Extension<Session>,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Response> {
    change(session, &chosen, async |sieve, which| {
        sieve.activate(which).await
    })
    .await
}

pub(super) async fn delete(
    Extension(session): Extension<Session>,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Response> {
    change(session, &chosen, async |sieve, which| {
        sieve.delete(which).await
    })
    .await
}

/// Does something with the chosen script, and shows the list.
async fn change(
    session: Session,
    chosen: &Chosen,
    work: impl AsyncFnOnce(&mut Sieve, &str) -> Result<(), MailError>,
) -> Result<Response, Response> {
    let here = Here::of(session, Some(&chosen.account))?;
    let done = async {
        let mut sieve = Sieve::new(here.session.sieve(&here.account).await?);
        work(&mut sieve, &chosen.which).await?;
        sieve.leave().await;
        Ok(())
    };
    done.await.map_err(|error| failed(error, &here))?;
    Ok(Redirect::to(&here.link("/filters")).into_response())
}

fn failed(error: MailError, here: &Here) -> Response {
    Failed::from(error).page(&here.session)
}
