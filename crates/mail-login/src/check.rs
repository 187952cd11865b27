//! `check`: what does this server offer?

mod findings;
mod guess;
mod target;

use std::{process::ExitCode, thread};

use mail_login_blocking::{Failure, probe};
use sasl_core::{Capabilities, Mechanisms, Outcome, Rejection, Settings};
use serde_json::{Value, json};
use token_lifecycle::Provider;

use crate::{
    cli::{Check, Protocol, TlsMode},
    exit::Exit,
    protocol::{self, Known},
    report::Report,
    terminal::{bad, exit, field, good, note, print},
    waiting::{Stage, Waiting},
};
use target::Target;

pub(crate) fn run(arguments: &Check) -> ExitCode {
    let targets = match target::parse(&arguments.server) {
        Ok(targets) => targets,
        Err(message) => return complain(arguments, Exit::Usage, "usage", message),
    };
    let place = arguments.server.clone();
    let limit = arguments.connection.timeout;
    let waiting = Waiting::new(place, limit, Stage::default(), arguments.connection.json);
    let targets = match targets {
        target::Targets::Known(targets) => targets,
        target::Targets::Unknown { host, port } => {
            vec![guess::guess(&host, port, &arguments.connection)]
        }
    };
    let several = targets.len() > 1;
    // Side by side: a port that does not answer would hold up all others.
    let findings: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = targets
            .iter()
            .map(|target| scope.spawn(move || ask(target, arguments)))
            .collect();
        running.into_iter().map(|one| one.join()).collect()
    });
    drop(waiting);
    let mut exits = Vec::new();
    for answer in findings {
        let Ok(answer) = answer else {
            return complain(
                arguments,
                Exit::Protocol,
                "bug",
                "a probe broke down: please report this",
            );
        };
        exits.push(answer.exit);
        if arguments.connection.json {
            print(&answer.json);
        } else {
            for line in &answer.lines {
                print(line);
            }
        }
    }
    let reached = exits.contains(&Exit::Done);
    let end = if reached {
        Exit::Done
    } else {
        exits.first().copied().unwrap_or(Exit::Temporary)
    };
    if arguments.connection.json {
        let answered = exits.iter().filter(|exit| **exit == Exit::Done).count();
        print(
            json!({"v": 1, "result": if reached { "checked" } else { "unreachable" }, "asked": exits.len(), "answered": answered}),
        );
    } else if several && !reached {
        note(bad("no mail service answers here: check the host name"));
    }
    exit(end)
}

/// What became of one probe, ready to print.
struct Answer {
    exit: Exit,
    lines: Vec<String>,
    json: Value,
}

/// What was found out about a server.
pub(crate) struct Offer {
    pub(crate) protocol: Protocol,
    pub(crate) tls: TlsMode,
    /// Before TLS, where there is such a time.
    pub(crate) in_clear: Option<Vec<String>>,
    /// What counts.
    pub(crate) capabilities: Capabilities,
    /// The greeting carried the capabilities.
    pub(crate) told_at_once: bool,
}

fn ask(target: &Target, arguments: &Check) -> Answer {
    match target.protocol {
        Protocol::Imap => ask_protocol::<imap_auth::Imap>(target, arguments),
        Protocol::Smtp => ask_protocol::<smtp_auth::Smtp>(target, arguments),
        Protocol::Sieve => ask_protocol::<sieve_auth::Sieve>(target, arguments),
    }
}

fn ask_protocol<P: Known>(target: &Target, arguments: &Check) -> Answer {
    let mut report = Report::default();
    let server =
        match protocol::server(&target.host, target.port, target.tls, &arguments.connection) {
            Ok(server) => server,
            Err(problem) => return Answer::failed::<P>(target, &problem.into()),
        };
    let options = P::Options::from(Settings::new());
    match probe::<P>(&server, options, &mut report) {
        Ok(Outcome::Accepted(capabilities)) => {
            let in_clear = report
                .offers
                .first()
                .filter(|_| report.offers_in_clear > 0)
                .cloned();
            let offer = Offer {
                protocol: target.protocol,
                tls: target.tls,
                in_clear,
                told_at_once: report.commands == 0,
                capabilities,
            };
            Answer::found::<P>(target, &report, &offer)
        }
        Ok(Outcome::Rejected(rejection)) => Answer::rejected::<P>(target, &rejection),
        Err(failure) => {
            let mut answer = Answer::failed::<P>(target, &failure);
            // What the server said before TLS failed is worth knowing all the same.
            if let Some(list) = report.offers.first() {
                answer.lines.push(field("in clear", list.join(" ")));
            }
            answer
        }
    }
}

