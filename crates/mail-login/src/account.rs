//! `account`: who signs in where.

mod add;
mod show;

use std::process::ExitCode;

use serde_json::json;

use crate::{
    cli::{AccountCommand, List, Named},
    config::{Config, Edit},
    exit::{Exit, Problem},
    last, store,
    terminal::{bad, exit, fail, good, print},
};

pub(crate) fn run(command: &AccountCommand) -> ExitCode {
    let (ended, common) = match command {
        AccountCommand::Add(arguments) => (add::add(arguments), &arguments.common),
        AccountCommand::List(arguments) => (list(arguments), &arguments.common),
        AccountCommand::Show(arguments) => (show::show(arguments), &arguments.common),
        AccountCommand::Remove(arguments) => (remove(arguments), &arguments.common),
    };
    match ended {
        Ok(()) => exit(Exit::Done),
        Err(problem) => fail(common.json, &problem),
    }
}

fn list(arguments: &List) -> Result<(), Problem> {
    let config = Config::load(arguments.common.config.as_ref())?;
    for (name, account) in &config.accounts {
        let problem = config.account(name).err();
        let from = show::from(account);
        if arguments.common.json {
            print(json!({
                "v": 1, "event": "account", "account": name, "user": account.user, "from": from,
                "problem": problem.map(|problem| problem.message),
            }));
        } else if let Some(problem) = problem {
            print(bad(problem.message));
        } else {
            print(format_args!("{name:<16} {:<32} {from}", account.user));
        }
    }
    if arguments.common.json {
        print(json!({"v": 1, "result": "accounts", "accounts": config.accounts.len()}));
    } else if config.accounts.is_empty() {
        print("There are no accounts yet: add one with `mail-login account add`.");
    }
    Ok(())
}

fn remove(arguments: &Named) -> Result<(), Problem> {
    let config = Config::load(arguments.common.config.as_ref())?;
    let name = &arguments.name;
    // Without its settings the tokens could never be taken back.
    if let Ok(account) = config.account(name) {
        let store = store::open(&config, name, account)?;
        if store
            .load()
            .map_err(|error| store::unreadable(&error))?
            .is_some()
        {
            let message = format!("{name} has tokens: run `mail-login sign-out {name}` first");
            return Err(Problem::usage(message));
        }
    }
    let mut edit = Edit::new(&config)?;
    if !edit.remove(name)? {
        // Says so as every command does.
        config.account(name)?;
    }
    edit.write()?;
    last::forget(name);
    if arguments.common.json {
        print(json!({"v": 1, "result": "removed", "account": name}));
    } else {
        print(good(format_args!("{name} is removed")));
    }
    Ok(())
}
