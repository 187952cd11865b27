//! Who may use the server, and who it is.

use std::time::Duration;

use mail_login_tokio::tokens::redis::RedisServer;
use token_lifecycle::{Lock, Saved};

use crate::server::{RedisProcess, both, record};

const LONG: Duration = Duration::from_secs(60);

/// It does not work, and that is neither "held" nor "no record"; what it says, for people.
async fn problem(server: &RedisServer, what: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (kind, make) in both(server) {
        let store = make("grant", LONG);
        assert_eq!(store.lock().await, Lock::Unavailable, "{what}, {kind}");
        assert!(store.load().await.is_err(), "{what}, {kind}");
        assert_eq!(
            store.save(None, Some(&record(1))).await,
            Saved::Failed,
            "{what}, {kind}"
        );
        let problem = store.problem().unwrap();
        println!("{what}, {kind}: {problem}");
        problems.push(problem);
    }
    problems
}

async fn works(server: &RedisServer, what: &str) {
    for (kind, make) in both(server) {
        let store = make(kind, LONG);
        assert_eq!(
            store.lock().await,
            Lock::Acquired,
            "{what}, {kind}: {:?}",
            store.problem()
        );
        assert_eq!(
            store.save(None, Some(&record(1))).await,
            Saved::Done,
            "{what}, {kind}"
        );
        assert_eq!(
            store.load().await.unwrap(),
            Some(record(1)),
            "{what}, {kind}"
        );
    }
}

#[tokio::test]
async fn a_password_is_given_and_never_shown() {
    let process = RedisProcess::with(&["--requirepass", "right-secret"]);
    let server = |query: &str| RedisServer::new(&format!("{}{query}", process.url())).unwrap();
    for (query, what) in [("", "none"), ("?pass=wrong-secret", "wrong")] {
        let server = server(query);
        assert!(!format!("{server:?}").contains("secret"));
        for problem in problem(&server, what).await {
            assert!(
                problem.contains("check user and password"),
                "{what}: {problem}"
            );
            assert!(!problem.contains("secret"), "{what}: {problem}");
        }
    }
    works(&server("?pass=right-secret&db=3"), "right").await;
    // The database was chosen, too.
    let keys = process.cli(&["-a", "right-secret", "-n", "3", "DBSIZE"]);
    assert_eq!(keys.trim(), "4");
}

#[tokio::test]
async fn tls_is_verified() {
    let (_process, port, authority) = RedisProcess::with_tls();
    let server = RedisServer::new(&format!("rediss://localhost:{port}")).unwrap();
    for problem in problem(&server, "an unknown authority").await {
        assert!(problem.contains("certificate"), "{problem}");
    }
    let trusting = server.extra_ca_pem(authority.as_bytes()).unwrap();
    works(&trusting, "a known authority").await;
    // The certificate is for localhost alone.
    let other = RedisServer::new(&format!("rediss://127.0.0.1:{port}")).unwrap();
    let other = other.extra_ca_pem(authority.as_bytes()).unwrap();
    for problem in problem(&other, "another name").await {
        assert!(problem.contains("certificate"), "{problem}");
    }
    // A server that wants TLS, asked in clear, and the other way round.
    let clear = RedisServer::new(&format!("redis://127.0.0.1:{port}")).unwrap();
    problem(&clear, "in clear").await;
}

#[test]
fn urls_are_checked() {
    let bad = [
        "",
        "https://redis.example.com",
        "redis.example.com:6379",
        "rediss://",
        "rediss://host:port",
        "rediss://host/database",
        // Whoever wants this has to say so.
        "redis://redis.example.com",
        // There is no way to leave certificates unverified.
        "rediss://host/#insecure",
    ];
    for url in bad {
        assert!(RedisServer::new(url).is_err(), "{url}");
    }
    let good = [
        "rediss://user:p%40ss@redis.example.com:6380/2",
        "redis://localhost",
        "redis://127.0.0.1:6379/0",
        "redis://[::1]",
        "unix:///run/redis.sock",
    ];
    for url in good {
        let server = RedisServer::new(url);
        assert!(server.is_ok(), "{url}: {server:?}");
    }
    assert!(RedisServer::dangerous_in_clear("redis://redis.example.com").is_ok());
}
