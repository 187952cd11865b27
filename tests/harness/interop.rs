//! The real servers of `tests/interop`, started when a test asks for them, and tokens for them.

use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// The running servers.
#[derive(Debug)]
pub struct Interop {
    env: HashMap<String, String>,
    /// 3 for Dovecot 2.3, 4 for 2.4: they answer differently.
    pub dovecot: u32,
}

/// Starts the servers, once per process. Fails, saying why, where they cannot be had.
pub fn start() -> &'static Interop {
    static RUNNING: OnceLock<Interop> = OnceLock::new();
    RUNNING.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/up.sh");
        let folder = folder();
        let output = Command::new(&script)
            .arg(&folder)
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}", script.display()));
        assert!(
            output.status.success(),
            "the servers do not start; they need Debian and root, see tests/interop/README.md:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let env = std::fs::read_to_string(folder.join("env")).unwrap();
        let env = env.lines().filter_map(|line| {
            let (name, value) = line.split_once('=')?;
            Some((name.to_owned(), value.trim_matches('\'').to_owned()))
        });
        let version = Command::new("dovecot")
            .arg("--version")
            .output()
            .unwrap()
            .stdout;
        let version = String::from_utf8_lossy(&version).into_owned();
        let dovecot = if version.starts_with("2.3") { 3 } else { 4 };
        Interop {
            env: env.collect(),
            dovecot,
        }
    })
}

/// Where the environment is.
pub(crate) fn folder() -> PathBuf {
    let named = std::env::var_os("MAIL_LOGIN_INTEROP_DIR");
    named.map_or_else(|| "/var/tmp/mail-login-interop".into(), PathBuf::from)
}

impl Interop {
    /// A value of the environment, without `INTEROP_`.
    pub fn env(&self, name: &str) -> &str {
        self.env
            .get(&format!("INTEROP_{name}"))
            .unwrap_or_else(|| panic!("no INTEROP_{name}"))
    }

    /// The CA certificate.
    pub fn ca(&self) -> PathBuf {
        self.env("CA").into()
    }

    /// The port of a service, such as `LOCAL_IMAPS`.
    pub fn port(&self, service: &str) -> u16 {
        self.env(&format!("PORT_{service}")).parse().unwrap()
    }

    /// A JWT with claims of our choice, at least so many octets long.
    pub fn mint(&self, claims: Value, octets: usize) -> String {
        // ES256: its signature is short, so that lengths can be met exactly enough.
        let body = json!({"claims": claims, "alg": "ES256", "pad": octets});
        let answer = self.post("/test/mint", "application/json", &body.to_string());
        answer["access_token"].as_str().unwrap().into()
    }

    /// An access token by the password grant.
    pub fn token(&self, client: &str, scope: &str, resource: &str) -> String {
        let mut fields = vec![
            ("grant_type", "password"),
            ("client_id", client),
            ("username", "alice@example.test"),
            ("password", self.env("PASSWORD")),
            ("scope", scope),
        ];
        if !resource.is_empty() {
            fields.push(("resource", resource));
        }
        let answer = self.post("/token", FORM, &form(&fields));
        answer["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("no token: {answer}"))
            .into()
    }

    /// Revokes a token.
    pub fn revoke(&self, token: &str) {
        let fields = [("token", token), ("client_id", self.env("CLIENT"))];
        self.post("/token/revocation", FORM, &form(&fields));
    }

    fn post(&self, path: &str, kind: &str, body: &str) -> Value {
        post(self.port("OIDC_HTTP"), path, kind, body)
    }
}

/// Asks a provider on this machine.
pub(crate) fn post(port: u16, path: &str, kind: &str, body: &str) -> Value {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let request = format!(
        "POST {path} HTTP/1.0\r\nHost: localhost:{port}\r\nContent-Type: {kind}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or(Value::Null)
}

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    fields
        .iter()
        .enumerate()
        .fold(String::new(), |mut out, (n, (name, value))| {
            write!(out, "{}{name}=", if n > 0 { "&" } else { "" }).unwrap();
            for octet in value.bytes() {
                match octet {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                        out.push(char::from(octet));
                    }
                    octet => write!(out, "%{octet:02X}").unwrap(),
                }
            }
            out
        })
}