impl Answer {
    fn found<P: Known>(target: &Target, report: &Report, offer: &Offer) -> Self {
        let mechanisms = offer.capabilities.mechanisms();
        let separator = if P::NAME == "imap" { " " } else { ", " };
        let list: Vec<_> = offer
            .capabilities
            .iter()
            .map(|entry| entry.to_string())
            .collect();
        let found = findings::findings(offer);
        let mut lines = vec![good(headline::<P>(target))];
        if let Some(greeting) = &report.greeting {
            lines.push(field("greeting", greeting));
        }
        if let Some(tls) = &report.tls {
            let alpn = tls
                .alpn
                .as_deref()
                .map_or_else(String::new, |name| format!(", ALPN {name}"));
            lines.push(field("tls", format_args!("{}{alpn}", tls.version)));
            if let Some(certificate) = &tls.certificate {
                let text = format!(
                    "{}, by {}, until {}",
                    certificate.subject, certificate.issuer, certificate.until
                );
                lines.push(field("certificate", text));
            }
        }
        lines.push(field("mechanisms", mechanisms));
        lines.push(field("first message", findings::initial_response(offer)));
        lines.push(field("line limit", findings::line_limit(offer)));
        if let Some(before) = &offer.in_clear {
            lines.push(field("before TLS", before.join(separator)));
        }
        lines.push(field("capabilities", list.join(separator)));
        for finding in &found {
            lines.push(field("note", finding));
        }
        let provider = provider(&target.host);
        if let Some(provider) = provider {
            let text = format!(
                "{}: mail-login account add NAME --provider {} --user USER --client-id ID",
                provider.title, provider.name
            );
            lines.push(field("account", text));
        }
        lines.push(String::new());
        let names = |set: Mechanisms| set.iter().map(|m| m.name()).collect::<Vec<_>>();
        let certificate = report.tls.as_ref().and_then(|tls| tls.certificate.as_ref());
        let json = json!({
            "v": 1, "event": "checked", "protocol": P::NAME, "host": target.host, "port": target.port,
            "tls": target.tls.name(), "version": report.tls.as_ref().map(|tls| &tls.version),
            "certificate": certificate.map(|c| json!({"subject": c.subject, "issuer": c.issuer, "not_after": c.until})),
            "mechanisms": names(mechanisms), "capabilities": list, "before_tls": offer.in_clear,
            "initial_response": findings::allows_initial_response(offer), "findings": found,
            "provider": provider.map(|provider| provider.name),
        });
        Self {
            exit: Exit::Done,
            lines,
            json,
        }
    }

    fn rejected<P: Known>(target: &Target, rejection: &Rejection) -> Self {
        let exit = Exit::of_rejection(rejection);
        Self::not_found::<P>(
            target,
            exit,
            rejection.reason().name(),
            &rejection.to_string(),
        )
    }

    fn failed<P: Known>(target: &Target, failure: &Failure) -> Self {
        Self::not_found::<P>(
            target,
            Exit::of_failure(failure),
            failure.kind(),
            &failure.to_string(),
        )
    }

    fn not_found<P: Known>(target: &Target, exit: Exit, kind: &str, message: &str) -> Self {
        let lines = vec![
            bad(headline::<P>(target)),
            field("why", message),
            String::new(),
        ];
        let json = json!({
            "v": 1, "event": "unreachable", "protocol": P::NAME, "host": target.host, "port": target.port,
            "tls": target.tls.name(), "kind": kind, "message": message,
        });
        Self { exit, lines, json }
    }
}

/// Whose server this is, where that is known.
fn provider(host: &str) -> Option<&'static Provider> {
    let host = host.strip_suffix('.').unwrap_or(host);
    Provider::all().find(|provider| {
        let mut servers = provider.servers.iter();
        servers.any(|server| server.host.eq_ignore_ascii_case(host))
    })
}

fn headline<P: Known>(target: &Target) -> String {
    let how = match target.tls {
        TlsMode::Implicit => "TLS",
        TlsMode::Starttls => "STARTTLS",
        TlsMode::None => "in clear",
    };
    format!("{} {}:{} ({how})", P::NAME, target.host, target.port)
}

fn complain(arguments: &Check, end: Exit, kind: &str, message: &str) -> ExitCode {
    if arguments.connection.json {
        print(json!({"v": 1, "result": "error", "kind": kind, "message": message}));
    } else {
        note(bad(message));
    }
    exit(end)
}

#[cfg(test)]
mod tests {
    use super::provider;

    #[test]
    fn providers_are_known_by_their_servers() {
        let name = |host| provider(host).map(|provider| provider.name);
        assert_eq!(name("IMAP.gmail.com."), Some("gmail"));
        assert_eq!(name("smtp.office365.com"), Some("microsoft365"));
        assert_eq!(name("imap.gmail.com.evil.example"), None);
    }
}
