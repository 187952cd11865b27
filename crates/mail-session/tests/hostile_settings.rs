//! Files of settings that nobody wrote: no panic, nothing half, no secret shown.

#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test"
)]

use mail_session::settings::{Findings, Settings};
use proptest::{collection::vec, prelude::*, sample::select};

/// What looks enough like a file to get past the first look.
const WORDS: [&str; 44] = [
    "com.openexchange.mail.",
    "com.openexchange.mail.secondary.",
    "com.openexchange.mail.filter.",
    "com.openexchange.oidc.",
    "com.openexchange.authentication.oauth.",
    "com.openexchange.imap.failedAuthTimeout",
    "authType",
    "transport.authType",
    "mailServer",
    "mailServerSource",
    "mailStartTls",
    "clientSecret",
    "oauthRefreshTime",
    "connectionTimeout",
    "opTokenEndpoint",
    "scope",
    "preferredSaslMech",
    "port",
    "imap://",
    "imaps://[::1]:",
    "https://a.example/t",
    "xoauth2",
    "global",
    "true",
    "18446744073709551615",
    "99999999999999999999999",
    "-1",
    "\\u00",
    "\\ud83d",
    "\\\n",
    "\n",
    "\r\n",
    "=",
    ":",
    " ",
    "#",
    "[primary]",
    "[tokens]",
    "imap = { host = \"a\", security = \"clear\" }",
    "early = \"1h\"",
    "client_id = \"a\"",
    "issuer = \"https://a\"",
    "[[primary]]",
    "🔑",
];

fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![8 => select(&WORDS[..]).prop_map(String::from), 1 => any::<char>().prop_map(String::from)];
    prop_oneof![
        vec(word, 0..60).prop_map(|words| words.concat()),
        any::<String>()
    ]
}

/// The rule for both kinds of file.
fn holds(read: &Result<(Settings, Findings), Findings>) -> Result<(), TestCaseError> {
    match read {
        Ok((_, findings)) => {
            prop_assert!(!findings.has_errors(), "applied with errors: {findings}")
        }
        Err(findings) => prop_assert!(findings.has_errors(), "refused for nothing: {findings}"),
    }
    let (Ok((_, findings)) | Err(findings)) = read;
    for problem in findings.iter() {
        // One problem is one line, and no terminal is driven by it.
        prop_assert!(
            !problem.to_string().chars().any(char::is_control),
            "{problem:?}"
        );
        prop_assert!(problem.line.is_none_or(|line| line > 0));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn properties_of_any_text(one in text(), two in text()) {
        holds(&Settings::from_properties(&[("one", &one), ("two", &two)]))?;
    }

    #[test]
    fn toml_of_any_text(text in text()) {
        holds(&Settings::from_toml("a.toml", &text))?;
    }

    #[test]
    fn an_error_anywhere_takes_everything_away(text in text()) {
        let bad = "com.openexchange.mail.loginSource = nick";
        let read = Settings::from_properties(&[("one", &text), ("two", bad)]);
        prop_assert!(read.is_err());
    }

    #[test]
    fn no_value_is_ever_told(key in select(&WORDS[..18]), family in 0..5_usize) {
        let key = WORDS.get(family).copied().unwrap_or_default().to_owned() + key;
        let text = format!("{key} = s3cr3t-value\n{key} = s3cr3t-other\n{key}x = s3cr3t-third");
        let read = Settings::from_properties(&[("one", &text)]);
        let (Ok((_, findings)) | Err(findings)) = &read;
        prop_assert!(!format!("{findings}{findings:?}").contains("s3cr3t"), "{findings}");
    }
}

#[test]
fn reading_takes_a_time_that_grows_with_the_text_alone() {
    // What is worst for looking for similar keys, and for lines that go on.
    let keys: String = (0..26_000)
        .map(|n| format!("com.openexchange.mail.authTyp{n:09}\n"))
        .collect();
    let others = keys.replace("com.openexchange.mail", "com.openexchang.other");
    let lines = "a\\\n".repeat(1 << 18);
    let deep = "[".repeat(1 << 19);
    for text in [
        keys,
        others,
        lines,
        deep,
        "\\".repeat(1 << 19),
        "a.".repeat(1 << 18),
    ] {
        let start = std::time::Instant::now();
        let _ = Settings::from_properties(&[("a", &text)]);
        let _ = Settings::from_toml("a", &text);
        assert!(start.elapsed().as_secs() < 20, "{} octets", text.len());
    }
}
