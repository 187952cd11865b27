//! App Suite's files of settings: what they mean here, and what is told of them.

#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test"
)]

use std::time::Duration;

use mail_login_tls::{Security, Server};
use mail_session::settings::{
    AuthType, CredentialSource, Findings, LoginSource, NamePart, Settings, Severity,
};

const MAIL: &str = "mail.properties";

/// What a text of one file means, and what is told of it.
fn read(text: &str) -> Result<(Settings, Findings), Findings> {
    Settings::from_properties(&[(MAIL, text)])
}

fn good(text: &str) -> Settings {
    read(text)
        .unwrap_or_else(|findings| panic!("{text}\n{findings}"))
        .0
}

/// The severity and text of the worst that is told of a line.
fn told(text: &str, line: usize) -> (Severity, String) {
    let findings = match read(text) {
        Ok((_, findings)) | Err(findings) => findings,
    };
    let problem = findings
        .iter()
        .filter(|problem| problem.line == Some(line))
        .max_by_key(|problem| problem.severity);
    let problem = problem.unwrap_or_else(|| panic!("nothing of line {line}:\n{findings}"));
    assert_eq!(problem.file.as_deref(), Some(MAIL));
    (problem.severity, problem.text.clone())
}

fn severity(text: &str) -> Severity {
    told(text, 1).0
}

fn refused(text: &str) -> String {
    let (severity, told) = told(text, 1);
    assert_eq!(severity, Severity::Error, "{text}: {told}");
    told
}

fn mail(key: &str, value: &str) -> String {
    format!("com.openexchange.mail.{key} = {value}")
}

fn filter(key: &str, value: &str) -> String {
    format!("com.openexchange.mail.filter.{key} = {value}")
}

fn address(server: Option<Server>) -> (String, Security) {
    let server = server.unwrap();
    (server.address().to_string(), server.security())
}

#[test]
fn b17_secondary_transport_in_both_spellings() {
    let documented = "com.openexchange.mail.secondary.transport.authType";
    let coded = "com.openexchange.mail.transport.secondary.authType";
    for key in [documented, coded] {
        let settings = good(&format!("{key} = oauthbearer"));
        assert_eq!(settings.secondary.transport, AuthType::OAuthBearer, "{key}");
        assert_eq!(settings.secondary.access, AuthType::Login, "{key}");
    }
    let same = good(&format!("{documented} = xoauth2\n{coded} = XOAUTH2"));
    assert_eq!(same.secondary.transport, AuthType::XOAuth2);
    let findings = read(&format!("{documented} = xoauth2\n{coded} = oauthbearer")).unwrap_err();
    let errors: Vec<_> = findings
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| (problem.line, problem.key.as_str(), problem.text.as_str()))
        .collect();
    assert_eq!(errors.len(), 2, "{findings}");
    assert_eq!((errors[0].0, errors[0].1), (Some(1), documented));
    assert_eq!((errors[1].0, errors[1].1), (Some(2), coded));
    assert!(
        errors[0].2.contains("mail.properties, line 2"),
        "{findings}"
    );
    assert!(
        errors[1].2.contains("mail.properties, line 1"),
        "{findings}"
    );
}

