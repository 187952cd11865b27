//! `settings check`: what files mean, and what is wrong with them.

use std::{fs, process::Output};

use crate::support::{code, json_lines, run, stderr, stdout};

/// Files in a directory of their own.
struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(directory.path().join(name), text).unwrap();
        }
        Self(directory)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().into()
    }

    fn check(&self, names: &[&str], more: &[&str]) -> Output {
        let paths: Vec<_> = names.iter().map(|name| self.path(name)).collect();
        let mut arguments = vec!["settings", "check"];
        arguments.extend(paths.iter().map(String::as_str));
        arguments.extend(more);
        run(&arguments)
    }
}

const TOML: &str = r#"
[primary]
imap = { host = "imap.example.com" }
smtp = { host = "smtp.example.com", security = "starttls" }
transport = "xoauth2"

[tokens]
issuer = "https://id.example.com"
client_id = "webmail"
client_secret_file = "client.secret"
early = "2m"
"#;

const MAIL: &str = "\
com.openexchange.mail.authType = oauthbearer
com.openexchange.mail.transport.authType = xoauth2
com.openexchange.mail.secondary.transport.authType = xoauth2
com.openexchange.mail.masterPassword = s3cr3t-of-all
";

const OIDC: &str = "\
com.openexchange.oidc.opTokenEndpoint = https://id.example.com/token
com.openexchange.oidc.clientId = webmail
com.openexchange.oidc.clientSecret = s3cr3t-of-client
";

#[test]
fn a_file_of_our_own() {
    let files = Files::new(&[
        ("a.toml", TOML.as_bytes()),
        ("client.secret", b"s3cr3t-of-client\n"),
    ]);
    let output = files.check(&["a.toml"], &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let text = stdout(&output);
    for part in [
        "primary\n",
        "OAUTHBEARER or XOAUTH2",
        "imap.example.com:993, TLS",
        "smtp.example.com:587, STARTTLS",
        "the host of IMAP, port 4190, STARTTLS",
        "https://id.example.com",
        "webmail, client_secret_basic",
        "2 min before the end",
        "errors: 0, warnings: 0, notes: 0",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("s3cr3t"), "{text}");
    assert_eq!(stderr(&output), "");
}

#[test]
fn the_files_of_app_suite() {
    let files = Files::new(&[
        ("mail.properties", MAIL.as_bytes()),
        ("oidc.properties", OIDC.as_bytes()),
    ]);
    let output = files.check(&["mail.properties", "oidc.properties"], &["--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let lines = json_lines(&output);
    let last = lines.last().unwrap();
    assert_eq!(last["result"], "settings");
    assert_eq!(last["errors"], 0);
    assert_eq!(last["settings"]["primary"]["imap"], "OAUTHBEARER");
    assert_eq!(last["settings"]["secondary"]["smtp"], "XOAUTH2");
    assert_eq!(
        last["settings"]["secondary"]["imap"],
        "not logged in to: a password is needed"
    );
    assert_eq!(
        last["settings"]["tokens"]["tokens from"],
        "https://id.example.com/token"
    );
    let problem = lines
        .iter()
        .find(|line| line["key"] == "com.openexchange.mail.masterPassword")
        .unwrap();
    assert_eq!(problem["event"], "problem");
    assert_eq!(problem["severity"], "warning");
    assert_eq!(problem["line"], 4);
    assert_eq!(problem["file"], files.path("mail.properties").as_str());
    assert!(!stdout(&output).contains("s3cr3t"));
}

#[test]
fn all_errors_at_once_and_nothing_applied() {
    let wrong =
        "com.openexchange.mail.authtype = xoauth2\n\ncom.openexchange.mail.loginSource = nick\n";
    let files = Files::new(&[
        ("mail.properties", wrong.as_bytes()),
        (
            "oidc.properties",
            b"com.openexchange.oidc.oauthRefreshTime = soon",
        ),
    ]);
    let output = files.check(&["mail.properties", "oidc.properties"], &[]);
    assert_eq!(code(&output), 78);
    let text = stdout(&output);
    for (file, line, part) in [
        (
            "mail.properties",
            1,
            "did you mean com.openexchange.mail.authType?",
        ),
        ("mail.properties", 3, "login, mail, name"),
        ("oidc.properties", 1, "milliseconds"),
    ] {
        let start = format!("{}:{line}: error: ", files.path(file));
        let line = text.lines().find(|line| line.starts_with(&start));
        let line = line.unwrap_or_else(|| panic!("{start}: {text}"));
        assert!(line.contains(part), "{line}");
    }
    assert!(
        text.contains("errors: 3,") && text.contains("nothing of it is applied"),
        "{text}"
    );
    assert!(!text.contains("primary\n"), "{text}");
    let output = files.check(&["mail.properties"], &["--json"]);
    assert_eq!(code(&output), 78);
    let lines = json_lines(&output);
    let last = lines.last().unwrap();
    assert_eq!(last["result"], "wrong-settings");
    assert!(last["settings"].is_null());
}

#[test]
fn which_kind_of_file_it_is() {
    let files = Files::new(&[
        ("a.toml", TOML.as_bytes()),
        ("client.secret", b"s3cr3t\n"),
        ("toml", TOML.as_bytes()),
        ("properties", MAIL.as_bytes()),
        // In the encoding that Java takes, where it is no UTF-8.
        (
            "latin.properties",
            b"# f\xfcr alle\ncom.openexchange.mail.authType = xoauth2",
        ),
        ("latin.toml", b"# f\xfcr alle"),
    ]);
    for name in ["toml", "properties", "latin.properties"] {
        assert_eq!(code(&files.check(&[name], &[])), 0, "{name}");
    }
    let both = files.check(&["a.toml", "properties"], &[]);
    assert_eq!(code(&both), 78);
    assert!(stdout(&both).contains("read it alone"), "{}", stdout(&both));
    assert_eq!(code(&files.check(&["latin.toml"], &[])), 74);
}

#[test]
fn files_that_cannot_be_read() {
    let files = Files::new(&[("a.properties", b"")]);
    let output = files.check(&["a.properties", "missing.properties"], &[]);
    assert_eq!(code(&output), 74);
    assert!(
        stderr(&output).contains("missing.properties"),
        "{}",
        stderr(&output)
    );
    let output = files.check(&["missing.toml"], &["--json"]);
    assert_eq!(code(&output), 74);
    assert_eq!(json_lines(&output)[0]["kind"], "settings-unreadable");
    // Neither a directory nor something without end.
    assert_eq!(code(&files.check(&["."], &[])), 74);
    #[cfg(unix)]
    assert_eq!(code(&run(&["settings", "check", "/dev/zero"])), 74);
    assert_eq!(code(&run(&["settings", "check"])), 64);
}
