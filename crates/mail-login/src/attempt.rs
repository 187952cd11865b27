//! `try`: one login, and exactly what happened.

mod login;
mod source;

use std::process::ExitCode;

use mail_login_blocking::{Connection, Deadline, Login};
use sasl_core::{Advice, Credentials, Reason, Rejection};
use serde_json::json;

use crate::{
    cli::{self, Try},
    config::Config,
    exit::{Exit, Problem},
    protocol::{self, Known},
    report::Report,
    terminal::{bad, exit, field, good, note, print},
    waiting::Waiting,
};
use login::Attempt;
use source::{Source, Target};

pub(crate) fn run(arguments: &Try) -> ExitCode {
    let run = match arguments.protocol {
        cli::Protocol::Imap => run_protocol::<imap_auth::Imap>,
        cli::Protocol::Smtp => run_protocol::<smtp_auth::Smtp>,
        cli::Protocol::Sieve => run_protocol::<sieve_auth::Sieve>,
    };
    match run(arguments) {
        Ok(end) => exit(end),
        Err(problem) => {
            complain(arguments, problem.kind, &problem.message);
            exit(problem.exit)
        }
    }
}

fn run_protocol<P: Known>(arguments: &Try) -> Result<Exit, Problem> {
    let limit = arguments.connection.timeout;
    // One for all of it: what is asked of the authorization server, and both logins.
    let deadline = Deadline::after(limit);
    let config = match &arguments.token.account {
        Some(_) => Some(Config::load(arguments.config.as_ref())?),
        None => None,
    };
    let target = Target::new::<P>(arguments, config.as_ref())?;
    let usage = |error: sasl_core::Invalid| Problem::usage(error.to_string());
    let options = P::options(protocol::settings(arguments), arguments).map_err(usage)?;
    let server = target
        .server(&arguments.connection)
        .map_err(|problem| Problem::new(Exit::Settings, problem.kind(), problem.to_string()))?;
    let mut source = Source::new(arguments, config.as_ref(), &target.user, deadline)?;
    // What is told is told at once: tokens that are on their way are waited for when `source` ends.
    let give_up = |problem: Problem| {
        complain(arguments, problem.kind, &problem.message);
        Ok(problem.exit)
    };
    let credentials = match source.credentials() {
        Ok(credentials) => credentials,
        Err(problem) => return give_up(problem),
    };
    let json = arguments.connection.json;
    let mut report = Report::of_login(json, arguments.transcript, credentials.clone());
    let place = server.address().to_string();
    let quiet = json || arguments.transcript;
    let waiting = Waiting::new(place.clone(), limit, report.stage.clone(), quiet);
    let attempt = Attempt {
        server: &server,
        options,
        place: &place,
        deadline,
    };
    let ending = attempt.run::<P>(&mut source, credentials, &mut report);
    drop(waiting);
    report.finish();
    let shown = report.credentials.clone();
    let ending = match ending {
        Ok(ending) => ending,
        Err(problem) => return give_up(problem),
    };
    Ok(match ending {
        Ok(Login::Accepted(connection)) => {
            show_accepted::<P>(arguments, &place, &target, &connection, &report);
            // Whether the server hears our goodbye does not change that it let us in.
            let _ = connection.stream.close();
            Exit::Done
        }
        Ok(Login::Rejected(refused)) => {
            show_rejected(
                arguments,
                &place,
                &target,
                refused.rejection(),
                shown.as_ref(),
                source.remedy(refused.rejection()),
            );
            Exit::of_rejection(refused.rejection())
        }
        Err(failure) => {
            complain(arguments, failure.kind(), &failure.to_string());
            Exit::of_failure(&failure)
        }
    })
}