/// One login to one server.
#[derive(Clone, Debug)]
pub struct Case {
    /// For messages.
    pub name: String,
    /// `imap`, `smtp` or `sieve`.
    pub protocol: &'static str,
    /// The port on localhost.
    pub port: u16,
    /// Implicit TLS instead of STARTTLS.
    pub implicit: bool,
    /// `OAUTHBEARER` or `XOAUTH2`.
    pub mechanism: &'static str,
    /// Whom to log in as.
    pub user: &'static str,
    /// With what.
    pub token: String,
    /// `accepted`, or reason and advice of a refusal, or `error` and its kind.
    pub expected: String,
}

/// Every server, protocol, transport, mechanism and token.
pub fn matrix(interop: &Interop) -> Vec<Case> {
    let jwt = local_tokens(interop);
    let opaque = opaque_tokens(interop);
    let mut cases = Vec::new();
    let services: [(&str, &'static str, &str, &str, &Tokens, &str); 8] = [
        (
            "dovecot-local",
            "imap",
            "LOCAL_IMAP",
            "LOCAL_IMAPS",
            &jwt,
            "dovecot",
        ),
        (
            "dovecot-local",
            "smtp",
            "LOCAL_SUBMISSION",
            "LOCAL_SUBMISSIONS",
            &jwt,
            "submission",
        ),
        ("dovecot-local", "sieve", "LOCAL_SIEVE", "", &jwt, "dovecot"),
        (
            "postfix-local",
            "smtp",
            "POSTFIX_LOCAL_SUBMISSION",
            "POSTFIX_LOCAL_SUBMISSIONS",
            &jwt,
            "postfix",
        ),
        (
            "dovecot-introspect",
            "imap",
            "INTROSPECT_IMAP",
            "INTROSPECT_IMAPS",
            &opaque,
            "dovecot",
        ),
        (
            "dovecot-introspect",
            "smtp",
            "INTROSPECT_SUBMISSION",
            "INTROSPECT_SUBMISSIONS",
            &opaque,
            "submission",
        ),
        (
            "dovecot-introspect",
            "sieve",
            "INTROSPECT_SIEVE",
            "",
            &opaque,
            "dovecot",
        ),
        (
            "postfix-introspect",
            "smtp",
            "POSTFIX_INTROSPECT_SUBMISSION",
            "POSTFIX_INTROSPECT_SUBMISSIONS",
            &opaque,
            "postfix",
        ),
    ];
    for (server, protocol, starttls, implicit, tokens, kind) in services {
        for (service, is_implicit) in [(starttls, false), (implicit, true)] {
            if service.is_empty() {
                continue;
            }
            for mechanism in ["OAUTHBEARER", "XOAUTH2"] {
                for (name, user, token, expected) in tokens {
                    cases.push(Case {
                        name: format!(
                            "{server} {protocol} implicit={is_implicit} {mechanism} {name}"
                        ),
                        protocol,
                        port: interop.port(service),
                        implicit: is_implicit,
                        mechanism,
                        user,
                        token: token.clone(),
                        expected: expected(kind, interop.dovecot),
                    });
                }
            }
        }
    }
    cases
}

/// Name, user, token, and what server of which kind and Dovecot version says to it.
type Tokens = Vec<(&'static str, &'static str, String, fn(&str, u32) -> String)>;

const ALICE: &str = "alice@example.test";
const BOB: &str = "bob@example.test";

fn local_tokens(interop: &Interop) -> Tokens {
    let other = interop.env("RESOURCE_OTHER").to_owned();
    vec![
        ("good", ALICE, interop.mint(json!({}), 0), accepted),
        (
            "expired",
            ALICE,
            interop.mint(json!({"exp": 1_000_000_000}), 0),
            rejected_token,
        ),
        (
            "wrong-audience",
            ALICE,
            interop.mint(json!({"aud": other}), 0),
            wrong_audience,
        ),
        (
            "wrong-scope",
            ALICE,
            interop.mint(json!({"scope": "calendar"}), 0),
            rejected_token,
        ),
        ("wrong-user", BOB, interop.mint(json!({}), 0), wrong_user),
        (
            "garbage",
            ALICE,
            "garbage-that-is-no-token".into(),
            rejected_token,
        ),
        ("1-kib", ALICE, interop.mint(json!({}), 1024), accepted),
        ("4-kib", ALICE, interop.mint(json!({}), 4096), accepted),
        (
            "6000-octets",
            ALICE,
            interop.mint(json!({}), 6000),
            accepted,
        ),
        // Over what Dovecot takes: 8192 octets of base64.
        ("6-kib", ALICE, interop.mint(json!({}), 6200), too_long),
        ("8-kib", ALICE, interop.mint(json!({}), 8192), too_long),
    ]
}

fn opaque_tokens(interop: &Interop) -> Tokens {
    let resource = interop.env("RESOURCE_OPAQUE").to_owned();
    let client = interop.env("CLIENT").to_owned();
    let short = interop.token(interop.env("CLIENT_SHORT"), "mail", &resource);
    let expired_at = Instant::now() + Duration::from_secs(7);
    let revoked = interop.token(&client, "mail", &resource);
    interop.revoke(&revoked);
    let tokens: Tokens = vec![
        (
            "good",
            ALICE,
            interop.token(&client, "mail", &resource),
            accepted,
        ),
        ("expired", ALICE, short, rejected_token),
        ("revoked", ALICE, revoked, rejected_token),
        (
            "wrong-audience",
            ALICE,
            interop.token(&client, "openid mail", ""),
            wrong_audience,
        ),
        (
            "wrong-scope",
            ALICE,
            interop.token(&client, "calendar", &resource),
            wrong_audience,
        ),
        (
            "wrong-user",
            BOB,
            interop.token(&client, "mail", &resource),
            wrong_user,
        ),
        (
            "garbage",
            ALICE,
            "garbage-that-is-no-token".into(),
            rejected_token,
        ),
    ];
    // The short-lived one has to die first.
    std::thread::sleep(expired_at.saturating_duration_since(Instant::now()));
    tokens
}

fn accepted(_: &str, _: u32) -> String {
    "accepted".into()
}

fn rejected_token(_: &str, _: u32) -> String {
    "rejected token-rejected refresh-token".into()
}

/// Dovecot 2.4 tells a wrong audience or scope from an invalid token, 2.3 does not.
fn wrong_audience(_: &str, dovecot: u32) -> String {
    match dovecot {
        3 => "rejected token-rejected refresh-token",
        _ => "rejected scope-insufficient sign-in-again",
    }
    .into()
}

/// Dovecot 2.4 sends no document when user and token do not match.
fn wrong_user(_: &str, dovecot: u32) -> String {
    match dovecot {
        3 => "rejected token-rejected refresh-token",
        _ => "rejected credentials-rejected refresh-token",
    }
    .into()
}

fn too_long(kind: &str, _: u32) -> String {
    match kind {
        // Closes without a word.
        "dovecot" => "error response-too-long",
        "submission" => "rejected token-too-long change-settings",
        _ => "accepted",
    }
    .into()
}

/// What to say after a login to see that one is in, and how the answer must end.
pub fn command_after_login(protocol: &str) -> (&'static str, &'static str) {
    match protocol {
        "imap" => ("Z1 SELECT INBOX\r\n", "Z1 OK"),
        "smtp" => ("NOOP\r\n", "250"),
        _ => ("LISTSCRIPTS\r\n", "OK"),
    }
}

/// Whether an answer is complete and good.
pub fn is_answered(answer: &str, expected: &str) -> bool {
    let last = answer
        .trim_end_matches("\r\n")
        .rsplit("\r\n")
        .next()
        .unwrap_or_default();
    answer.ends_with("\r\n") && last.starts_with(expected)
}
