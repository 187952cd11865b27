//! What a new user does who has `docs/accounts.md` and nothing else: the commands of that document, in a shell,
//! with the names of the servers replaced.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use harness::interop::{self, Interop};
use mail_login_browser::Opened;

#[test]
fn the_commands_of_the_documentation_do_what_they_should() {
    let interop = interop::start();
    let home = tempfile::tempdir().unwrap();
    fs::copy(interop.ca(), home.path().join("company-ca.pem")).unwrap();
    // What the user's desktop has.
    let browser = Opened::new();
    let tool = PathBuf::from(env!("CARGO_BIN_EXE_mail-login"));
    let path = env::join_paths(
        std::iter::once(tool.parent().unwrap().to_owned())
            .chain(env::split_paths(&env::var_os("PATH").unwrap())),
    )
    .unwrap();
    let commands = commands();
    let mut token = String::new();
    for command in &commands {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &here(command, interop)])
            .current_dir(home.path())
            .env("HOME", home.path())
            .env("PATH", &path)
            .env("BROWSER", browser.command());
        for name in [
            "XDG_CONFIG_HOME",
            "XDG_STATE_HOME",
            "MAIL_LOGIN_CONFIG",
            "MAIL_LOGIN_STATE",
        ] {
            shell.env_remove(name);
        }
        let output = shell.output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{command}: {out}{err}");
        let said = said(command);
        assert!(out.contains(said), "{command}: no {said:?} in {out}{err}");
        if command.starts_with("mail-login token") {
            token = out.trim_end().to_owned();
        }
    }
    assert_eq!(commands.len(), 9, "{commands:?}");
    assert_eq!(
        token.split('.').count(),
        3,
        "a JWT on stdout, and nothing else"
    );
    assert!(
        !home
            .path()
            .join(".local/state/mail-login/accounts/work.json")
            .exists()
    );
}

/// The commands for a provider that is not known, one by one.
fn commands() -> Vec<String> {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/accounts.md");
    let document = fs::read_to_string(document).unwrap();
    let start = document
        .find("mail-login account add work --issuer")
        .unwrap();
    let (block, _) = document[start..].split_once("```").unwrap();
    let block = block.replace("\\\n", " ");
    block.lines().map(str::to_owned).collect()
}

/// The same with the servers of this machine. No other name of the document stays.
fn here(command: &str, interop: &Interop) -> String {
    let server = |service: &str| format!("localhost:{}", interop.port(service));
    let command = command
        .replace("https://id.example.com", interop.env("ISSUER"))
        .replace("https://mail.example.com/", interop.env("RESOURCE_JWT"))
        .replace("imap.example.com", &server("LOCAL_IMAPS"))
        .replace("smtp.example.com", &server("LOCAL_SUBMISSIONS"))
        .replace("sieve.example.com", &server("LOCAL_SIEVE"))
        .replace("alice@example.com", "alice@example.test")
        .replace("--client-id mail ", "--client-id mail-client ");
    assert!(!command.contains("example.com"), "{command}");
    command
}

/// What the user reads on success.
fn said(command: &str) -> &'static str {
    let words: Vec<&str> = command.split_whitespace().collect();
    match words.get(1..3) {
        Some(["account", "add"]) => "mail-login sign-in work",
        Some(["account", "show"]) => "openid mail offline_access",
        Some(["sign-in", _]) => "by itself, with a refresh token",
        Some(["try", _]) => "accepted the login of alice@example.test",
        Some(["token", _]) => "eyJ",
        Some(["status", _]) => "alice@example.test",
        Some(["sign-out", _]) => "work",
        _ => panic!("{command}: what is it to say?"),
    }
}
