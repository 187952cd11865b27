//! A sign-in by the authorization code flow, as `sign-in` does it with a browser of people.

use std::{
    io,
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use mail_login_blocking::tokens::HttpClient;
use mail_login_tokens::{Http as _, MemoryStore, Settings, clock};
use mail_testbed::Testbed;
use token_lifecycle::{
    Audience, Authorization, Callback, Client, Exchange, GrantKind, Issuer, Metadata, Options,
    Page, Redirect, Request, State, Timers, Tokens, Verifier,
};

use super::{browser::browse, steps::unexpected};
use crate::{exit::Problem, session::Session, sign_in::wait_for_answer};

/// What is asked for.
const SCOPE: &str = "openid mail";

/// Signs a user in, and begins to keep his tokens.
pub(super) fn sign_in(testbed: &Testbed) -> Result<Session, Problem> {
    let pem = testbed.authority().pem();
    let http = HttpClient::new()
        .extra_ca_pem(pem.as_bytes())
        .map_err(|problem| unexpected(&problem))?;
    let metadata = discover(testbed, &http)?;
    let client = Client::public("mail-client").map_err(unexpected)?;
    let tokens = ask(testbed, &http, &metadata, &client)?;

    // Here time passes in jumps, so that a token is never too young to be refused for its age.
    let timers = Timers {
        fresh: Duration::ZERO,
        ..Timers::default()
    };
    let options = Options::new(clock::owner().map_err(unexpected)?, Audience::new(SCOPE))
        .with_seed(clock::seed().map_err(unexpected)?)
        .with_timers(timers);
    let endpoint = metadata.token_endpoint().map_err(unexpected)?.clone();
    let settings = Settings::new(endpoint, client, options);
    let session = Session::start("demo", settings, MemoryStore::new(), http)?;
    session.keep(tokens)?;
    Ok(session)
}

fn discover(testbed: &Testbed, http: &HttpClient) -> Result<Metadata, Problem> {
    let issuer = Issuer::new(testbed.provider().issuer()).map_err(unexpected)?;
    let url = issuer.urls().into_iter().next();
    let url = url.ok_or_else(|| unexpected("the issuer has no address"))?;
    let answer = http
        .send(&Request::fetch(url.as_str()))
        .map_err(unexpected)?;
    Metadata::parse(answer.response().body(), &issuer).map_err(unexpected)
}

fn ask(
    testbed: &Testbed,
    http: &HttpClient,
    metadata: &Metadata,
    client: &Client,
) -> Result<Tokens, Problem> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(unexpected)?;
    let port = listener.local_addr().map_err(unexpected)?.port();
    let redirect = Redirect::loopback(port, "/callback").map_err(unexpected)?;
    let state = State::from_entropy(&clock::entropy().map_err(unexpected)?);
    let verifier = Verifier::from_entropy(&clock::entropy().map_err(unexpected)?);
    let endpoint = metadata.authorization_endpoint().map_err(unexpected)?;
    let question = Authorization::new(endpoint, client, redirect, state, verifier)
        .metadata(metadata)
        .scope(SCOPE);
    let url = question.url();
    let question = Arc::new(Mutex::new(question));
    let answer = thread::scope(|scope| {
        let browser = scope.spawn(|| browse(&url, testbed.authority()));
        let deadline = Instant::now() + Duration::from_secs(10);
        let answer = wait_for_answer(listener, &question, deadline).and_then(|(answer, tab)| {
            tab.show(Page::SignedIn, "").map_err(unexpected)?;
            Ok(answer)
        });
        let gone = browser.join();
        gone.unwrap_or_else(|_| Err(io::Error::other("the browser broke down")))
            .map_err(unexpected)?;
        answer
    })?;
    let code = match answer {
        Callback::Code(code) => code,
        Callback::Refused(denial) => return Err(unexpected(denial.error())),
    };
    let question = question.lock().unwrap_or_else(PoisonError::into_inner);
    let endpoint = metadata.token_endpoint().map_err(unexpected)?;
    let request = question
        .redeem(&code)
        .build(endpoint, client)
        .map_err(unexpected)?;
    let exchange = Exchange::new(GrantKind::AuthorizationCode, clock::now().wall);
    let answer = http.send(&request).map_err(unexpected)?;
    exchange.read(&answer.response()).map_err(unexpected)
}
