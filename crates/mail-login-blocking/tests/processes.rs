//! Many processes with one file, and what is left of the grant when they are killed or the disk is full.

#![cfg(unix)]
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use mail_login_blocking::{
    Deadline,
    tokens::{FileStore, HttpClient, Keeper, Settings, Store as _, clock},
};
use mail_testbed::{Endpoint, Provider, ProviderOptions, Tokens};
use token_lifecycle::{Audience, Client, Options, Record, Saved, Url};

/// How long the processes run. More finds more.
fn time() -> Duration {
    let seconds = env::var("PROCESS_TEST_SECONDS").ok();
    Duration::from_secs(seconds.map_or(4, |seconds| seconds.parse().unwrap()))
}

/// A provider, and a directory with a grant of it.
struct Scene {
    provider: Provider,
    tokens: Tokens,
    directory: PathBuf,
}

impl Scene {
    fn new(options: ProviderOptions) -> Self {
        let provider = Provider::start(options).unwrap();
        let tokens = provider.issue("alice@example.com");
        let name = format!("mail-login-{}", clock::owner().unwrap());
        let scene = Self {
            provider,
            tokens,
            directory: env::temp_dir().join(name),
        };
        let refresh = scene.tokens.refresh_token().unwrap();
        let json = format!(
            r#"{{"version":1,"revision":1,"generation":1,"signed_in":0,"client_id":"mail-client","refresh":"{refresh}"}}"#
        );
        let record = Record::from_json(json.as_bytes()).unwrap();
        assert_eq!(scene.store().save(None, Some(&record)), Saved::Done);
        let pem = scene.provider.authority().pem();
        fs::write(scene.directory.join("ca.pem"), pem).unwrap();
        scene
    }

    fn store(&self) -> FileStore {
        FileStore::new(self.directory.join("grant.json"))
    }

    fn record(&self) -> Record {
        self.store().load().unwrap().unwrap()
    }

