//! `try`: one login, and exactly what happened.

use std::process::ExitCode;

use mail_login_blocking::{Connection, Login, login};
use sasl_core::{Advice, Credentials, Rejection};
use serde_json::json;

use crate::{
    cli::{self, TlsMode, Try},
    exit::{Exit, Problem},
    input,
    protocol::{self, Known},
    report::Report,
    terminal::{bad, exit, field, good, note, print},
    waiting::Waiting,
};

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
    let usual = if P::IMPLICIT_TLS_PORT.is_some() {
        TlsMode::Implicit
    } else {
        TlsMode::Starttls
    };
    let tls = arguments.tls.unwrap_or(usual);
    if tls == TlsMode::None && !arguments.dangerous_in_clear {
        let why = "--tls none sends the token in clear: add --dangerous-in-clear if that is meant";
        return Err(Problem::usage(why));
    }
    let port = arguments.port.unwrap_or_else(|| protocol::port::<P>(tls));
    let usage = |error: sasl_core::Invalid| Problem::usage(error.to_string());
    let options = P::options(protocol::settings(arguments), arguments).map_err(usage)?;
    let server = protocol::server(&arguments.host, port, tls, &arguments.connection)
        .map_err(|problem| Problem::new(Exit::Settings, problem.kind(), problem.to_string()))?;
    let credentials = input::credentials(&arguments.user, &arguments.token)?;
    let json = arguments.connection.json;
    let mut report = Report::of_login(json, arguments.transcript, credentials.clone());
    let place = server.address().to_string();
    let limit = arguments.connection.timeout;
    let quiet = json || arguments.transcript;
    let waiting = Waiting::new(place.clone(), limit, report.stage.clone(), quiet);
    let ending = login::<P>(&server, credentials.clone(), options, &mut report);
    drop(waiting);
    report.finish();
    Ok(match ending {
        Ok(Login::Accepted(connection)) => {
            show_accepted::<P>(arguments, &place, tls, &connection, &report);
            // Whether the server hears our goodbye does not change that it let us in.
            let _ = connection.stream.close();
            Exit::Done
        }
        Ok(Login::Rejected(refused)) => {
            show_rejected(arguments, &place, refused.rejection(), &credentials);
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
    tls: TlsMode,
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
            "tls": tls.name(), "round_trips": session.round_trips(), "capabilities": capabilities,
        }));
        return;
    }
    print(good(format_args!(
        "{place} accepted the login of {}",
        arguments.user
    )));
    print(field("mechanism", mechanism));
    let version = report
        .tls
        .as_ref()
        .map_or("in clear", |tls| tls.version.as_str());
    print(field("tls", format_args!("{version}, {}", tls.name())));
    print(field("round trips", session.round_trips()));
    if !capabilities.is_empty() {
        let separator = if P::NAME == "imap" { " " } else { ", " };
        print(field("capabilities", capabilities.join(separator)));
    }
}

fn show_rejected(arguments: &Try, place: &str, rejection: &Rejection, credentials: &Credentials) {
    let refusal = rejection.refusal();
    let clean =
        |text: &str| String::from_utf8_lossy(&credentials.scrub(text.as_bytes())).into_owned();
    if arguments.connection.json {
        let oauth = refusal.map(|refusal| {
            json!({
                "status": refusal.status().map(clean), "scope": refusal.scope().map(clean),
                "openid_configuration": refusal.openid_configuration().map(clean),
            })
        });
        print(json!({
            "v": 1, "result": "rejected", "advice": rejection.advice().name(),
            "reason": rejection.reason().name(), "code": rejection.code(), "oauth": oauth,
            "text": rejection.text().to_string(), "referral": rejection.referral(),
            "closed": rejection.is_closed(),
        }));
        return;
    }
    print(bad(format_args!(
        "{place} refused the login of {}",
        arguments.user
    )));
    print(field("why", rejection.reason()));
    print(field("what to do", advice(rejection.advice())));
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
    if rejection.reason() == sasl_core::Reason::MechanismUnavailable && rejection.code().is_empty()
    {
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
