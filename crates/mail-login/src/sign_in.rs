//! `sign-in`: gets the first tokens, and keeps them.

mod ask;
mod browser;
mod device;
mod import;
mod open;
mod paste;
mod unattended;

pub(crate) use browser::wait as wait_for_answer;

use std::{process::ExitCode, time::Instant};

use mail_login_blocking::Deadline;
use serde_json::json;
use token_lifecycle::Tokens;

use crate::{
    cli::SignIn,
    config::{Config, Edit, Grant as Renewal},
    exit::{Exit, Problem},
    grant::Grant,
    last,
    session::{Session, check_writable},
    store::{self, Damaged},
    terminal::{exit, fail, field, good, note, print},
    time,
};

pub(crate) fn run(arguments: &SignIn) -> ExitCode {
    match sign_in(arguments) {
        Ok(()) => exit(Exit::Done),
        Err(problem) => fail(arguments.common.json, &problem),
    }
}

fn sign_in(arguments: &SignIn) -> Result<(), Problem> {
    let config = Config::load(arguments.common.config.as_ref())?;
    let (name, way) = (arguments.name.as_str(), &arguments.way);
    let grant = if way.client_credentials {
        Grant::by(Renewal::ClientCredentials, &config, name, Deadline::NEVER)?
    } else {
        Grant::new(&config, name, Deadline::NEVER)?
    };
    let unattended = grant.way == Renewal::ClientCredentials;
    // Nobody signs in for tokens that cannot be kept.
    let store = store::open(&config, grant.name, grant.account)?;
    let damaged = match store.load() {
        Ok(_) => None,
        Err(error) => Some(
            Damaged::of(&error, grant.name, grant.account)
                .ok_or_else(|| store::unreadable(&error))?,
        ),
    };
    check_writable(&*store)?;
    drop(store);
    let deadline = Instant::now() + arguments.timeout;
    let tokens = if way.device {
        device::sign_in(&grant, deadline, arguments.common.json)?
    } else if way.paste {
        if arguments.common.no_input {
            return Err(Problem::usage("--paste asks, and --no-input forbids it"));
        }
        paste::sign_in(&grant)?
    } else if way.password_stdin {
        note(
            "note: the password grant is discouraged, and fails with a second factor: use a browser, or --device, where that is possible",
        );
        unattended::password(&grant)?
    } else if unattended {
        unattended::client_credentials(&grant)?
    } else if let Some(file) = &way.import {
        import::read(&grant, file)?
    } else {
        browser::sign_in(&grant, deadline)?
    };
    let (expires, refreshes) = (tokens.expires_at, tokens.refresh.is_some());
    let missing = missing_scopes(&grant, &tokens);
    let account = grant.account;
    if let Some(damaged) = damaged
        && let Some(moved) = damaged.move_away()?
    {
        note(format_args!(
            "note: the tokens that were there could not be read: they are in {} now",
            moved.display()
        ));
    }
    Session::open(&config, grant)?.keep(tokens)?;
    last::forget(name);
    if way.client_credentials && account.grant != Renewal::ClientCredentials {
        let mut edit = Edit::new(&config)?;
        edit.set(name, "grant", "client_credentials")?;
        edit.write()?;
    }
    let expires = expires.map(|at| at.as_secs());
    if arguments.common.json {
        print(json!({
            "v": 1, "result": "signed-in", "account": name, "user": account.user,
            "expires_at": expires, "refreshable": refreshes || unattended, "missing_scope": missing,
        }));
        return Ok(());
    }
    print(good(format_args!(
        "{name} is signed in as {}",
        account.user
    )));
    print(field("token", time::until(expires)));
    if unattended {
        print(field("renewal", "by the client's secret"));
    } else if refreshes {
        print(field("renewal", "by itself, with a refresh token"));
    } else {
        print(field(
            "renewal",
            "none: the server gave no refresh token; many give one only with offline_access in the scope",
        ));
    }
    if let Some(missing) = missing {
        print(field("not granted", missing));
    }
    let next = format_args!("mail-login try imap --account {name}").to_string();
    print(field("next", next));
    Ok(())
}

/// What was asked for and not granted.
fn missing_scopes(grant: &Grant<'_>, tokens: &Tokens) -> Option<String> {
    let granted = tokens.scopes.as_ref()?;
    let renames = grant.provider.is_some_and(|known| known.renames_scopes);
    let missing = granted.missing_from(grant.audience().scopes());
    (!missing.is_empty() && !renames).then(|| missing.to_string())
}