#[test]
fn b25_a_server_without_tls_is_refused() {
    for (server, start_tls, other) in [
        ("mailServer", "mailStartTls", "imap"),
        ("transportServer", "transportStartTls", "smtp"),
        ("secondary.mailServer", "secondary.mailStartTls", "imap"),
        (
            "secondary.transportServer",
            "secondary.transportStartTls",
            "smtp",
        ),
    ] {
        let auth = match server {
            "mailServer" => "authType",
            "transportServer" => "transport.authType",
            "secondary.mailServer" => "secondary.authType",
            _ => "secondary.transport.authType",
        };
        let source = mail(&format!("{server}Source"), "global");
        let global = format!("{}\n{source}", mail(auth, "oauthbearer"));
        let named = mail(server, &format!("{other}://mail.example.com"));
        // Not set is off.
        let (severity, text) = told(&format!("{global}\n{named}"), 3);
        assert_eq!(severity, Severity::Error, "{server}");
        assert!(text.contains("STARTTLS"), "{text}");
        let off = mail(start_tls, "false");
        let (severity, _) = told(&format!("{global}\n{named}\n{off}"), 4);
        assert_eq!(severity, Severity::Error, "{server}");
        // No token goes to a server where logins are made by password.
        let (severity, text) = told(&format!("{source}\n{named}\n{off}"), 3);
        assert_eq!(severity, Severity::Warning, "{server}");
        assert!(text.contains("left out"), "{text}");
        let settings = good(&format!("{source}\n{named}\n{off}"));
        let servers = [&settings.primary, &settings.secondary];
        assert!(
            servers
                .iter()
                .all(|mail| mail.imap.is_none() && mail.smtp.is_none())
        );
        let on = mail(start_tls, "TRUE");
        good(&format!("{global}\n{named}\n{on}"));
        // What happens within this machine can be in clear.
        let near = mail(server, "127.0.0.1");
        good(&format!("{global}\n{near}\n{off}"));
    }
}

#[test]
fn b25_managesieve_without_tls_is_refused() {
    let off = filter("tls", "false");
    assert!(refused(&off).contains("STARTTLS"));
    let global = filter("loginType", "global");
    let far = filter("server", "sieve.example.com");
    let (severity, _) = told(&format!("{global}\n{far}\n{off}"), 3);
    assert_eq!(severity, Severity::Error);
    let (address, security) = address(good(&format!("{global}\n{off}")).filter.server);
    assert_eq!(
        (address.as_str(), security),
        ("localhost:4190", Security::InClear)
    );
}

#[test]
fn b25_tls_that_is_too_old_is_not_spoken() {
    let (severity, text) = told(&filter("tls.protocols", "SSLv3, TLSv1"), 1);
    assert_eq!(severity, Severity::Warning);
    assert!(text.contains("1.2"), "{text}");
}

#[test]
fn nothing_set_is_a_login_by_password_and_that_is_said() {
    let (settings, findings) = read("").unwrap();
    for auth in [
        settings.primary.access,
        settings.primary.transport,
        settings.secondary.access,
        settings.secondary.transport,
        settings.filter.mechanism,
    ] {
        assert_eq!(auth, AuthType::Login);
    }
    for key in [
        "com.openexchange.mail.authType",
        "com.openexchange.mail.transport.authType",
        "com.openexchange.mail.secondary.authType",
        "com.openexchange.mail.secondary.transport.authType",
        "com.openexchange.mail.filter.preferredSaslMech",
    ] {
        let problem = findings.iter().find(|problem| problem.key == key).unwrap();
        assert_eq!(
            (problem.severity, &problem.file),
            (Severity::Warning, &None)
        );
        assert!(problem.text.contains("password"), "{problem}");
    }
}

#[test]
fn auth_types() {
    for (value, auth) in [
        ("login", AuthType::Login),
        ("LOGIN", AuthType::Login),
        ("XOAuth2", AuthType::XOAuth2),
        ("oauthbearer", AuthType::OAuthBearer),
        // The old name of the only mechanism there was.
        ("oauth", AuthType::XOAuth2),
    ] {
        assert_eq!(
            good(&mail("authType", value)).primary.access,
            auth,
            "{value}"
        );
        assert_eq!(
            good(&mail("transport.authType", value)).primary.transport,
            auth
        );
        assert_eq!(
            good(&mail("secondary.authType", value)).secondary.access,
            auth
        );
    }
    assert!(refused(&mail("authType", "oathbearer")).contains("did you mean oauthbearer?"));
    assert!(refused(&mail("authType", "kerberos")).contains("login, xoauth2, oauthbearer"));
}

