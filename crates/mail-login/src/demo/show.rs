//! What people, or programs, see of the demonstration.

use std::time::Duration;

use mail_testbed::Testbed;
use serde_json::json;

use super::USER;
use crate::{
    exit::Problem,
    terminal::{bad, good, note, print},
};

/// Shows steps as they are done.
#[derive(Debug)]
pub(super) struct Show {
    json: bool,
}

impl Show {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    pub(super) fn title(&self, testbed: &Testbed) {
        let issuer = testbed.provider().issuer();
        if self.json {
            print(json!({"v": 1, "event": "started", "issuer": issuer}));
        } else {
            print(
                "An authorization server and three mail servers, in this process and on loopback.",
            );
            print("");
        }
    }

    /// A step did what it should.
    pub(super) fn step(&self, name: &str, what: &str) {
        if self.json {
            print(json!({"v": 1, "event": "step", "step": name, "what": what}));
        } else {
            print(good(format_args!("{name:<16} {what}")));
        }
    }

    pub(super) fn done(&self, (accepted, refused): (u64, u64), time: Duration) {
        let milliseconds = time.as_millis();
        if self.json {
            print(json!({
                "v": 1, "result": "done", "user": USER, "accepted": accepted, "refused": refused,
                "milliseconds": milliseconds,
            }));
        } else {
            print("");
            print(format_args!(
                "{accepted} logins accepted and {refused} refused as they should be, in {milliseconds} ms."
            ));
        }
    }

    pub(super) fn fail(&self, problem: &Problem) {
        if self.json {
            print(json!({
                "v": 1, "result": "error", "kind": problem.kind, "message": problem.message,
            }));
        } else {
            note(bad(&problem.message));
        }
    }
}
