use super::*;

fn parse(text: &str) -> Result<Config, Problem> {
    Config::parse("/etc/mail-login/config.toml".into(), text.into())
}

fn account(more: &str) -> Result<(), String> {
    let text =
        format!("# who I am\n[accounts.work]\nuser = \"alice\"\nclient_id = \"app\"\n{more}\n");
    let config = parse(&text).map_err(|problem| problem.message)?;
    config
        .account("work")
        .map(drop)
        .map_err(|problem| problem.message)
}

#[test]
fn the_three_ways_to_name_a_server() {
    for good in [
        "provider = \"gmail\"",
        "provider = \"microsoft365\"\ntenant = \"contoso.example\"",
        "issuer = \"https://id.example.com\"",
        "token_endpoint = \"https://id.example.com/token\"",
        "issuer = \"http://127.0.0.1:8080\"\nallow_http_loopback = true",
        "provider = \"GMAIL\"\nstore = \"rediss://redis.example.com\"",
    ] {
        assert_eq!(account(good), Ok(()), "{good}");
    }
}

#[test]
fn what_is_asked_for_depends_on_the_way() {
    let scope = |more: &str, way| {
        let text = format!("[accounts.work]\nuser = \"alice\"\nclient_id = \"app\"\n{more}\n");
        parse(&text).unwrap().account("work").unwrap().scope_by(way)
    };
    let microsoft = "provider = \"microsoft365\"";
    let user = scope(microsoft, Grant::RefreshToken);
    assert!(
        user.contains("IMAP.AccessAsUser.All") && user.contains("SMTP.Send"),
        "{user}"
    );
    assert_eq!(
        scope(microsoft, Grant::ClientCredentials),
        "https://outlook.office365.com/.default"
    );
    // What the file says comes first, and elsewhere nothing is known.
    let own = format!("{microsoft}\nscope = \"mine\"");
    assert_eq!(scope(&own, Grant::ClientCredentials), "mine");
    // Gmail knows a service too, but not by its secret alone.
    for way in [Grant::RefreshToken, Grant::ClientCredentials] {
        assert_eq!(
            scope("provider = \"gmail\"", way),
            "https://mail.google.com/"
        );
        assert_eq!(scope("issuer = \"https://id.example.com\"", way), "");
    }
}

#[test]
fn contradictions_are_told_with_their_place() {
    for (bad, word) in [
        ("", "nothing says where tokens come from"),
        ("provider = \"gmial\"", "no provider gmial"),
        (
            "provider = \"gmail\"\nissuer = \"https://a\"",
            "exclude each other",
        ),
        ("tenant = \"a\"\nissuer = \"https://a\"", "tenant"),
        (
            "revocation_endpoint = \"https://a\"",
            "needs token_endpoint",
        ),
        (
            "provider = \"gmail\"\nrevocation_endpoint = \"https://a\"",
            "revocation_endpoint",
        ),
        ("issuer = \"http://id.example.com\"", "https://"),
        ("provider = \"gmail\"\nstore = \"cloud\"", "store"),
        (
            "provider = \"gmail\"\nredirect_uri = \"myapp:/cb\"",
            "redirect_uri",
        ),
        (
            "provider = \"gmail\"\nclient_authentication = \"client_secret_basic\"",
            "client_secret_file",
        ),
        (
            "provider = \"gmail\"\ngrant = \"client_credentials\"",
            "client_credentials",
        ),
        (
            "provider = \"gmail\"\nclient_secret_file = \"a\"\nclient_secret_command = [\"b\"]",
            "exclude",
        ),
        ("provider = \"gmail\"\nclient_secret_command = []", "empty"),
        (
            "provider = \"gmail\"\n[accounts.work.imap]\nhost = \"\"",
            "host is empty",
        ),
    ] {
        let message = account(bad).unwrap_err();
        assert!(message.contains(word), "{bad}: {message}");
        assert!(
            message.starts_with("/etc/mail-login/config.toml, line 2: account work: "),
            "{message}"
        );
    }
}

#[test]
fn what_is_no_setting_is_told_with_its_line() {
    let message = account("provider = \"gmail\"\nscoep = \"mail\"").unwrap_err();
    assert_eq!(
        message,
        "/etc/mail-login/config.toml, line 6: unknown field `scoep`: correct the file"
    );
    let message = account("provider = \"gmail").unwrap_err();
    assert!(message.contains("line 5"), "{message}");
}

#[test]
fn secrets_are_refused_and_not_repeated() {
    for key in ["client_secret", "password", "refresh_token", "access_token"] {
        let message = account(&format!("provider = \"gmail\"\n{key} = \"s3cret\"")).unwrap_err();
        assert!(
            message.contains(&format!("{key} must not be in this file")),
            "{message}"
        );
        assert!(!message.contains("s3cret"));
    }
    // Nor where the file cannot be read at all.
    let message = account("client_secret = \"s3cret").unwrap_err();
    assert!(!message.contains("s3cret"), "{message}");
}

#[test]
fn one_slip_leaves_the_other_accounts_alone() {
    let config = parse(
        "[accounts.a]\nuser = \"a\"\nclient_id = \"c\"\n[accounts.b]\nuser = \"b\"\nclient_id = \"c\"\nprovider = \"gmail\"\n",
    )
    .unwrap();
    assert!(config.account("a").is_err());
    assert!(config.account("b").is_ok());
    let missing = config.account("c").unwrap_err();
    assert_eq!(missing.exit, Exit::Settings);
    assert!(
        missing.message.contains("there are a, b"),
        "{}",
        missing.message
    );
}

#[test]
fn paths_are_relative_to_the_file() {
    let config = parse("").unwrap();
    let at = |path: &str| config.resolve(std::path::Path::new(path));
    assert_eq!(at("ca.pem"), PathBuf::from("/etc/mail-login/ca.pem"));
    assert_eq!(at("/ca.pem"), PathBuf::from("/ca.pem"));
    assert_eq!(at("~/ca.pem"), etcetera::home_dir().unwrap().join("ca.pem"));
}

#[test]
fn a_change_leaves_comments_alone() {
    let text =
        "# mine\n[accounts.a] # first\nuser = \"a\"\nclient_id = \"c\"\nprovider = \"gmail\"\n";
    let config = parse(text).unwrap();
    let mut edit = Edit::new(&config).unwrap();
    edit.add(
        "b",
        vec![
            ("user", "b".into()),
            ("client_id", "c".into()),
            ("issuer", "https://id.example.com".into()),
            ("imap.host", "imap.example.com".into()),
            ("imap.port", 993.into()),
        ],
    )
    .unwrap();
    let added = edit.text();
    assert!(added.starts_with(text), "{added}");
    let next = parse(&added).unwrap();
    let place = next.account("b").unwrap().imap.clone().unwrap();
    assert_eq!(
        (place.host.as_str(), place.port),
        ("imap.example.com", Some(993))
    );
    let mut edit = Edit::new(&next).unwrap();
    assert!(edit.remove("b").unwrap());
    assert!(!edit.remove("b").unwrap());
    assert_eq!(edit.text(), text);
    for bad in ["", "../a", "a/b", ".a", "-a", "a b"] {
        assert!(edit.add(bad, vec![]).is_err(), "{bad}");
    }
}