#[test]
fn names() {
    let settings = good(&format!(
        "{}\n{}\n{}",
        mail("loginSource", "name"),
        mail("secondary.loginSource", "mail"),
        filter("credentialSource", "imaplogin"),
    ));
    assert_eq!(settings.primary.login_source, LoginSource::Name);
    assert_eq!(settings.secondary.login_source, LoginSource::Mail);
    assert_eq!(
        settings.filter.credential_source,
        CredentialSource::ImapLogin
    );
    refused(&mail("loginSource", "session"));
    refused(&filter("credentialSource", "login"));
}

#[test]
fn servers() {
    let read = |value: &str, start_tls: &str| {
        let text = [
            mail("mailServerSource", "global"),
            mail("mailServer", value),
            mail("mailStartTls", start_tls),
        ]
        .join("\n");
        good(&text).primary.imap
    };
    for (value, start_tls, expected) in [
        (
            "imaps://imap.example.com",
            "false",
            ("imap.example.com:993", Security::ImplicitTls),
        ),
        (
            "IMAPS://imap.example.com:1993/",
            "true",
            ("imap.example.com:1993", Security::ImplicitTls),
        ),
        (
            "imap://imap.example.com",
            "true",
            ("imap.example.com:143", Security::StartTls),
        ),
        (
            "imap.example.com:1143",
            "true",
            ("imap.example.com:1143", Security::StartTls),
        ),
        (
            "imap://[2001:db8::1]:1143",
            "true",
            ("[2001:db8::1]:1143", Security::StartTls),
        ),
        (
            "2001:db8::1",
            "true",
            ("[2001:db8::1]:143", Security::StartTls),
        ),
        ("localhost", "false", ("localhost:143", Security::InClear)),
    ] {
        let (address, security) = address(read(value, start_tls));
        assert_eq!((address.as_str(), security), expected, "{value}");
    }
    for bad in [
        "smtp://imap.example.com",
        "imap://user:secret@imap.example.com",
        "imap://imap.example.com/INBOX",
        "imap.example.com:0",
        "imap.example.com:99999",
        "imap.example.com:",
        "imaps://",
        "imaps://münchen.example",
    ] {
        let text = format!(
            "{}\n{}",
            mail("mailServer", bad),
            mail("mailServerSource", "global")
        );
        refused(&text);
    }
    let text = mail("transportServerSource", "global");
    let (address, security) = address(good(&text).primary.smtp);
    assert_eq!(
        (address.as_str(), security),
        ("127.0.0.1:587", Security::InClear)
    );
    // Each user has another one, so this one is not read.
    assert!(
        good(&mail("mailServer", "imap://a.example"))
            .primary
            .imap
            .is_none()
    );
    assert_eq!(
        severity(&mail("mailServer", "imap://a.example")),
        Severity::Note
    );
    refused(&mail("secondary.mailServerSource", "global"));
}

#[test]
fn passwords_do_nothing() {
    let auth = mail("authType", "xoauth2");
    for key in ["passwordSource", "secondary.passwordSource"] {
        let (severity, text) = told(&format!("{auth}\n{}", mail(key, "global")), 2);
        assert_eq!(severity, Severity::Warning);
        assert!(text.contains("does nothing"), "{text}");
    }
    let text = format!("{auth}\n{}", mail("masterPassword", "s3cr3t-of-all"));
    let (_, findings) = read(&text).unwrap();
    assert!(
        findings.iter().any(|problem| problem.line == Some(2)),
        "{findings}"
    );
    assert!(!format!("{findings} {findings:?}").contains("s3cr3t"));
    assert_eq!(severity(&mail("saneLogin", "true")), Severity::Warning);
    let findings = read(&mail("saneLogin", "false")).unwrap().1;
    assert!(
        findings.iter().all(|problem| problem.line.is_none()),
        "{findings}"
    );
}