fn show_accepted<P: Known>(
    arguments: &Try,
    place: &str,
    target: &Target,
    connection: &Connection,
    report: &Report,
) {
    let session = &connection.session;
    let mechanism = session
        .mechanism()
        .map_or("none", |mechanism| mechanism.name());
    let capabilities: Vec<_> = session
        .capabilities()
        .iter()
        .map(|entry| report.clean(entry))
        .collect();
    if arguments.connection.json {
        print(json!({
            "v": 1, "result": "accepted", "protocol": P::NAME, "mechanism": mechanism,
            "tls": target.tls.name(), "round_trips": session.round_trips(), "capabilities": capabilities,
        }));
        return;
    }
    print(good(format_args!(
        "{place} accepted the login of {}",
        target.user
    )));
    print(field("mechanism", mechanism));
    let version = report
        .tls
        .as_ref()
        .map_or("in clear", |tls| tls.version.as_str());
    print(field(
        "tls",
        format_args!("{version}, {}", target.tls.name()),
    ));
    print(field("round trips", session.round_trips()));
    if !capabilities.is_empty() {
        let separator = if P::NAME == "imap" { " " } else { ", " };
        print(field("capabilities", capabilities.join(separator)));
    }
}

fn show_rejected(
    arguments: &Try,
    place: &str,
    target: &Target,
    rejection: &Rejection,
    credentials: Option<&Credentials>,
    remedy: Option<String>,
) {
    let refusal = rejection.refusal();
    let clean = |text: &str| match credentials {
        Some(credentials) => {
            String::from_utf8_lossy(&credentials.scrub(text.as_bytes())).into_owned()
        }
        None => text.to_owned(),
    };
    if arguments.connection.json {
        let oauth = refusal.map(|refusal| {
            json!({
                "status": refusal.status().map(clean), "scope": refusal.scope().map(clean),
                "openid_configuration": refusal.openid_configuration().map(clean),
            })
        });
        // Another new token is of no use where there is a remedy.
        let advice = match (&remedy, rejection.advice()) {
            (Some(_), Advice::RefreshToken) => Advice::SignInAgain,
            (_, advice) => advice,
        };
        print(json!({
            "v": 1, "result": "rejected", "advice": advice.name(), "remedy": remedy,
            "reason": rejection.reason().name(), "code": rejection.code(), "oauth": oauth,
            "text": rejection.text().to_string(), "referral": rejection.referral(),
            "closed": rejection.is_closed(),
        }));
        return;
    }
    print(bad(format_args!(
        "{place} refused the login of {}",
        target.user
    )));
    print(field("why", rejection.reason()));
    let advice = remedy.unwrap_or_else(|| advice(rejection.advice()).into());
    print(field("what to do", advice));
    print(field(
        "reason",
        format_args!("{} {}", rejection.reason().name(), rejection.code()),
    ));
    if !rejection.text().is_empty() {
        print(field("it said", rejection.text()));
    }
    if let Some(refusal) = refusal {
        let status = refusal.status().map_or_else(|| "unreadable".into(), clean);
        let scope = refusal
            .scope()
            .map_or_else(String::new, |scope| format!(", scope {}", clean(scope)));
        print(field("oauth", format_args!("status {status}{scope}")));
    }
    if rejection.reason() == Reason::MechanismUnavailable && rejection.code().is_empty() {
        print(field("offered", rejection.offered()));
    }
    if let Some(url) = rejection.referral() {
        print(field("it names", format_args!("{url} (not followed)")));
    }
}

fn advice(advice: Advice) -> &'static str {
    match advice {
        Advice::RefreshToken => {
            "get a fresh access token and try once more; if that is refused too, check user, scope and audience"
        }
        Advice::RetryLater => "keep the token and try again later",
        Advice::SignInAgain => "sign in again and consent to the scope that the server wants",
        _ => "change the settings: neither a new token nor waiting helps",
    }
}

fn complain(arguments: &Try, kind: &str, message: &str) {
    if arguments.connection.json {
        print(json!({"v": 1, "result": "error", "kind": kind, "message": message}));
    } else {
        note(bad(message));
    }
}
