//! `status`: what is known of the tokens, without asking anybody.

use std::{process::ExitCode, time::Duration};

use mail_login_tokens::{Status as Known, TokenError, clock};
use serde_json::{Value, json};
use token_lifecycle::{SignIn, SignInReason, Unavailable};

use crate::{
    cli::Status,
    config::{Account, Config, Grant as Renewal},
    exit::{Exit, Problem},
    last::{self, LastFailure},
    offline,
    session::of_token_error,
    terminal::{bad, exit, fail, field, good, print},
    time,
};

pub(crate) fn run(arguments: &Status) -> ExitCode {
    let json = arguments.common.json;
    let config = match Config::load(arguments.common.config.as_ref()) {
        Ok(config) => config,
        Err(problem) => return fail(json, &problem),
    };
    let names: Vec<&String> = match &arguments.name {
        Some(name) => vec![name],
        None => config.accounts.keys().collect(),
    };
    if names.is_empty() && !json {
        print("There are no accounts yet: add one with `mail-login account add`.");
    }
    let mut end = Exit::Done;
    for name in &names {
        match look(&config, name) {
            Ok(found) => {
                found.show(json);
                end = worse(end, found.exit());
            }
            Err(problem) if names.len() == 1 => return fail(json, &problem),
            Err(problem) => {
                show_problem(json, name, &problem);
                end = worse(end, problem.exit);
            }
        }
    }
    if json {
        print(json!({"v": 1, "result": "status", "accounts": names.len()}));
    }
    exit(if arguments.check { end } else { Exit::Done })
}

/// The first trouble counts.
fn worse(first: Exit, second: Exit) -> Exit {
    if first == Exit::Done { second } else { first }
}

fn show_problem(json: bool, name: &str, problem: &Problem) {
    if json {
        print(json!({
            "v": 1, "event": "status", "account": name, "state": "unknown",
            "kind": problem.kind, "message": problem.message,
        }));
    } else {
        print(bad(format_args!("{name}: {}", problem.message)));
    }
}

/// What is known of one account.
struct Found<'a> {
    name: &'a str,
    account: &'a Account,
    known: Known,
    /// Why there would be no token now, if there would be none.
    why: Option<Unavailable>,
    /// When a new token will be asked for; `None` where that does not come by itself.
    refresh_in: Option<Duration>,
    renewable: bool,
    /// Why the last command got no token, if none was got since.
    last: Option<LastFailure>,
}

fn look<'a>(config: &'a Config, name: &'a str) -> Result<Found<'a>, Problem> {
    let account = config.account(name)?;
    let mut lifecycle = offline::lifecycle(config, name)?;
    let now = clock::now();
    let repeatable = account.grant == Renewal::ClientCredentials;
    let known = Known::of(&lifecycle);
    let renewable = known.is_signed_in || repeatable;
    let refresh_in = offline::next(&mut lifecycle).filter(|_| renewable);
    // The first question makes it look at what it has; the second one gets what it found.
    let why = lifecycle.token(now, Duration::ZERO).err().and_then(|_| {
        offline::next(&mut lifecycle);
        lifecycle.token(now, Duration::ZERO).err()
    });
    // It would look into the store once more before it says so.
    let why = why.map(|why| match why {
        Unavailable::Temporary { .. } if !renewable => {
            Unavailable::SignIn(Box::new(SignIn::new(SignInReason::NoRefreshToken)))
        }
        why => why,
    });
    // Tokens that came later show that it has passed, also those of a program that tells nobody.
    let access = lifecycle.record().map_or(&[][..], |record| record.access());
    let since = access.iter().map(|token| token.issued_at().as_secs()).max();
    let since = since.unwrap_or(0);
    let last = last::read(name).filter(|last| last.at >= since);
    Ok(Found {
        name,
        account,
        known,
        why,
        refresh_in,
        renewable,
        last,
    })
}

impl Found<'_> {
    /// As the command would exit that asks for a token. One that can be renewed is as good as there,
    /// unless that was tried and failed.
    fn exit(&self) -> Exit {
        match &self.why {
            None => Exit::Done,
            Some(why) if why.is_temporary() && self.renewable => {
                self.last.as_ref().map_or(Exit::Done, LastFailure::exit)
            }
            Some(why) => of_token_error(self.name, &TokenError::new(why.clone())).exit,
        }
    }

    fn state(&self) -> &'static str {
        match &self.why {
            None => "signed-in",
            Some(why) if why.is_temporary() && self.renewable => "due",
            Some(Unavailable::Misconfigured(_)) => "misconfigured",
            Some(_) => "signed-out",
        }
    }

    fn show(&self, json: bool) {
        if json {
            print(self.json());
            return;
        }
        let (name, user) = (self.name, &self.account.user);
        match self.state() {
            "signed-in" => print(good(format_args!("{name}: {user} is signed in"))),
            "due" if self.last.is_some() => print(bad(format_args!(
                "{name}: {user} is signed in, but the last command got no token"
            ))),
            "due" => print(good(format_args!(
                "{name}: {user} is signed in; the next command gets a new token"
            ))),
            _ => print(bad(format_args!("{name}: {user} is not signed in"))),
        }
        let expires = self.known.expires_at.map(|at| at.as_secs());
        if self.known.generation.is_some() {
            print(field("token", time::until(expires)));
        }
        if let Some(wait) = self.refresh_in {
            let when = match wait.as_secs() {
                0 => "now".to_owned(),
                seconds => format!("in {} at the latest", time::span(seconds)),
            };
            print(field("next look", when));
        } else if self.known.generation.is_some() && !self.renewable {
            print(field("renewal", "none: there is no refresh token"));
        }
        if let Some(end) = self.known.grant_expires_at {
            print(field("sign-in ends", time::date(end.as_secs())));
        }
        if let Some(why) = &self.why
            && self.state() != "due"
        {
            let problem = of_token_error(self.name, &TokenError::new(why.clone()));
            print(field("why", problem.message));
        }
        if let Some(last) = &self.last {
            let code = last.code.as_ref();
            let code = code.map_or_else(String::new, |code| format!(" ({code})"));
            let (when, what) = (time::date(last.at), &last.message);
            print(field("last failure", format_args!("{when}: {what}{code}")));
        }
    }

    fn json(&self) -> Value {
        let problem = self
            .why
            .as_ref()
            .map(|why| of_token_error(self.name, &TokenError::new(why.clone())));
        let problem = problem.filter(|_| self.state() != "due");
        json!({
            "v": 1, "event": "status", "account": self.name, "user": self.account.user,
            "state": self.state(), "renewable": self.renewable,
            "expires_at": self.known.expires_at.map(|at| at.as_secs()),
            "refresh_in": self.refresh_in.map(|wait| wait.as_secs()),
            "grant_expires_at": self.known.grant_expires_at.map(|at| at.as_secs()),
            "kind": problem.as_ref().map(|problem| problem.kind),
            "message": problem.as_ref().map(|problem| problem.message.as_str()),
            "last_failure": self.last.as_ref().map(|last| json!({
                "kind": last.kind, "code": last.code, "message": last.message, "at": last.at,
                "exit": last.exit() as u8,
            })),
        })
    }
}