#[test]
fn managesieve() {
    for (value, auth) in [
        ("XOAUTH2", AuthType::XOAuth2),
        ("oauthbearer", AuthType::OAuthBearer),
        ("plain", AuthType::Login),
        ("", AuthType::Login),
    ] {
        let settings = good(&filter("preferredSaslMech", value));
        assert_eq!(settings.filter.mechanism, auth, "{value}");
    }
    refused(&filter("preferredSaslMech", "GSSAPI"));
    refused(&filter("preferGSSAPI", "true"));
    good(&format!(
        "{}\n{}",
        filter("preferGSSAPI", "true"),
        filter("preferredSaslMech", "XOAUTH2")
    ));
    let token = filter("preferredSaslMech", "XOAUTH2");
    let (severity_of, _) = told(
        &format!("{token}\n{}", filter("passwordSource", "global")),
        2,
    );
    assert_eq!(severity_of, Severity::Error);
    good(&format!("{token}\n{}", filter("passwordSource", "Session")));
    assert_eq!(
        severity(&filter("passwordSource", "global")),
        Severity::Warning
    );

    let settings = good(&format!(
        "{}\n{}\n{}\n{}",
        filter("loginType", "global"),
        filter("server", "sieve.example.com"),
        filter("port", "2000"),
        filter("connectionTimeout", "5000"),
    ));
    // The other half of it is App Suite's default.
    assert_eq!(settings.filter.timeout, Duration::from_secs(11));
    let (address, security) = address(settings.filter.server);
    assert_eq!(
        (address.as_str(), security),
        ("sieve.example.com:2000", Security::StartTls)
    );
    assert_eq!(good(&filter("port", "2000")).filter.port, 2000);
    for bad in ["0", "65536", "sieve", "-1"] {
        refused(&filter("port", bad));
    }
    assert_eq!(severity(&filter("authTimeout", "0")), Severity::Warning);
    assert_eq!(severity(&filter("punycode", "true")), Severity::Warning);
    refused(&filter("authenticationEncoding", "ISO-8859-1"));
    good(&filter("authenticationEncoding", "utf-8"));
    for (line, expected) in [
        (
            "com.openexchange.imap.imapTemporaryDown = 0",
            Severity::Note,
        ),
        (
            "com.openexchange.imap.useIMAPStoreCache = true",
            Severity::Note,
        ),
        (
            "com.openexchange.mailauth.impersonate.enabled = true",
            Severity::Warning,
        ),
    ] {
        assert_eq!(severity(line), expected, "{line}");
    }
    for key in ["nonRFCCompliantTLSRegex", "tempDownTimeout", "scriptName"] {
        assert_eq!(severity(&filter(key, "x")), Severity::Note, "{key}");
    }
    assert_eq!(
        severity(&filter("useSIEVEResponseCodes", "false")),
        Severity::Note
    );
}

#[test]
fn tokens() {
    let oidc = "\
        com.openexchange.oidc.clientId = webmail\n\
        com.openexchange.oidc.clientSecret = s3cr3t-of-client\n\
        com.openexchange.oidc.opIssuer = https://id.example.com\n\
        com.openexchange.oidc.opTokenEndpoint = https://id.example.com/token\n\
        com.openexchange.oidc.opAuthorizationEndpoint = https://id.example.com/authorize\n\
        com.openexchange.oidc.oauthRefreshTime = 90000\n\
        com.openexchange.oidc.tokenLockTimeoutSeconds = 7\n\
        com.openexchange.oidc.tryRecoverStoredTokens = true\n\
        com.openexchange.oidc.mail.immediateTokenRefreshOnFailedAuth = true\n\
        com.openexchange.imap.failedAuthTimeout = 3000\n";
    let settings = good(oidc);
    assert_eq!(settings.sessions.failed_login, Duration::from_secs(3));
    let tokens = settings.tokens;
    assert_eq!(tokens.client_id, "webmail");
    assert_eq!(tokens.client_secret.unwrap().expose(), "s3cr3t-of-client");
    assert_eq!(tokens.issuer.unwrap().as_str(), "https://id.example.com");
    assert_eq!(
        tokens.token_endpoint.unwrap().as_str(),
        "https://id.example.com/token"
    );
    assert_eq!(tokens.early, Duration::from_secs(90));
    assert_eq!(tokens.wait, Duration::from_secs(7));
    assert_eq!(tokens.scopes.to_string(), "openid");
    assert!(!tokens.password_grant);

    let settings = good(
        "com.openexchange.authentication.oauth.tokenEndpoint = http://localhost:8080/token\n\
         com.openexchange.authentication.oauth.earlyTokenRefreshSeconds = 30\n\
         com.openexchange.authentication.oauth.passwordGrantUserNamePart = Local-Part\n\
         com.openexchange.authentication.oauth.scope = b a\n",
    );
    assert_eq!(settings.tokens.early, Duration::from_secs(30));
    assert_eq!(settings.tokens.password_name, NamePart::LocalPart);
    assert_eq!(settings.tokens.scopes.to_string(), "a b");
    assert!(settings.tokens.password_grant);
    assert!(
        good("com.openexchange.oidc.enablePasswordGrant = true")
            .tokens
            .password_grant
    );

    refused("com.openexchange.oidc.opTokenEndpoint = http://id.example.com/token");
    refused("com.openexchange.oidc.oauthRefreshTime = 60s");
    refused("com.openexchange.oidc.oauthRefreshTime = -1");
    refused("com.openexchange.oidc.clientId = a\\u0000b");
}

