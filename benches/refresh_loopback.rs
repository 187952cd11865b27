//! Refreshes a second, over HTTP on loopback, from the embedded authorization server: it replaces the
//! refresh token each time, and runs in this process on a thread of its own.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use mail_login_benches::{Table, floor::tokens};
use mail_login_blocking::{Deadline, tokens as blocking};
use mail_login_tokens::{MemoryStore, Settings, clock};
use mail_login_tokio::tokens as unblocking;
use mail_testbed::{Endpoint, Provider, ProviderOptions};
use sasl_core::{Kind, Reason, Rejection};
use token_lifecycle::{Audience, Client, Feedback, Options, Record, Timers, Url};

fn main() {
    for (title, tls) in [("in clear", false), ("TLS", true)] {
        let bench = Bench::new(tls);
        bench.one_after_the_other(title);
        if tls {
            bench.many_at_once();
        }
        assert_eq!(bench.provider.reuses(), 0);
    }
}

const USER: &str = "alice@example.com";
const CLIENT: &str = "mail-client";

struct Bench {
    provider: Provider,
    tls: bool,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn new(tls: bool) -> Self {
        let options = ProviderOptions::new();
        let options = if tls { options } else { options.plain_http() };
        Self {
            provider: Provider::start(options).expect("there are sockets"),
            tls,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("there is a runtime"),
        }
    }

    fn one_after_the_other(&self, title: &str) {
        let mut blast = Blast::new(&self.provider);
        let http = self.blocking_http();
        let keeper = blocking::Keeper::start(self.settings(), self.store(), http)
            .expect("there is a thread");
        let grants = {
            let _inside = self.runtime.enter();
            unblocking::Keepers::new(self.tokio_http())
        };
        let store = unblocking::Blocking::new(self.store());
        let other = grants.add(self.settings(), store);
        let mut table = Table::of_waiting(format!("Refresh, {title}"));
        if !self.tls {
            table.floor("blaster on `std`, nothing stored", || blast.refresh());
        }
        table.ours("`mail_login_blocking`, a connection each", || {
            refuse(
                |generation, rejection| keeper.handle_rejection(generation, rejection),
                || keeper.token(Duration::ZERO, soon()).expect("it is good"),
            );
        });
        table.ours("`mail_login_tokio`, connections kept", || {
            refuse(
                |generation, rejection| other.handle_rejection(generation, rejection),
                || {
                    let token = other.token(Duration::ZERO, soon());
                    self.runtime.block_on(token).expect("it is good")
                },
            );
        });
        table.run();
    }

    /// So many grants, each refreshed once, by both drivers.
    fn many_at_once(&self) {
        const GRANTS: u32 = 1000;
        println!("\n### Refresh, TLS, {GRANTS} grants\n");
        println!("| candidate | at once | a second |");
        println!("|---|---:|---:|");
        let settings = Arc::new(self.settings());
        for at_once in [1, 8, 64] {
            let stores: Vec<_> = (0..GRANTS).map(|_| self.store()).collect();
            let begun = Instant::now();
            self.runtime.block_on(async {
                let http = self.tokio_http();
                let grants = unblocking::Keepers::with_at_once(http, at_once);
                let add =
                    |store| grants.add(Arc::clone(&settings), unblocking::Blocking::new(store));
                let kept: Vec<_> = stores.into_iter().map(add).collect();
                for keeper in &kept {
                    keeper
                        .token(Duration::ZERO, Deadline::NEVER)
                        .await
                        .expect("it is good");
                }
            });
            let rate = f64::from(GRANTS) / begun.elapsed().as_secs_f64();
            println!(
                "| **`mail_login_tokio`, one thread** | {at_once} and those asked for | {rate:.0} |"
            );
        }
        for threads in [1, 8] {
            let stores: Vec<Vec<_>> = (0..threads)
                .map(|_| (0..GRANTS / threads).map(|_| self.store()).collect())
                .collect();
            let http = self.blocking_http();
            let begun = Instant::now();
            thread::scope(|scope| {
                for stores in stores {
                    scope.spawn(|| {
                        for store in stores {
                            let keeper =
                                blocking::Keeper::start(self.settings(), store, http.clone());
                            let keeper = keeper.expect("there is a thread");
                            keeper
                                .token(Duration::ZERO, Deadline::NEVER)
                                .expect("it is good");
                        }
                    });
                }
            });
            let rate = f64::from(GRANTS / threads * threads) / begun.elapsed().as_secs_f64();
            println!("| **`mail_login_blocking`, a keeper for each** | {threads} | {rate:.0} |");
        }
    }

