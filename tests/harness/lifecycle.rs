//! Plays scenarios of the life of a grant, which are data: see `tests/scenarios/README.md`.

use std::{collections::BTreeMap, path::Path, time::Duration};

use sasl_core::{Kind, Reason, Rejection, Secret};
use serde_json::Value;
use token_lifecycle::{
    Action, Audience, Exchange, Feedback, Generation, GrantKind, Hint, HttpStage, Lifecycle, Lock,
    Now, Options, Quirks, Record, Response, Revision, Saved, Unavailable, UnixTime, Want,
};

/// Where the clocks of every scenario begin.
const BEGIN: u64 = 1_767_222_000_000;

/// Plays one file.
///
/// # Panics
///
/// At the step that went otherwise, with its number.
pub fn play(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    let scenario: Value = serde_json::from_str(&text).unwrap();
    let mut stage = Stage::new(&scenario);
    let steps = scenario["steps"].as_array().unwrap();
    for (number, step) in steps.iter().enumerate() {
        if let Err(what) = stage.step(step) {
            panic!("{}, step {number} {step}: {what}", path.display());
        }
    }
    let told = stage.told.join(" ");
    assert!(
        !told.contains("access-") && !told.contains("refresh-"),
        "a secret is told: {told}"
    );
}

struct Stage {
    life: Lifecycle,
    stored: Option<Record>,
    passed: u64,
    offset: i64,
    saving: Saving,
    told: Vec<String>,
}

impl Stage {
    fn new(scenario: &Value) -> Self {
        let record = &scenario["record"];
        let stored =
            (!record.is_null()).then(|| Record::from_json(record.to_string().as_bytes()).unwrap());
        Self {
            life: Lifecycle::new(options(&scenario["options"])),
            stored,
            passed: 0,
            offset: 0,
            saving: None,
            told: Vec::new(),
        }
    }

    fn now(&self) -> Now {
        let wall = UnixTime::from_millis((BEGIN + self.passed).saturating_add_signed(self.offset));
        Now::wall(wall).with_boot(Duration::from_millis(self.passed))
    }

    fn step(&mut self, step: &Value) -> Result<(), String> {
        let members: BTreeMap<&str, &Value> = step
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), value))
            .collect();
        let now = self.now();
        let number = |name: &str| step[name].as_u64().unwrap_or_default();
        let word = |name: &str| step[name].as_str().unwrap_or_default();
        if members.contains_key("does") {
            return self.does(step);
        }
        if members.contains_key("token") {
            let result = self.life.token(now, Duration::from_secs(number("min_ttl")));
            let given = match result {
                Ok(token) => token.secret().expose().to_owned(),
                Err(Unavailable::Temporary { .. }) => "wait".into(),
                Err(Unavailable::SignIn(sign_in)) => format!("sign-in {}", sign_in.reason.name()),
                Err(Unavailable::Misconfigured(_)) => "misconfigured".into(),
                Err(Unavailable::SignedOut) => "signed-out".into(),
                Err(other) => format!("{other:?}"),
            };
            return same(&given, word("token"));
        }
        if members.contains_key("pass") {
            self.passed += number("pass") * 1000;
        } else if members.contains_key("set_clock") {
            self.offset = step["set_clock"].as_i64().unwrap() * 1000;
        } else if members.contains_key("hint") {
            self.life.handle_hint(now, hint(word("hint")));
        } else if members.contains_key("sign_out") {
            self.life.sign_out(now);
        } else if members.contains_key("grant") {
            let body = step["grant"].to_string();
            let exchange = Exchange::new(GrantKind::AuthorizationCode, now.wall);
            self.life.handle_grant(
                now,
                exchange.read(&Response::new(200, body.as_bytes())).unwrap(),
            );
        } else if members.contains_key("store") {
            let record = &step["store"];
            self.stored = (!record.is_null())
                .then(|| Record::from_json(record.to_string().as_bytes()).unwrap());
        } else if members.contains_key("stored") {
            return self.holds(Record::refresh, word("stored"));
        } else if members.contains_key("stored_id_token") {
            return self.holds(Record::id_token, word("stored_id_token"));
        } else if members.contains_key("told") {
            let told = self.told.iter().any(|told| told == word("told"));
            return told
                .then_some(())
                .ok_or_else(|| format!("told: {:?}", self.told));
        } else if members.contains_key("rejected") {
            let rejection = Rejection::new(reason(word("reason")), Kind::Token);
            let generation = Generation::from(number("rejected"));
            let feedback = self.life.handle_rejection(now, generation, &rejection);
            return same(feedback_name(feedback), word("feedback"));
        } else {
            return Err("no such step".into());
        }
        Ok(())
    }

    /// Whether this token is what is stored.
    fn holds(
        &self,
        token: impl Fn(&Record) -> Option<&Secret>,
        expected: &str,
    ) -> Result<(), String> {
        let stored = self.stored.as_ref().and_then(token);
        same(stored.map_or("none", Secret::expose), expected)
    }

    /// The machine does something, and this is the answer.
    fn does(&mut self, step: &Value) -> Result<(), String> {
        let now = self.now();
        let (does, saving) = loop {
            match self.life.poll(now) {
                Action::Event(event) => self.told.push(event.name().into()),
                other => break name(&other),
            }
        };
        self.saving = saving.or_else(|| self.saving.take());
        same(&does, step["does"].as_str().unwrap())?;
        let answer = step["answer"].as_str();
        let now = self.now();
        match does.split(' ').next().unwrap_or_default() {
            "lock" => self.life.handle_lock(
                now,
                match answer {
                    Some("held") => Lock::Held,
                    Some("unavailable") => Lock::Unavailable,
                    _ => Lock::Acquired,
                },
            ),
            "load" if answer == Some("failed") => self.life.handle_not_loaded(now),
            "load" => self.life.handle_loaded(now, self.stored.clone()),
            "save" | "clear" => {
                let saved = match answer {
                    Some("failed") => Saved::Failed,
                    _ => self.put(),
                };
                self.life.handle_saved(now, saved);
            }
            "refresh" | "revoke" | "grant" => match answer {
                Some("connect") => self.life.handle_no_response(now, HttpStage::Connect),
                Some("tls") => self.life.handle_no_response(now, HttpStage::Tls),
                Some("sent") => self.life.handle_no_response(now, HttpStage::Sent),
                Some("later") => {}
                _ => self.respond(now, step),
            },
            _ => {}
        }
        Ok(())
    }

    fn respond(&mut self, now: Now, step: &Value) {
        let body = match &step["body"] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            json => json.to_string(),
        };
        let retry = step["retry_after"]
            .as_u64()
            .map(|seconds| seconds.to_string())
            .unwrap_or_default();
        let status = step["status"].as_u64().unwrap_or(200) as u16;
        let response = Response::new(status, body.as_bytes()).with_header("Retry-After", &retry);
        self.life.handle_response(now, &response);
    }

    fn put(&mut self) -> Saved {
        let Some((expected, record)) = self.saving.take() else {
            return Saved::Failed;
        };
        if self.stored.as_ref().map(Record::revision) != expected {
            return Saved::Conflict;
        }
        self.stored = record;
        Saved::Done
    }
}

