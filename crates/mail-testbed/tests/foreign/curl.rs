//! curl, with IMAP and SMTP.

use sasl_core::Mechanism;

use super::{
    program::{Program, Ran},
    stage::{BOTH_MECHANISMS, BOTH_TLS, Case, MESSAGE, Protocol, Stage, Tls, USER, assert_sent},
};

/// CURLE_LOGIN_DENIED.
const REFUSED: (&[i32], &str) = (&[67], "curl: (67)");

#[test]
fn imap() {
    for mechanism in BOTH_MECHANISMS {
        for initial_response in [true, false] {
            let stage = stage("curl-imap", mechanism);
            let client = |case: &Case<'_>| curl(case, initial_response, "");
            stage.try_all(Protocol::Imap, &[mechanism], &BOTH_TLS, REFUSED, client);
        }
    }
}

#[test]
fn smtp() {
    for mechanism in BOTH_MECHANISMS {
        for initial_response in [true, false] {
            let stage = stage("curl-smtp", mechanism);
            let mail = stage.file("mail", MESSAGE);
            let send = format!(
                "mail-from = \"{USER}\"\nmail-rcpt = \"bob@example.com\"\nupload-file = \"{mail}\"\n"
            );
            let client = |case: &Case<'_>| curl(case, initial_response, &send);
            stage.try_all(Protocol::Smtp, &[mechanism], &BOTH_TLS, REFUSED, client);
            assert_sent(&stage, 2);
        }
    }
}

/// Before 8.6 curl took OAUTHBEARER wherever it is offered, whatever `login-options` said
/// (<https://github.com/curl/curl/issues/10259>).
fn stage(name: &'static str, mechanism: Mechanism) -> Stage {
    if mechanism == Mechanism::XOAuth2 {
        Stage::offering(name, mechanism)
    } else {
        Stage::new(name)
    }
}

/// The token goes through standard input: what is on the command line is there for all to see.
fn curl(case: &Case<'_>, initial_response: bool, more: &str) -> Ran {
    let scheme = match (case.protocol, case.tls) {
        (Protocol::Imap, Tls::Implicit) => "imaps",
        (Protocol::Imap, Tls::StartTls) => "imap",
        (_, Tls::Implicit) => "smtps",
        (_, Tls::StartTls) => "smtp",
    };
    let config = format!(
        "url = \"{scheme}://localhost:{}/\"\nuser = \"{USER}\"\noauth2-bearer = \"{}\"\n\
         login-options = \"AUTH={}\"\ncacert = \"{}\"\nssl-reqd\n{}\nno-progress-meter\n{more}",
        case.port,
        case.token,
        case.mechanism.name(),
        case.stage.ca(),
        if initial_response { "sasl-ir" } else { "" },
    );
    Program::new("curl")
        .arguments(&["--disable", "--config", "-"])
        .home(case.stage.directory())
        .run(&config)
}
