//! Many processes with one grant in Redis, and tokens that live a second.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use mail_login_tokio::{
    Deadline,
    tokens::{
        HttpClient, Keeper, Keepers, Settings, clock,
        redis::{Redis, RedisServer},
    },
};
use mail_testbed::{Endpoint, Provider, ProviderOptions};
use token_lifecycle::{Audience, Client, Options, Record, Saved, Url};
use tokio::{task::JoinSet, time::sleep};

use crate::server::{RedisProcess, both};

/// How long the processes run. More finds more.
fn time() -> Duration {
    let seconds = env::var("PROCESS_TEST_SECONDS").ok();
    Duration::from_secs(seconds.map_or(5, |seconds| seconds.parse().unwrap()))
}

/// Each process has so many keepers of the one grant, and so many tasks that ask each of them.
const KEEPERS: usize = 2;
const TASKS: usize = 10;

#[test]
fn four_processes_are_one_refresh_for_each_generation() {
    let options = ProviderOptions::new().access_life(Duration::from_secs(1));
    let provider = Provider::start(options).unwrap();
    let tokens = provider.issue("alice@example.com");
    let process = RedisProcess::start();
    let json = format!(
        r#"{{"version":1,"revision":1,"generation":1,"signed_in":0,"client_id":"mail-client","refresh":"{}"}}"#,
        tokens.refresh_token().unwrap()
    );
    let record = Record::from_json(json.as_bytes()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let [(_, make), _] = both(&process.server());
    let store = make("grant", Duration::from_secs(60));
    assert_eq!(
        runtime.block_on(store.save(None, Some(&record))),
        Saved::Done
    );
    fs::write(
        process.directory().join("ca.pem"),
        provider.authority().pem(),
    )
    .unwrap();

    let spawn = |_| {
        Command::new(env::current_exe().unwrap())
            .args(["--exact", "processes::keep", "--ignored", "--nocapture"])
            .env("KEEP_DIRECTORY", process.directory())
            .env("KEEP_ENDPOINT", provider.url(Endpoint::Token))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..4).map(spawn).collect();
    thread::sleep(time());
    fs::write(process.directory().join("end"), "").unwrap();
    let outputs: Vec<Output> = children
        .into_iter()
        .map(|child| child.wait_with_output().unwrap())
        .collect();
    let reports: Vec<_> = outputs
        .iter()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .collect();
    assert!(
        outputs.iter().all(|output| output.status.success()),
        "{reports:#?}"
    );
    assert!(
        reports.iter().all(|text| text.contains(" refused=0")),
        "{reports:#?}"
    );

    let record = runtime.block_on(store.load()).unwrap().unwrap();
    let refreshes = provider.refreshes_of(tokens.grant());
    assert_eq!(provider.reuses(), 0);
    assert_eq!(refreshes, record.generation().get() - 1);
    assert_eq!(provider.requests(Endpoint::Token), refreshes);
    assert!(refreshes >= 2, "{refreshes} refreshes are no test");
    assert!(record.can_refresh());
    println!("{refreshes} refreshes; {reports:?}");
}

/// What the children do: ask for tokens until they are told to end. Each must be good.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other test runs it, in processes of their own"]
async fn keep() {
    let directory = PathBuf::from(env::var_os("KEEP_DIRECTORY").unwrap());
    let url = format!("unix://{}", directory.join("socket").to_str().unwrap());
    let redis = Redis::new(RedisServer::new(&url).unwrap());
    let http = HttpClient::new()
        .extra_ca_file(directory.join("ca.pem"))
        .unwrap();
    let keepers = Keepers::new(http);
    let mut tasks = JoinSet::new();
    for _ in 0..KEEPERS {
        let options = Options::new(clock::owner().unwrap(), Audience::new("mail"))
            .with_seed(clock::seed().unwrap());
        let endpoint = Url::new(&env::var("KEEP_ENDPOINT").unwrap()).unwrap();
        let settings = Settings::new(endpoint, Client::public("mail-client").unwrap(), options);
        let keeper = keepers.add(settings, redis.store("grant").unwrap());
        for _ in 0..TASKS {
            tasks.spawn(ask(keeper.clone(), directory.join("end")));
        }
    }
    let counts = tasks.join_all().await;
    let tokens: u64 = counts.iter().map(|(tokens, _)| tokens).sum();
    let refused: u64 = counts.iter().map(|(_, refused)| refused).sum();
    assert!(
        keepers
            .settle(Deadline::after(Duration::from_secs(20)))
            .await
    );
    println!("tokens={tokens} refused={refused}");
}

async fn ask(keeper: Keeper, end: PathBuf) -> (u64, u64) {
    let (mut tokens, mut refused) = (0, 0);
    while !end.exists() {
        let asked = clock::now().wall;
        match keeper
            .token(Duration::ZERO, Deadline::after(Duration::from_secs(5)))
            .await
        {
            Ok(token) => {
                assert!(token.expires_at().unwrap() > asked, "expired");
                tokens += 1;
            }
            Err(error) => {
                println!("{error}");
                refused += 1;
                assert!(!error.needs_sign_in(), "{error}");
            }
        }
        // The pace of a busy program; nothing depends on it.
        sleep(Duration::from_millis(20)).await;
    }
    (tokens, refused)
}
