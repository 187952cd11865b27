//! Those who send requests, and what they are answered.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use reqwest::{Certificate, Client, ClientBuilder, StatusCode, redirect};
use serde_json::{Value, json};

/// How requests are sent.
pub(super) struct Plan {
    pub(super) time: Duration,
    pub(super) pause: Duration,
    /// So seldom one logs in to IMAP; 0 for never.
    pub(super) imap_every: u64,
}

/// So many send at once.
const WORKERS: u64 = 12;

/// All sessions, and what was seen. Clones are of the same crowd.
#[derive(Clone)]
pub(super) struct Crowd {
    http: Client,
    urls: Vec<String>,
    sessions: Arc<Vec<String>>,
    seen: Arc<Mutex<Seen>>,
}

/// What was seen.
#[derive(Clone, Default)]
pub(super) struct Seen {
    statuses: BTreeMap<u16, u64>,
    /// 503 without a time to come back.
    unannounced: u64,
    /// Which sessions were told to sign in.
    pub(super) unauthorized: BTreeSet<usize>,
    /// A node that is down takes no connection, and one that is killed breaks it off.
    unreached: u64,
    /// Nothing came within the time.
    late: u64,
    times: Vec<u64>,
    /// The first answers that nobody expects.
    odd: Vec<String>,
}

impl Crowd {
    /// Signs in so many sessions by password.
    pub(super) async fn sign_in(urls: &[String], count: usize) -> Self {
        let http = builder()
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        let mut sessions = Vec::new();
        for number in 0..count {
            let url = format!("{}/api/sign-in", urls[number % urls.len()]);
            let body = json!({ "user": "alice@example.test", "password": "correct horse" });
            let answer = http.post(url).json(&body).send().await.unwrap();
            let status = answer.status();
            let answer: Value = answer.json().await.unwrap();
            let session = answer["session"].as_str();
            sessions.push(
                session
                    .unwrap_or_else(|| panic!("{status} {answer}"))
                    .into(),
            );
        }
        Self {
            http,
            urls: urls.into(),
            sessions: Arc::new(sessions),
            seen: Arc::default(),
        }
    }

    pub(super) async fn run(&self, plan: &Plan) {
        let end = Instant::now() + plan.time;
        let workers = (0..WORKERS).map(|worker| {
            let (crowd, pause, imap_every) = (self.clone(), plan.pause, plan.imap_every);
            tokio::spawn(async move {
                let mut dice = worker + 1;
                let mut roll = |sides: usize| {
                    dice ^= dice << 13;
                    dice ^= dice >> 7;
                    dice ^= dice << 17;
                    usize::try_from(dice % sides as u64).unwrap()
                };
                while Instant::now() < end {
                    let url = crowd.urls[roll(crowd.urls.len())].clone();
                    let number = roll(crowd.sessions.len());
                    let mail = imap_every > 0 && roll(usize::try_from(imap_every).unwrap()) == 0;
                    let path = if mail {
                        "/api/messages"
                    } else {
                        "/api/session"
                    };
                    crowd.ask(&format!("{url}{path}"), number).await;
                    tokio::time::sleep(pause).await;
                }
            })
        });
        for worker in workers.collect::<Vec<_>>() {
            worker.await.unwrap();
        }
    }

    async fn ask(&self, url: &str, number: usize) {
        let session = &self.sessions[number];
        let began = Instant::now();
        let answer = self.http.get(url).bearer_auth(session).send().await;
        let time = u64::try_from(began.elapsed().as_micros()).unwrap();
        let late = answer.as_ref().is_err_and(reqwest::Error::is_timeout);
        let (status, announced, text) = match answer {
            Ok(answer) => {
                let announced = answer.headers().contains_key("retry-after");
                let status = answer.status();
                (
                    Some(status),
                    announced,
                    answer.text().await.unwrap_or_default(),
                )
            }
            Err(_) => (None, false, String::new()),
        };
        let mut seen = self.seen.lock().unwrap();
        let Some(status) = status else {
            match late {
                true => seen.late += 1,
                false => seen.unreached += 1,
            }
            return;
        };
        *seen.statuses.entry(status.as_u16()).or_default() += 1;
        seen.times.push(time);
        if status == StatusCode::UNAUTHORIZED {
            seen.unauthorized.insert(number);
        }
        seen.unannounced += u64::from(status == StatusCode::SERVICE_UNAVAILABLE && !announced);
        if !status.is_success() && seen.odd.len() < 5 {
            let text = format!("{status} {url} {text}");
            seen.odd.push(text);
        }
    }