    /// This program once more, as a keeper of the grant that asks for tokens all the time.
    fn spawn(&self, before: &str) -> Child {
        let program = env::current_exe().unwrap();
        let script = format!(r#"{before} exec "$0" --exact keep --ignored --nocapture"#);
        Command::new("sh")
            .args(["-c", &script])
            .arg(program)
            .env("KEEP_DIRECTORY", &self.directory)
            .env("KEEP_ENDPOINT", self.provider.url(Endpoint::Token))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Ends what a child does, and waits until it is gone.
    fn end(&self, children: Vec<Child>) -> Vec<Output> {
        fs::write(self.directory.join("end"), "").unwrap();
        let wait = |child: Child| child.wait_with_output().unwrap();
        children.into_iter().map(wait).collect()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn keeper(directory: &Path, endpoint: &str) -> Keeper {
    let options = Options::new(clock::owner().unwrap(), Audience::new("mail"))
        .with_seed(clock::seed().unwrap());
    let settings = Settings::new(
        Url::new(endpoint).unwrap(),
        Client::public("mail-client").unwrap(),
        options,
    );
    let http = HttpClient::new()
        .extra_ca_file(directory.join("ca.pem"))
        .unwrap();
    Keeper::start(settings, FileStore::new(directory.join("grant.json")), http).unwrap()
}

/// What the children do: ask for tokens, once and until they are told to end. Each must be good.
#[test]
#[ignore = "the other tests run it, in processes of their own"]
fn keep() {
    let directory = PathBuf::from(env::var_os("KEEP_DIRECTORY").unwrap());
    let keeper = keeper(&directory, &env::var("KEEP_ENDPOINT").unwrap());
    let mut tokens = 0;
    let mut refused = 0;
    loop {
        match keeper.token(Duration::ZERO, Deadline::after(Duration::from_secs(5))) {
            Ok(token) => {
                assert!(token.expires_at().unwrap() > clock::now().wall, "expired");
                tokens += 1;
            }
            Err(error) => {
                println!("{error}");
                refused += 1;
                assert!(!error.needs_sign_in(), "{error}");
            }
        }
        if directory.join("end").exists() {
            break;
        }
        // The pace of a busy program; nothing depends on it.
        thread::sleep(Duration::from_millis(20));
    }
    println!("tokens={tokens} refused={refused}");
}

fn reports(outputs: &[Output]) -> Vec<String> {
    let text = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    outputs.iter().map(text).collect()
}

#[test]
fn twenty_processes_are_one_refresh_for_each_generation() {
    let scene = Scene::new(ProviderOptions::new().access_life(Duration::from_secs(1)));
    let children = (0..20).map(|_| scene.spawn("")).collect();
    thread::sleep(time());
    let outputs = scene.end(children);
    let reports = reports(&outputs);
    assert!(
        outputs.iter().all(|output| output.status.success()),
        "{reports:#?}"
    );
    assert!(
        reports.iter().all(|text| text.contains(" refused=0")),
        "{reports:#?}"
    );

    let record = scene.record();
    let refreshes = scene.provider.refreshes_of(scene.tokens.grant());
    assert_eq!(scene.provider.reuses(), 0);
    assert_eq!(refreshes, record.generation().get() - 1);
    assert_eq!(scene.provider.requests(Endpoint::Token), refreshes);
    assert!(refreshes >= 2, "{refreshes} refreshes are no test");
    assert!(record.can_refresh());
    println!("{refreshes} refreshes by 20 processes");
}

#[test]
fn processes_that_are_killed_lose_no_grant() {
    // Somebody who is killed between the answer and the disk has used up the refresh token. Where
    // the server gives grace, that costs nothing.
    let options = ProviderOptions::new()
        .access_life(Duration::from_secs(1))
        .grace(Duration::from_secs(60));
    let scene = Scene::new(options);
    let mut children: Vec<Child> = (0..6).map(|_| scene.spawn("")).collect();
    let end = Instant::now() + time();
    let mut random = clock::seed().unwrap();
    let mut killed = 0;
    while Instant::now() < end {
        // Any moment; which one it is, is the point of the test.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        thread::sleep(Duration::from_millis((random >> 33) % 120));
        let mut child = children.remove(0);
        child.kill().unwrap();
        child.wait().unwrap();
        killed += 1;
        // Whatever it was doing, the record is whole.
        assert!(scene.record().can_refresh());
        children.push(scene.spawn(""));
    }
    let outputs = scene.end(children);
    let reports = reports(&outputs);
    assert!(
        outputs.iter().all(|output| output.status.success()),
        "{reports:#?}"
    );
    assert_eq!(scene.provider.reuses(), 0);

    let keeper = keeper(&scene.directory, &scene.provider.url(Endpoint::Token));
    let token = keeper.token(Duration::ZERO, Deadline::after(Duration::from_secs(20)));
    assert!(token.is_ok(), "{token:?}");
    println!("{killed} processes killed");
}

#[test]
fn a_full_disk_loses_nothing() {
    let scene = Scene::new(ProviderOptions::new().access_life(Duration::from_secs(1)));
    let before = scene.record();
    // Every writing fails, as on a full disk, and the signal that would end the process is ignored.
    let child = scene.spawn("trap '' XFSZ; ulimit -f 0;");
    // It asks once and ends.
    let outputs = scene.end([child].into());
    let report = reports(&outputs).concat();
    assert!(outputs[0].status.success(), "{report}");
    assert!(report.contains("cannot write"), "{report}");
    assert!(report.contains("tokens=0 refused=1"), "{report}");
    // Nothing was sent that could not have been saved.
    assert_eq!(scene.record(), before);
    assert_eq!(scene.provider.requests(Endpoint::Token), 0);
    // There is room again.
    let keeper = keeper(&scene.directory, &scene.provider.url(Endpoint::Token));
    let token = keeper.token(Duration::ZERO, Deadline::after(Duration::from_secs(20)));
    assert!(token.is_ok(), "{token:?}");
    assert_eq!(scene.provider.reuses(), 0);
}
