//! `sign-out`: takes the tokens back, and forgets them.

use std::process::ExitCode;

use mail_login_blocking::Deadline;
use mail_login_tokens::Store;
use serde_json::json;
use token_lifecycle::{Record, Saved};

use crate::{
    cli::SignOut,
    config::Config,
    exit::{Exit, Problem},
    grant::Grant,
    last,
    session::Session,
    store,
    terminal::{exit, fail, field, good, note, print},
};

pub(crate) fn run(arguments: &SignOut) -> ExitCode {
    match sign_out(arguments) {
        Ok(()) => exit(Exit::Done),
        Err(problem) => fail(arguments.common.json, &problem),
    }
}

fn sign_out(arguments: &SignOut) -> Result<(), Problem> {
    let config = Config::load(arguments.common.config.as_ref())?;
    let name = arguments.name.as_str();
    let account = config.account(name)?;
    let store = store::open(&config, name, account)?;
    let record = store.load().map_err(|error| store::unreadable(&error))?;
    let was = record.is_some();
    let server = match record {
        Some(record) => leave(arguments, &config, &*store, record)?,
        None => Server::Unasked(None),
    };
    last::forget(name);
    if let Server::Untold(why) = &server {
        note(format_args!("note: the tokens were not taken back: {why}"));
    }
    if arguments.common.json {
        let revoked = matches!(server, Server::Told);
        print(json!({
            "v": 1, "result": "signed-out", "account": name, "was_signed_in": was, "revoked": revoked,
        }));
    } else if was {
        print(good(format_args!("{name} is signed out")));
        if let Server::Unasked(Some(why)) = server {
            print(field("note", why));
        }
    } else {
        print(good(format_args!("{name} was not signed in")));
    }
    Ok(())
}

/// What the authorization server knows of it. The tokens are forgotten in any case.
enum Server {
    /// It has taken the tokens back.
    Told,
    /// There was nothing to ask, and why.
    Unasked(Option<&'static str>),
    /// It did not hear of it, or said no, and why.
    Untold(String),
}

fn leave(
    arguments: &SignOut,
    config: &Config,
    store: &dyn Store,
    record: Record,
) -> Result<Server, Problem> {
    let name = arguments.name.as_str();
    let deadline = Deadline::after(arguments.timeout);
    let grant = match Grant::new(config, name, deadline) {
        Ok(grant) => grant,
        // Without it nobody can be asked, but whoever signs out wants to be signed out.
        Err(problem) => {
            delete(name, store, record)?;
            return Ok(Server::Untold(problem.message));
        }
    };
    let unasked = if grant.endpoints.revocation.is_none() {
        Some(
            "the provider has no way to take tokens back: withdraw the consent on its web site if you want that",
        )
    } else if !record.can_refresh() {
        Some("there was no refresh token to take back; the access token ends by itself")
    } else {
        None
    };
    let session = Session::open(config, grant)?;
    let _waiting = session.waiting("the sign-out", arguments.timeout, arguments.common.json);
    let session = match session.sign_out(deadline) {
        Ok(Some(failure)) => return Ok(Server::Untold(failure)),
        Ok(None) if unasked.is_none() => return Ok(Server::Told),
        Ok(None) => return Ok(Server::Unasked(unasked)),
        Err(session) => session,
    };
    // The record goes first.
    if !matches!(store.load(), Ok(None)) {
        return Err(not_deleted(name, session.store_problem()));
    }
    // Nothing is left that could be lost by not waiting for the answer.
    session.abandon();
    let why = "the authorization server did not answer in time";
    Ok(Server::Untold(why.into()))
}

/// Deletes the record, whoever changes it meanwhile.
fn delete(name: &str, store: &dyn Store, mut record: Record) -> Result<(), Problem> {
    for _ in 0..TRIES {
        match store.save(Some(record.revision()), None) {
            Saved::Done => return Ok(()),
            Saved::Failed => return Err(not_deleted(name, store.problem())),
            Saved::Conflict => {}
        }
        record = match store.load().map_err(|error| store::unreadable(&error))? {
            Some(record) => record,
            None => return Ok(()),
        };
    }
    Err(not_deleted(name, Some("they change all the time".into())))
}

/// Each change is a refresh of another program, and takes a request.
const TRIES: u32 = 10;

fn not_deleted(name: &str, detail: Option<String>) -> Problem {
    let detail = detail.map_or_else(String::new, |detail| format!(" ({detail})"));
    let message = format!(
        "{name} is not signed out, because the tokens cannot be deleted{detail}: check rights and space where they are kept, and sign out again"
    );
    Problem::new(Exit::Unwritable, "store-unwritable", message)
}
