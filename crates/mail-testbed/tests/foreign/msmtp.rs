//! msmtp.

use super::{
    program::Program,
    stage::{BOTH_MECHANISMS, BOTH_TLS, Case, MESSAGE, Protocol, Stage, Tls, USER, assert_sent},
};

#[test]
fn smtp() {
    let stage = Stage::new("msmtp");
    // EX_NOPERM of sysexits.h.
    let refusal = (&[77][..], "authentication failed");
    let client = |case: &Case<'_>| {
        let implicit = case.tls == Tls::Implicit;
        let config = format!(
            "account default\nhost localhost\nport {}\ntls on\ntls_starttls {}\n\
             tls_trust_file {}\nauth {}\nuser {USER}\npassword {}\nfrom {USER}\n",
            case.port,
            if implicit { "off" } else { "on" },
            case.stage.ca(),
            case.mechanism.name().to_lowercase(),
            case.token,
        );
        let config = format!("--file={}", case.stage.file("msmtprc", &config));
        Program::new("msmtp")
            .arguments(&[&config, "bob@example.com"])
            .home(case.stage.directory())
            .run(&MESSAGE.replace('\r', ""))
    };
    stage.try_all(Protocol::Smtp, &BOTH_MECHANISMS, &BOTH_TLS, refusal, client);
    assert_sent(&stage, 4);
}