#[test]
fn what_cannot_be_switched_off_is_told() {
    for text in [
        "com.openexchange.oidc.tryRecoverStoredTokens = false",
        "com.openexchange.authentication.oauth.tryRecoverStoredTokens = false",
        "com.openexchange.oidc.mail.immediateTokenRefreshOnFailedAuth = false",
    ] {
        let (severity, told) = told(text, 1);
        assert_eq!(severity, Severity::Warning);
        assert!(told.contains("cannot be switched off"), "{told}");
    }
    let keep = "com.openexchange.authentication.oauth.keepPasswordInSession = true";
    assert_eq!(severity(keep), Severity::Warning);
}

#[test]
fn times_in_the_wrong_unit_are_told() {
    assert_eq!(
        severity("com.openexchange.oidc.oauthRefreshTime = 60"),
        Severity::Warning
    );
    let seconds = "com.openexchange.authentication.oauth.earlyTokenRefreshSeconds = 60000";
    assert_eq!(severity(seconds), Severity::Warning);
    assert_eq!(
        severity("com.openexchange.oidc.tokenLockTimeoutSeconds = 5000"),
        Severity::Warning
    );
    assert_eq!(
        severity("com.openexchange.oidc.tokenLockTimeoutSeconds = 0"),
        Severity::Error
    );
}

#[test]
fn two_families_have_to_agree() {
    let files = |oidc: &str, oauth: &str| {
        let oidc = format!("# one\ncom.openexchange.oidc.{oidc}");
        let oauth = format!("com.openexchange.authentication.oauth.{oauth}");
        Settings::from_properties(&[("oidc.properties", &oidc), ("oauth.properties", &oauth)])
    };
    for (oidc, oauth) in [
        ("oauthRefreshTime = 60000", "earlyTokenRefreshSeconds = 60"),
        ("scope = a b", "scope = b a"),
        ("clientSecret = s3cr3t", "clientSecret = s3cr3t"),
    ] {
        files(oidc, oauth).unwrap();
    }
    for (oidc, oauth) in [
        ("oauthRefreshTime = 60000", "earlyTokenRefreshSeconds = 61"),
        ("scope = a b", "scope = a"),
        ("clientId = a", "clientId = b"),
        ("clientSecret = s3cr3t-1", "clientSecret = s3cr3t-2"),
        (
            "opTokenEndpoint = https://a/t",
            "tokenEndpoint = https://b/t",
        ),
        ("tokenLockTimeoutSeconds = 5", "tokenLockTimeoutSeconds = 6"),
        (
            "tryRecoverStoredTokens = true",
            "tryRecoverStoredTokens = false",
        ),
        (
            "passwordGrantUserNamePart = full",
            "passwordGrantUserNamePart = domain",
        ),
    ] {
        let findings = files(oidc, oauth).unwrap_err();
        let errors: Vec<_> = findings
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
            .map(|problem| (problem.file.as_deref().unwrap(), problem.line.unwrap()))
            .collect();
        assert_eq!(
            errors,
            [("oidc.properties", 2), ("oauth.properties", 1)],
            "{findings}"
        );
        assert!(
            findings.to_string().contains("oauth.properties, line 1"),
            "{findings}"
        );
        assert!(!findings.to_string().contains("s3cr3t"), "{findings}");
    }
}

