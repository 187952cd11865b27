//! Settings in a file of our own: what it means, and what is told of it.

#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test"
)]

use std::{fs, time::Duration};

use mail_login_tls::{Security, Server};
use mail_session::settings::{
    AuthType, ClientAuth, CredentialSource, Findings, LoginSource, NamePart, Settings, Severity,
};

/// What every file has to have.
const TOKENS: &str = "[tokens]\nissuer = \"https://id.example.com\"\nclient_id = \"webmail\"\n";

fn read(text: &str) -> Result<(Settings, Findings), Findings> {
    Settings::from_toml("mail.toml", text)
}

/// What this text means behind the section of tokens.
fn good(text: &str) -> Settings {
    let (settings, findings) =
        read(&format!("{TOKENS}{text}")).unwrap_or_else(|findings| panic!("{text}\n{findings}"));
    assert_eq!(findings.iter().count(), 0, "{text}\n{findings}");
    settings
}

/// What is told of this text behind the section of tokens, and of no other line.
fn told(severity: Severity, text: &str) -> String {
    let findings = match read(&format!("{TOKENS}{text}")) {
        Ok((_, findings)) | Err(findings) => findings,
    };
    let problems: Vec<_> = findings.iter().collect();
    assert_eq!(problems.len(), 1, "{text}\n{findings}");
    assert_eq!(problems[0].severity, severity, "{text}\n{findings}");
    let line = TOKENS.lines().count() + text.lines().count();
    assert_eq!(problems[0].line, Some(line), "{text}\n{findings}");
    problems[0].to_string()
}

fn refused(text: &str) -> String {
    told(Severity::Error, text)
}

fn address(server: Option<Server>) -> (String, Security) {
    let server = server.unwrap();
    (server.address().to_string(), server.security())
}

/// The first block of code in the documentation that is TOML.
fn documented() -> &'static str {
    let document = include_str!("../../../docs/settings.md");
    let (_, rest) = document.split_once("```toml\n").unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn the_documented_example() {
    let directory = tempfile::tempdir().unwrap();
    let ca = mail_testbed_ca();
    fs::write(directory.path().join("ca.pem"), ca).unwrap();
    fs::write(directory.path().join("client.secret"), "s3cr3t\nmore\n").unwrap();
    let file = directory.path().join("mail-session.toml");
    let (settings, findings) = Settings::from_toml(file.to_str().unwrap(), documented())
        .unwrap_or_else(|findings| panic!("{findings}"));
    // It shows the password grant, and what is to be said of it.
    let keys: Vec<_> = findings
        .iter()
        .map(|problem| problem.key.as_str())
        .collect();
    assert_eq!(keys, ["tokens.password_grant"], "{findings}");
    assert_eq!(settings.primary.access, AuthType::OAuth);
    assert_eq!(settings.primary.transport, AuthType::XOAuth2);
    assert_eq!(settings.primary.login_source, LoginSource::Mail);
    let (imap, security) = address(settings.primary.imap);
    assert_eq!(
        (imap.as_str(), security),
        ("imap.example.com:993", Security::ImplicitTls)
    );
    let (smtp, security) = address(settings.primary.smtp);
    assert_eq!(
        (smtp.as_str(), security),
        ("smtp.example.com:587", Security::StartTls)
    );
    assert_eq!(settings.secondary.access, AuthType::OAuthBearer);
    assert_eq!(settings.filter.mechanism, AuthType::OAuth);
    assert_eq!(
        settings.filter.credential_source,
        CredentialSource::ImapLogin
    );
    let tokens = settings.tokens;
    assert_eq!(tokens.client_secret.as_ref().unwrap().expose(), "s3cr3t");
    assert_eq!(tokens.client_auth, ClientAuth::Post);
    assert_eq!(tokens.scopes.to_string(), "mail offline_access openid");
    assert_eq!(
        tokens.resource.as_deref(),
        Some("https://mail.example.com/")
    );
    assert_eq!(tokens.early, Duration::from_secs(120));
    assert_eq!(tokens.refreshes_per_second, Some(50));
    assert_eq!(tokens.password_name, NamePart::LocalPart);
    assert_eq!(settings.sessions.keep, Duration::from_secs(14 * 24 * 3600));
}

