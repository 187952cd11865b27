//! imapflow and nodemailer, of Node.js.

use sasl_core::Mechanism;

use super::{
    program::{Program, Ran, beside},
    stage::{BOTH_TLS, Case, Protocol, Stage, assert_sent},
};

/// It takes OAUTHBEARER where that is offered, and has no setting for it.
#[test]
fn imapflow() {
    let refusal = (&[1][..], "refused: AUTHENTICATIONFAILED");
    let stage = Stage::new("imapflow");
    let mechanism = [Mechanism::OAuthBearer];
    stage.try_all(Protocol::Imap, &mechanism, &BOTH_TLS, refusal, node);
    let stage = Stage::offering("imapflow-2", Mechanism::XOAuth2);
    let mechanism = [Mechanism::XOAuth2];
    stage.try_all(Protocol::Imap, &mechanism, &BOTH_TLS, refusal, node);
}

/// It knows no OAUTHBEARER.
#[test]
fn nodemailer() {
    let stage = Stage::new("nodemailer");
    let refusal = (&[1][..], "refused: EAUTH");
    let mechanisms = [Mechanism::XOAuth2];
    stage.try_all(Protocol::Smtp, &mechanisms, &BOTH_TLS, refusal, node);
    assert_sent(&stage, 2);
}

fn node(case: &Case<'_>) -> Ran {
    let installed = beside("node/node_modules");
    assert!(
        installed.is_dir(),
        "the npm packages are missing: sudo tests/install gets them, tests/run --quick does without"
    );
    // Where the system's Node.js is too old, a newer one is among the packages.
    let own = installed.join(".bin/node");
    let script = beside("node/login.mjs").display().to_string();
    Program::new(if own.exists() { own } else { "node".into() })
        .arguments(&[&script])
        .home(case.stage.directory())
        .run(&case.json())
}
