//! `settings`: what the files of a webmail back end mean.

mod effect;

use std::process::ExitCode;

use mail_session::settings::{Findings, LoadError, Problem as Found, Settings, Severity};
use serde_json::{Value, json};

use crate::{
    cli::{CheckSettings, SettingsCommand},
    exit::{Exit, Problem},
    terminal::{bad, exit, fail, field, good, print},
};
use effect::Group;

pub(crate) fn run(command: &SettingsCommand) -> ExitCode {
    match command {
        SettingsCommand::Check(arguments) => check(arguments),
    }
}

fn check(arguments: &CheckSettings) -> ExitCode {
    let (settings, findings) = match Settings::load(&arguments.files) {
        Ok((settings, findings)) => (Some(settings), findings),
        Err(LoadError::Wrong(findings)) => (None, findings),
        Err(error) => {
            let problem = Problem::new(Exit::Unreadable, "settings-unreadable", error.to_string());
            return fail(arguments.json, &problem);
        }
    };
    let groups = settings.as_ref().map(effect::groups);
    if arguments.json {
        show_json(groups.as_deref(), &findings);
    } else {
        show(groups.as_deref(), &findings);
    }
    exit(match settings {
        Some(_) => Exit::Done,
        None => Exit::Settings,
    })
}

fn show(groups: Option<&[Group]>, findings: &Findings) {
    for group in groups.unwrap_or_default() {
        print(group.name);
        for (name, value) in &group.fields {
            print(field(name, value));
        }
    }
    for problem in findings.iter() {
        print(problem);
    }
    let count = |severity| findings.count(severity);
    let summary = format!(
        "errors: {}, warnings: {}, notes: {}",
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Note)
    );
    if groups.is_some() {
        print(good(summary));
    } else {
        print(bad(format_args!("{summary}: nothing of it is applied")));
    }
}

fn show_json(groups: Option<&[Group]>, findings: &Findings) {
    for problem in findings.iter() {
        print(problem_json(problem));
    }
    let settings = groups.map(|groups| {
        let group = |group: &Group| {
            let fields = group.fields.iter();
            let fields = fields.map(|(name, value)| ((*name).to_owned(), json!(value)));
            (group.name.to_owned(), Value::Object(fields.collect()))
        };
        Value::Object(groups.iter().map(group).collect())
    });
    print(json!({
        "v": 1, "result": if settings.is_some() { "settings" } else { "wrong-settings" },
        "errors": findings.count(Severity::Error), "warnings": findings.count(Severity::Warning),
        "notes": findings.count(Severity::Note), "settings": settings,
    }));
}

fn problem_json(problem: &Found) -> Value {
    json!({
        "v": 1, "event": "problem", "severity": problem.severity.name(), "file": problem.file,
        "line": problem.line, "key": problem.key, "message": problem.text,
    })
}