/// What is to be saved, and what is expected to be there.
type Saving = Option<(Option<Revision>, Option<Record>)>;

fn name(action: &Action<'_>) -> (String, Saving) {
    let words = match action {
        Action::Save { expected, record } => {
            return ("save".into(), Some((*expected, Some((*record).clone()))));
        }
        Action::Clear { expected } => return ("clear".into(), Some((Some(*expected), None))),
        Action::Lock => "lock".into(),
        Action::Unlock => "unlock".into(),
        Action::Load => "load".into(),
        Action::Send(Want::Refresh { token, .. }) => format!("refresh {}", token.expose()),
        Action::Send(Want::Revoke { token }) => format!("revoke {}", token.expose()),
        Action::Send(Want::Grant { kind, .. }) => format!("grant {}", kind.name()),
        Action::SignIn(sign_in) => format!("sign-in {}", sign_in.reason.name()),
        Action::Wait(_) => "wait".into(),
        Action::Done => "done".into(),
        Action::Event(event) => event.name().into(),
    };
    (words, None)
}

fn same(is: &str, expected: &str) -> Result<(), String> {
    if is == expected {
        Ok(())
    } else {
        Err(format!("{is} instead of {expected}"))
    }
}

fn options(options: &Value) -> Options {
    let mut made = Options::new("me", Audience::new("mail"));
    if let Some(list) = options.as_object() {
        for (name, value) in list {
            let on = value.as_bool().unwrap_or_default();
            match name.as_str() {
                "ahead" => made.ahead = on,
                "mark" => made.mark = on,
                "end_at_once" => made.end_at_once = on,
                "without_lock" => made.without_lock = on,
                "never_rotates" => {
                    made.quirks = Quirks {
                        never_rotates: on,
                        ..made.quirks
                    }
                }
                other => panic!("no such option: {other}"),
            }
        }
    }
    made
}

fn hint(name: &str) -> Hint {
    match name {
        "network-up" => Hint::NetworkUp,
        "resumed" => Hint::Resumed,
        "retry" => Hint::Retry,
        "settings-changed" => Hint::SettingsChanged,
        other => panic!("no such hint: {other}"),
    }
}

fn reason(name: &str) -> Reason {
    match name {
        "token-rejected" => Reason::TokenRejected,
        "credentials-rejected" => Reason::CredentialsRejected,
        "temporary" => Reason::Temporary,
        "scope-insufficient" => Reason::ScopeInsufficient,
        "admin-required" => Reason::AdminRequired,
        other => panic!("no such reason: {other}"),
    }
}

fn feedback_name(feedback: Feedback) -> &'static str {
    match feedback {
        Feedback::AccessRefused => "access-refused",
        Feedback::Retry => "retry",
        Feedback::SignIn => "sign-in",
        Feedback::Wait => "wait",
    }
}
