//! An oidc-provider of its own for a test: it may be counted, crowded and killed. The program is that of
//! `tests/interop`, which shares one among all tests.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{BufRead as _, BufReader},
    net::TcpListener,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::Value;

use crate::interop::{FORM, folder, form, post};

/// A running provider, until it is dropped or the test ends in any other way.
#[derive(Debug)]
pub struct OidcProvider {
    directory: PathBuf,
    node: OsString,
    child: Child,
    https: u16,
    http: u16,
}

/// What became of the refresh tokens of one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotations {
    /// So many were exchanged for new ones.
    pub tokens: u64,
    /// So often. It is more only where one was exchanged twice, within its grace.
    pub exchanges: u64,
    /// So many requests to refresh were refused.
    pub refused: u64,
    /// So many of them because the token was used before, which ended the grant.
    pub reuses: u64,
}

/// Another program may take a port between our look and the provider's.
const TRIES: usize = 5;

impl OidcProvider {
    /// Starts it on ports of its own, and waits until it answers. Fails, saying what to do, where what
    /// `tests/interop/up.sh` installs is not there.
    pub fn start() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/provider");
        let there = folder();
        let same = |name: &str, installed: &str| {
            let wanted = fs::read(here.join(name)).unwrap();
            fs::read(there.join("provider").join(installed)).is_ok_and(|found| found == wanted)
        };
        assert!(
            same("package-lock.json", "installed-lock.json") && there.join("pki").is_dir(),
            "oidc-provider is not installed in {}: run `sudo tests/interop/up.sh`",
            there.display()
        );
        let directory = scratch();
        fs::copy(here.join("provider.mjs"), directory.join("provider.mjs")).unwrap();
        let modules = there.join("provider/node_modules");
        symlink(modules, directory.join("node_modules")).unwrap();
        symlink(there.join("pki"), directory.join("pki")).unwrap();
        // It would make keys of its own, which takes a second.
        fs::create_dir(directory.join("provider")).unwrap();
        for key in ["provider/RS256.pem", "provider/ES256.pem"] {
            let _ = fs::copy(there.join(key), directory.join(key));
        }
        // Where Debian's is too old, `up.sh` has got a newer one.
        let newer = there.join("node/node_modules/.bin/node");
        let node = match newer.exists() {
            true => newer.into_os_string(),
            false => OsString::from("node"),
        };
        for _ in 0..TRIES {
            let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
            let [https, http] = free.map(|listener| listener.local_addr().unwrap().port());
            if let Some(child) = launch(&directory, &node, https, http) {
                return Self {
                    directory,
                    node,
                    child,
                    https,
                    http,
                };
            }
        }
        panic!("the provider does not start: {}", log(&directory))
    }

    /// As `kill -9` does. Its ports are not taken until [`Self::start_again`], which remembers all that was
    /// answered.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// After [`Self::kill`]: where it was, with what it remembers.
    pub fn start_again(&mut self) {
        let child = launch(&self.directory, &self.node, self.https, self.http);
        self.child =
            child.unwrap_or_else(|| panic!("its port was taken: {}", log(&self.directory)));
    }

    /// The issuer, which is also where it is.
    pub fn issuer(&self) -> String {
        format!("https://localhost:{}", self.https)
    }

    /// The certificate of the authority that its certificate is of.
    pub fn ca(&self) -> PathBuf {
        self.directory.join("pki/ca.crt")
    }

    /// The private key of the client `mail-robot`, in PEM (PKCS #8).
    pub fn robot_key(&self) -> String {
        fs::read_to_string(self.directory.join("provider/mail-robot.pem")).unwrap()
    }

    /// What the user does on the other device. `deny` as login refuses.
    pub fn enter_user_code(&self, code: &str, login: &str) {
        let fields = [("user_code", code), ("login", login)];
        let answer = post(self.http, "/test/device", FORM, &form(&fields));
        assert_eq!(answer["ok"], true, "no such user code: {answer}");
    }

    /// Sends it a signal, as `kill` names it: `-STOP` lets it take connections and answer nothing.
    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(status.success());
    }

    /// What became of the refresh tokens of this client so far.
    pub fn rotations(&self, client: &str) -> Rotations {
        let fields = form(&[("client_id", client)]);
        let answer = post(self.http, "/test/rotations", FORM, &fields);
        let number = |name: &str| {
            answer[name]
                .as_u64()
                .unwrap_or_else(|| panic!("no {name} in {answer}"))
        };
        Rotations {
            tokens: number("tokens"),
            exchanges: number("exchanges"),
            refused: number("refused"),
            reuses: number("reuses"),
        }
    }
}

/// Starts it, and waits until it answers; `None` where somebody else has one of the ports.
fn launch(directory: &Path, node: &OsString, https: u16, http: u16) -> Option<Child> {
    let child = Command::new(node)
        .arg("provider.mjs")
        .arg(directory)
        .current_dir(directory)
        .env("OIDC_HTTPS_PORT", https.to_string())
        .env("OIDC_HTTP_PORT", http.to_string())
        .env("OIDC_JOURNAL", "yes")
        .env("OIDC_UNTIL_STDIN_ENDS", "yes")
        .env_remove("OIDC_ISSUER")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(File::create(directory.join("log")).unwrap())
        .spawn();
    let mut child =
        child.unwrap_or_else(|error| panic!("node: {error}; run `sudo tests/interop/up.sh`"));
    let mut said = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut said).unwrap();
    if !said.starts_with("issuer ") {
        child.wait().unwrap();
        let log = log(directory);
        assert!(log.contains("EADDRINUSE"), "the provider ended: {log}");
        return None;
    }
    Some(child)
}

impl Drop for OidcProvider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// The claims of a JWT. Its signature is the business of the mail servers.
///
/// # Panics
///
/// When it is none.
pub fn claims(token: &str) -> Value {
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
        panic!("this is no JWT");
    };
    let mut text = claims.replace('-', "+").replace('_', "/");
    while text.len() % 4 != 0 {
        text.push('=');
    }
    let octets = sasl_core::base64::decode(text.as_bytes(), false).unwrap();
    serde_json::from_slice(&octets).unwrap()
}

fn log(directory: &Path) -> String {
    fs::read_to_string(directory.join("log")).unwrap_or_default()
}

/// A new directory that nobody else reads.
fn scratch() -> PathBuf {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let made = MADE.fetch_add(1, Ordering::Relaxed);
    let name = format!("mail-login-provider-{}-{made}", std::process::id());
    let directory = std::env::temp_dir().join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir(&directory).unwrap();
    directory
}