    pub(super) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn session(&self, number: usize) -> String {
        self.sessions[number].clone()
    }

    async fn state(&self, url: &str, number: usize) -> (StatusCode, Value) {
        // The token may have to be refreshed, and whoever was about to do it may have been killed: the lock
        // ends by itself after twenty seconds.
        for _ in 0..160 {
            let session = &self.sessions[number];
            let asked = self
                .http
                .get(format!("{url}/api/session"))
                .bearer_auth(session);
            let answer = asked.send().await.unwrap();
            let status = answer.status();
            if status != StatusCode::SERVICE_UNAVAILABLE {
                return (status, answer.json().await.unwrap());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        panic!("session {number} stays unavailable");
    }

    /// Every session but these goes on, at every node.
    pub(super) async fn all_live(&self, urls: &[String], but: &[usize]) {
        for number in (0..self.sessions.len()).filter(|number| !but.contains(number)) {
            let (status, answer) = self.state(&urls[number % urls.len()], number).await;
            assert_eq!(
                status,
                StatusCode::OK,
                "session {number} was lost: {answer}"
            );
        }
    }

    /// These have ended for this reason.
    pub(super) async fn all_over(&self, urls: &[String], these: &[usize], reason: &str) {
        for &number in these {
            self.until_over(urls, number, reason).await;
        }
    }

    /// This one ends soon at all nodes.
    pub(super) async fn until_over(&self, urls: &[String], number: usize, reason: &str) {
        let limit = Instant::now() + Duration::from_secs(20);
        for url in urls {
            loop {
                let (status, answer) = self.state(url, number).await;
                if status == StatusCode::UNAUTHORIZED {
                    assert_eq!(answer["error"], "reauth_required");
                    assert_eq!(answer["reason"], reason, "session {number}: {answer}");
                    break;
                }
                assert!(Instant::now() < limit, "session {number} goes on: {answer}");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }

    /// Where a browser that loads a page is sent.
    pub(super) async fn location(&self, urls: &[String], number: usize) -> String {
        let cookie = format!("session={}", self.sessions[number]);
        let asked = self
            .http
            .get(format!("{}/", urls[0]))
            .header("cookie", cookie);
        let answer = asked
            .header("sec-fetch-mode", "navigate")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        answer.headers()["location"].to_str().unwrap().into()
    }

    pub(super) async fn sign_out(&self, url: &str, number: usize) {
        let asked = self.http.post(format!("{url}/api/sign-out"));
        let answer = asked
            .bearer_auth(&self.sessions[number])
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }
}

impl Seen {
    /// Nothing but successes, announced 503s, and the end of sessions, and everything in time.
    pub(super) fn assert_honest(&self) {
        let known = [200, 401, 503];
        let odd = self.statuses.keys().any(|status| !known.contains(status));
        assert!(!odd && self.unannounced == 0 && self.late == 0, "{self}");
        assert!(self.count(200) > 1000, "{self}");
        // A node is down for a moment.
        assert!(self.unreached * 100 <= self.count(200), "{self}");
    }

    /// Where nothing fails: whoever asks is served.
    pub(super) fn assert_served(&self) {
        assert_eq!(self.unreached, 0, "{self}");
        assert!(self.count(503) * 100 <= self.count(200), "{self}");
    }

    fn count(&self, status: u16) -> u64 {
        self.statuses.get(&status).copied().unwrap_or_default()
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut times = self.times.clone();
        times.sort_unstable();
        let part = |share: usize| {
            let place = times.len() * share / 1000;
            times.get(place).map_or(0.0, |time| *time as f64 / 1000.0)
        };
        write!(
            f,
            "{} requests, by status {:?}, {} not taken by a node that was down, {} too late; median {:.1} ms, 99 % {:.1} ms, \
             longest {:.0} ms; odd ones: {:?}",
            times.len(),
            self.statuses,
            self.unreached,
            self.late,
            part(500),
            part(990),
            times.last().map_or(0.0, |time| *time as f64 / 1000.0),
            self.odd
        )
    }
}

/// A client that trusts this authority.
pub(super) fn client(ca: &Path) -> Client {
    let pem = fs::read(ca).unwrap();
    let certificates = Certificate::from_pem_bundle(&pem).unwrap();
    let client = builder().tls_certs_only(certificates);
    client.build().unwrap()
}

/// A client's TLS, of the provider that all of this project have.
pub(super) fn builder() -> ClientBuilder {
    // Another test may have done it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
}
