//! Python's own `imaplib` and `smtplib`.

use super::{
    program::{Program, Ran, beside},
    stage::{BOTH_MECHANISMS, BOTH_TLS, Case, Protocol, Stage, assert_sent},
};

#[test]
fn imaplib() {
    let stage = Stage::new("imaplib");
    let refusal = (&[1][..], "refused: [AUTHENTICATIONFAILED]");
    stage.try_all(Protocol::Imap, &BOTH_MECHANISMS, &BOTH_TLS, refusal, python);
}

#[test]
fn smtplib() {
    let stage = Stage::new("smtplib");
    let refusal = (&[1][..], "refused: (535, b'5.7.8 ");
    stage.try_all(Protocol::Smtp, &BOTH_MECHANISMS, &BOTH_TLS, refusal, python);
    assert_sent(&stage, 4);
}

fn python(case: &Case<'_>) -> Ran {
    let script = beside("python/login.py").display().to_string();
    Program::new("python3")
        .arguments(&["-I", &script])
        .home(case.stage.directory())
        .run(&case.json())
}
