//! NeoMutt, with IMAP.

use super::{
    program::{Program, assert_is_there},
    stage::{BOTH_MECHANISMS, BOTH_TLS, Case, Protocol, Stage, Tls, USER},
};

#[test]
fn imap() {
    let stage = Stage::new("neomutt");
    let refusal = (&[0, 1][..], "authentication failed");
    let client = |case: &Case<'_>| {
        let token = case.stage.file("token", &case.token);
        let scheme = match case.tls {
            Tls::Implicit => "imaps",
            Tls::StartTls => "imap",
        };
        let url = format!("{scheme}://localhost:{}/INBOX", case.port);
        let config = format!(
            "set imap_user = \"{USER}\"\nset imap_authenticators = \"{}\"\n\
             set imap_oauth_refresh_command = \"cat {token}\"\n\
             set ssl_ca_certificates_file = \"{}\"\nset ssl_starttls = yes\n\
             set ssl_force_tls = yes\nset sleep_time = 0\nset wait_key = no\n\
             set folder = \"{}\"\npush <quit>\n",
            case.mechanism.name().to_lowercase(),
            case.stage.ca(),
            case.stage.directory().display(),
        );
        let config = case.stage.file("neomuttrc", &config);
        // Without a terminal it would take standard input for a message to send.
        let command = format!("neomutt -n -R -F '{config}' -f '{url}'");
        assert_is_there("neomutt");
        Program::new("script")
            .arguments(&["--quiet", "--return", "--command", &command, "/dev/null"])
            .variable("TERM", "vt100")
            .home(case.stage.directory())
            .run("")
    };
    stage.try_all(Protocol::Imap, &BOTH_MECHANISMS, &BOTH_TLS, refusal, client);
}