#[test]
fn slips_in_keys_are_errors() {
    for (key, meant) in [
        (
            "com.openexchange.mail.authtype",
            "com.openexchange.mail.authType",
        ),
        (
            "com.openexchange.mail.transport.authTyp",
            "com.openexchange.mail.transport.authType",
        ),
        (
            "com.openexchang.mail.authType",
            "com.openexchange.mail.authType",
        ),
        (
            "com.openexchange.oidc.opTokenEndPoint",
            "com.openexchange.oidc.opTokenEndpoint",
        ),
        (
            "com.openexchange.mail.filter.preferredSASLMech",
            "com.openexchange.mail.filter.preferredSaslMech",
        ),
    ] {
        let told = refused(&format!("{key} = xoauth2"));
        assert!(told.contains(&format!("did you mean {meant}?")), "{told}");
    }
    for key in [
        "com.openexchange.mail.authType.secondary",
        "com.openexchange.mail.filter.realm",
        "com.openexchange.oidc.other",
    ] {
        assert_eq!(severity(&format!("{key} = x")), Severity::Warning, "{key}");
    }
    // Of what is not about logins nothing is said.
    let (_, findings) =
        read("com.openexchange.mail.maxToCcBcc = 0\nSERVER_NAME = oxserver").unwrap();
    assert!(
        findings.iter().all(|problem| problem.line.is_none()),
        "{findings}"
    );
}

#[test]
fn keys_that_are_there_twice() {
    let (a, b) = (mail("authType", "xoauth2"), mail("authType", "oauthbearer"));
    let (severity, text) = told(&format!("{a}\n\n{b}"), 3);
    assert_eq!(severity, Severity::Error);
    assert!(text.contains("line 1"), "{text}");
    assert_eq!(told(&format!("{a}\n{a}"), 2).0, Severity::Warning);
    let findings = Settings::from_properties(&[("a", &a), ("b", &b)]).unwrap_err();
    let problem = findings
        .iter()
        .find(|problem| problem.severity == Severity::Error);
    let problem = problem.unwrap();
    assert_eq!(
        (problem.file.as_deref(), problem.line),
        (Some("b"), Some(1))
    );
    assert!(problem.text.contains("a, line 1"), "{problem}");
}

#[test]
fn all_problems_of_all_files_in_their_order() {
    let findings = Settings::from_properties(&[
        (
            "one",
            "com.openexchange.mail.authType=a\ncom.openexchange.mail.x=\\u12\n\ncom.openexchange.mail.loginSource=b",
        ),
        ("two", "com.openexchange.oidc.scop=a\ncom.openexchange.mail.saneLogin=yes"),
    ])
    .unwrap_err();
    let errors: Vec<_> = findings
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| (problem.file.as_deref().unwrap(), problem.line.unwrap()))
        .collect();
    assert_eq!(
        errors,
        [("one", 1), ("one", 2), ("one", 4), ("two", 1), ("two", 2)]
    );
}

#[test]
fn files_without_measure() {
    let long = "a".repeat((1 << 20) + 1);
    let findings = read(&long).unwrap_err();
    assert!(findings.to_string().contains("1 MiB"), "{findings}");
    let many = "com.openexchange.oidc.x=1\n".repeat(20_000);
    let findings = read(&many).unwrap_err();
    assert!(findings.iter().count() <= 1001);
    assert!(
        findings
            .iter()
            .last()
            .unwrap()
            .text
            .contains("more problems")
    );
}