/// A certificate to be trusted.
fn mail_testbed_ca() -> String {
    mail_testbed::Testbed::start().unwrap().authority().pem()
}

#[test]
fn what_is_not_set_is_as_by_default() {
    let settings = good("");
    let usual = Settings::default();
    assert_eq!(settings.primary.access, usual.primary.access);
    assert_eq!(settings.filter.port, usual.filter.port);
    assert_eq!(settings.sessions, usual.sessions);
    assert_eq!(settings.tokens.early, usual.tokens.early);
    assert!(settings.primary.imap.is_none());
}

#[test]
fn servers() {
    for (server, expected) in [
        (
            "imap = { host = \"a.example\" }",
            ("a.example:993", Security::ImplicitTls),
        ),
        (
            "imap = { host = \"a.example\", security = \"STARTTLS\" }",
            ("a.example:143", Security::StartTls),
        ),
        (
            "imap = { host = \"::1\", port = 1 }",
            ("[::1]:1", Security::ImplicitTls),
        ),
        (
            "imap = { host = \"localhost\", security = \"clear\" }",
            ("localhost:143", Security::InClear),
        ),
    ] {
        let (address, security) = address(good(&format!("[primary]\n{server}")).primary.imap);
        assert_eq!((address.as_str(), security), expected, "{server}");
    }
    let (smtp, _) = address(
        good("[secondary]\nsmtp.host = \"a.example\"")
            .secondary
            .smtp,
    );
    assert_eq!(smtp, "a.example:465");
    let (sieve, security) = address(good("[filter]\nserver.host = \"a.example\"").filter.server);
    assert_eq!(
        (sieve.as_str(), security),
        ("a.example:4190", Security::StartTls)
    );
    let server = good("[primary]\nimap = { host = \"10.0.0.1\", server_name = \"a.example\" }");
    assert_eq!(server.primary.imap.unwrap().name(), "a.example");
    for bad in [
        "imap = { port = 993 }",
        "imap = { host = \"imap://a.example\" }",
        "imap = { host = \"\" }",
        "imap = { host = 1 }",
        "imap = { host = \"a\", port = 0 }",
        "imap = { host = \"a\", port = 65536 }",
        "imap = { host = \"a\", port = \"993\" }",
        "imap = { host = \"a\", security = \"none\" }",
        "imap = { host = \"a\", timeout = \"0s\" }",
        "imap = { host = \"a\", ca = \"missing.pem\" }",
        "imap = { host = \"a\", server_name = \"a b\" }",
        "imap = { host = \"localhost\", security = \"clear\", server_name = \"a\" }",
        "imap = \"imaps://a.example\"",
    ] {
        refused(&format!("[primary]\n{bad}"));
    }
}

#[test]
fn in_clear_is_for_this_machine_unless_it_is_called_dangerous() {
    let server = |more: &str| {
        format!("[primary]\nimap = {{ host = \"a.example\", security = \"clear\"{more} }}")
    };
    assert!(refused(&server("")).contains("dangerous = true"));
    refused(&server(", dangerous = false"));
    assert!(told(Severity::Warning, &server(", dangerous = true")).contains("reads the tokens"));
    let needless = "[primary]\nimap = { host = \"a.example\", dangerous = true }";
    told(Severity::Warning, needless);
}

