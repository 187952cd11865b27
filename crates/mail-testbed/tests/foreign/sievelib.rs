//! sievelib, which speaks ManageSieve.

use mail_testbed::MailOptions;
use sasl_core::Mechanism;

use super::{
    program::{Program, beside},
    stage::{BOTH_TLS, Case, Protocol, Stage},
};

/// XOAUTH2 is left out: sievelib 1.6.0 writes a comma behind the user, who is then somebody else. And
/// it waits in vain where a refusal is explained, because it does not answer the explanation
/// (<https://www.rfc-editor.org/rfc/rfc7628#section-3.2.3>); so here none is given.
#[test]
fn managesieve() {
    let stage = Stage::with("sievelib", MailOptions::new().explain(false));
    let refusal = (&[1][..], "refused: ");
    stage.try_all(
        Protocol::Sieve,
        &[Mechanism::OAuthBearer],
        &BOTH_TLS,
        refusal,
        |case: &Case<'_>| {
            let script = beside("python/sieve.py").display().to_string();
            Program::new(beside("python/venv/bin/python3"))
                .arguments(&["-I", &script])
                .home(case.stage.directory())
                // It trusts whom the system trusts, and that is told to OpenSSL in this way.
                .variable("SSL_CERT_FILE", &case.stage.ca())
                .run(&case.json())
        },
    );
}