    fn settings(&self) -> Settings {
        let url = self.provider.url(Endpoint::Token);
        // Refused tokens are refreshed each time, however young they are.
        let timers = Timers {
            fresh: Duration::ZERO,
            ..Timers::default()
        };
        let owner = clock::owner().expect("there is randomness");
        let options = Options::new(owner, Audience::new("mail")).with_timers(timers);
        Settings::new(
            Url::dangerous_loopback(&url).expect("it is a URL"),
            Client::public(CLIENT).expect("it is a name"),
            options,
        )
    }

    fn store(&self) -> MemoryStore {
        let tokens = self.provider.issue(USER);
        let refresh = tokens.refresh_token().expect("it gives one");
        let json = format!(
            r#"{{"version":1,"revision":1,"generation":1,"signed_in":0,"client_id":"{CLIENT}","refresh":"{refresh}"}}"#
        );
        MemoryStore::with_record(Record::from_json(json.as_bytes()).expect("it is a record"))
    }

    fn blocking_http(&self) -> blocking::HttpClient {
        let pem = self.provider.authority().pem();
        let http = blocking::HttpClient::new().dangerous_loopback();
        http.extra_ca_pem(pem.as_bytes())
            .expect("it is a certificate")
    }

    fn tokio_http(&self) -> unblocking::HttpClient {
        let pem = self.provider.authority().pem();
        let http = unblocking::HttpClient::new().dangerous_loopback();
        http.extra_ca_pem(pem.as_bytes())
            .expect("it is a certificate")
    }
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

/// A mail server has refused the token that there is, so that a new one is got.
fn refuse(
    handle: impl Fn(token_lifecycle::Generation, &Rejection) -> Feedback,
    token: impl Fn() -> token_lifecycle::AccessToken,
) {
    let before = token();
    // Without a mark that it was asked for by force, which would end this.
    let rejection = Rejection::new(Reason::TokenRejected, Kind::Token);
    assert_eq!(handle(before.generation(), &rejection), Feedback::Retry);
    assert!(token().generation() > before.generation());
}

/// Sends the least that a server understands, and keeps the new refresh token in memory alone.
struct Blast {
    address: SocketAddr,
    host: String,
    refresh: String,
}

impl Blast {
    fn new(provider: &Provider) -> Self {
        let tokens = provider.issue(USER);
        Self {
            address: provider.address(),
            host: provider.address().to_string(),
            refresh: tokens.refresh_token().expect("it gives one").to_owned(),
        }
    }

    fn refresh(&mut self) {
        let body = format!(
            "grant_type=refresh_token&client_id={CLIENT}&refresh_token={}",
            self.refresh
        );
        let request = format!(
            "POST /token HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_nodelay(true).expect("it is TCP");
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut answer = Vec::with_capacity(8192);
        stream.read_to_end(&mut answer).expect("it answers");
        let at = memchr::memmem::find(&answer, b"\r\n\r\n").expect("there is a body");
        let read = tokens::answer(&answer[at + 4..]).expect("it is an object");
        self.refresh = String::from_utf8(read.refresh.to_vec()).expect("it is text");
        assert!(!self.refresh.is_empty());
    }
}