#[test]
fn slips_and_wrong_values() {
    for (text, part) in [
        ("[primary]\naccess = \"oath\"", "did you mean oauth?"),
        (
            "[primary]\naccess = \"kerberos\"",
            "oauth, oauthbearer, xoauth2, login",
        ),
        (
            "[primary]\nacess = \"oauth\"",
            "primary.acess: no such key: did you mean access?",
        ),
        ("[primary]\ncolour = 1", "leave it out"),
        ("[primry]", "did you mean primary?"),
        ("[sessions]\nlook = 10", "\"60s\""),
        ("[sessions]\nlook = \"10\"", "\"60s\""),
        ("[sessions]\nkeep = \"0s\"\nidle = \"0s\"\nlook = \"x\"", ""),
        ("[filter]\ntimeout = \"0s\"", "no login could end"),
        ("[filter]\nport = 70000", "from 1 to 65535"),
        (
            "[filter]\ncredential_source = \"imaplogin\"",
            "did you mean imap-login?",
        ),
        (
            "[filter]\nserver.host = \"a\"\nport = 4190",
            "put it into server",
        ),
        (
            "[sessions]\nkeep = \"1m\"\nidle = \"1h\"",
            "longer than keep",
        ),
    ] {
        if part.is_empty() {
            assert_eq!(
                read(&format!("{TOKENS}{text}")).unwrap_err().iter().count(),
                3
            );
        } else {
            let told = refused(text);
            assert!(told.contains(part), "{told}");
        }
    }
    for (text, part) in [
        ("[primary]\naccess = \"login\"", "password"),
        ("[filter]\ntimeout = \"2m\"", "more than a minute"),
        ("[sessions]\nlook = \"12h\"", "signs out"),
        ("[sessions]\nidle = \"500ms\"", "read its session anew"),
    ] {
        let told = told(Severity::Warning, text);
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn where_tokens_come_from() {
    let tokens =
        |text: &str| read(&format!("[tokens]\n{text}")).map(|(settings, _)| settings.tokens);
    let id = "client_id = \"a\"\n";
    tokens(&format!(
        "{id}token_endpoint = \"https://id.example.com/token\""
    ))
    .unwrap();
    tokens(&format!(
        "{id}issuer = \"http://localhost:1\"\nallow_http_loopback = true"
    ))
    .unwrap();
    let none = "access = \"login\"\ntransport = \"login\"\n";
    read(&format!(
        "[primary]\n{none}[secondary]\n{none}[filter]\nmechanism = \"login\""
    ))
    .unwrap();
    for (bad, part) in [
        (String::new(), "issuer"),
        ("issuer = \"https://id.example.com\"".into(), "client_id"),
        (id.into(), "where tokens come from"),
        (
            format!("{id}issuer = \"https://id.example.com\"\nwait = \"0s\""),
            "refused at once",
        ),
        (
            format!("{id}issuer = \"http://id.example.com\""),
            "https://",
        ),
        (format!("{id}issuer = \"http://localhost\""), "https://"),
        (
            format!("{id}issuer = \"https://id.example.com?a\""),
            "query",
        ),
    ] {
        let findings = tokens(&bad).unwrap_err();
        assert!(findings.to_string().contains(part), "{bad}: {findings}");
    }
    assert!(
        read("")
            .unwrap_err()
            .to_string()
            .contains("where tokens come from")
    );
}

#[test]
fn secrets_are_not_in_the_file() {
    for key in ["client_secret", "password", "access_token", "refresh_token"] {
        let text = format!("{TOKENS}{key} = \"s3cr3t\"");
        let findings = read(&text).unwrap_err();
        assert!(
            findings.to_string().contains("client_secret_file"),
            "{findings}"
        );
        assert!(
            !format!("{findings} {findings:?}").contains("s3cr3t"),
            "{findings}"
        );
    }
    // Neither is what cannot be read as TOML repeated.
    let findings = read("client_secret = s3cr3t").unwrap_err();
    assert!(!findings.to_string().contains("s3cr3t"), "{findings}");
    assert_eq!(findings.iter().next().unwrap().line, Some(1));
    for (more, part) in [
        (
            "client_secret_env = \"MAIL_SESSION_NO_SUCH\"",
            "no such variable",
        ),
        ("client_secret_file = \"no-such\"", "cannot be read"),
        ("client_authentication = \"client_secret_post\"", "needs"),
        (
            "client_secret_env = \"PATH\"\nclient_authentication = \"none\"",
            "leave one out",
        ),
        (
            "client_secret_env = \"PATH\"\nclient_secret_file = \"no-such\"",
            "exclude",
        ),
    ] {
        let findings = read(&format!("{TOKENS}{more}")).unwrap_err();
        assert!(findings.to_string().contains(part), "{more}: {findings}");
    }
}

#[test]
fn all_problems_in_their_order() {
    let text = "[primary]\naccess = 1\n\n[tokens]\nearly = \"soon\"\nclient_id = \"\"\n\n[filter]\nport = 0\n";
    let findings = read(text).unwrap_err();
    let lines: Vec<_> = findings.iter().filter_map(|problem| problem.line).collect();
    assert_eq!(lines, [2, 4, 5, 6, 9], "{findings}");
}
