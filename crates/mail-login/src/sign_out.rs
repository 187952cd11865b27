//! `sign-out`: takes the tokens back, and forgets them.

use std::process::ExitCode;

use mail_login_blocking::Deadline;
use serde_json::json;

use crate::{
    cli::SignOut,
    config::Config,
    exit::{Exit, Problem},
    grant::Grant,
    last,
    session::Session,
    store,
    terminal::{exit, fail, field, good, print},
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
    let there = store.load().map_err(|error| store::unreadable(&error))?;
    let was = there.is_some();
    let mut revokes = false;
    if was {
        let grant = Grant::new(&config, name)?;
        revokes = grant.endpoints.revocation.is_some();
        let session = Session::open(&config, grant)?;
        let _waiting = session.waiting("the sign-out", arguments.timeout, arguments.common.json);
        session.sign_out(Deadline::after(arguments.timeout))?;
    }
    last::forget(name);
    if arguments.common.json {
        print(json!({"v": 1, "result": "signed-out", "account": name, "was_signed_in": was}));
    } else if was {
        print(good(format_args!("{name} is signed out")));
        if !revokes {
            print(field(
                "note",
                "the provider has no way to take tokens back: withdraw the consent on its web site if you want that",
            ));
        }
    } else {
        print(good(format_args!("{name} was not signed in")));
    }
    Ok(())
}
