use super::*;
use crate::offline;

/// An account at a provider that gives services another scope than people.
fn config(more: &str) -> Config {
    let text = format!(
        r#"[accounts.work]
user = "alice@example.com"
provider = "microsoft365"
client_id = "app"
client_secret_command = ["echo", "secret-of-the-client"]
{more}
"#
    );
    Config::parse("/etc/mail-login/config.toml".into(), text).unwrap()
}

const UNATTENDED: &str = "https://outlook.office365.com/.default";

#[test]
fn a_service_asks_for_what_the_provider_gives_to_services() {
    let config = config("");
    let first = Grant::by(Renewal::ClientCredentials, &config, "work", Deadline::NEVER).unwrap();
    assert_eq!(first.scope, UNATTENDED);
    assert_eq!(first.audience().scopes().to_string(), UNATTENDED);
    let shown = format!("{:?}", first.settings().unwrap().options());
    assert!(shown.contains("ClientCredentials"), "{shown}");
    let user = Grant::new(&config, "work", Deadline::NEVER).unwrap();
    assert!(
        user.scope.contains("IMAP.AccessAsUser.All"),
        "{}",
        user.scope
    );
}

#[test]
fn who_looks_at_the_record_knows_the_same_audience() {
    for more in [
        "",
        "grant = \"client_credentials\"",
        "resource = \"https://mail.example.com/\"",
    ] {
        let config = config(more);
        let grant = Grant::new(&config, "work", Deadline::NEVER).unwrap();
        let shown = format!("{:?}", offline::options(config.account("work").unwrap()));
        let audience = format!("{:?}", grant.audience());
        assert!(shown.contains(&audience), "{more}: {shown}, {audience}");
    }
}
