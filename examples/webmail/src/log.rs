//! What is logged: each request by its route and session, never by its address, and what happens to sessions.
//! No identifier, token, name or subject is in it.

use std::{
    borrow::Cow,
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use mail_login_tokens::Notice;
use mail_session::{Account, Fact, Session, Wait};
use tracing::{Instrument, Level, Span, Subscriber, debug, field::Empty, info, info_span, warn};
use tracing_subscriber::{
    filter::Targets, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt,
};

/// Logs to the standard error from now on.
pub fn to_stderr(level: Level) {
    // Who embeds this program may log otherwise already.
    let _ = subscriber(level, std::io::stderr).try_init();
}

/// Lines of text to a writer. The libraries below only warn: what else they tell is not for logs.
pub fn subscriber<W>(level: Level, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let targets = Targets::new()
        .with_target("webmail", level)
        .with_default(level.min(Level::WARN));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(false);
    tracing_subscriber::registry().with(lines).with(targets)
}

/// A span for each request.
pub(crate) async fn request(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("-", MatchedPath::as_str).to_owned();
    let method = request.method().as_str().to_owned();
    let span = info_span!("request", %method, %route, session = Empty);
    let began = Instant::now();
    async {
        let response = next.run(request).await;
        let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        info!(
            status = response.status().as_u16(),
            milliseconds, "answered"
        );
        response
    }
    .instrument(span)
    .await
}

/// Behind the check of the session: the span gets its name.
pub(crate) async fn session(request: Request, next: Next) -> Response {
    if let Some(session) = request.extensions().get::<Session>() {
        name(session);
    }
    next.run(request).await
}

/// Names the session in the span of the request.
pub(crate) fn name(session: &Session) {
    // The short form, by which nobody can use it.
    Span::current().record("session", format!("{:?}", session.key()));
}

/// A token, or a session, has to be waited for. What users are told of it says less.
pub(crate) fn unavailable(wait: &Wait) {
    warn!(problem = %wait, seconds = wait.seconds(), "unavailable");
}

/// Something happened to a session.
pub(crate) fn fact(fact: &Fact<'_>) {
    match fact {
        Fact::Tokens {
            session,
            account,
            notice,
        } => {
            let account = short(account);
            match notice {
                Notice::Event(event) => debug!(?session, %account, event = event.name(), "tokens"),
                Notice::Problem(problem) => warn!(?session, %account, problem, "tokens"),
                Notice::SignIn(sign_in) => info!(
                    ?session,
                    %account,
                    reason = sign_in.reason.name(),
                    "sign-in is needed"
                ),
            }
        }
        Fact::Login {
            session,
            account,
            protocol,
            result,
        } => {
            info!(?session, account = %short(account), protocol, result, "login");
        }
        Fact::Opened { session, new } => info!(?session, new, "session opened"),
        Fact::Ended { session, ended } => {
            info!(
                ?session,
                reason = ended.reason.name(),
                code = ended.code,
                "session ended"
            );
        }
        Fact::Store { session, problem } => warn!(?session, problem, "store"),
        // A newer library tells more.
        _ => {}
    }
}

/// An account as logs have it: accounts other than the user's own are called by their addresses here. The hash tells
/// those of a session apart, and has a key that ends with the program, so that nobody finds addresses by trying.
fn short(account: &str) -> Cow<'_, str> {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    match account {
        Account::PRIMARY => Cow::Borrowed(account),
        other => Cow::Owned(format!("other-{:08x}", KEY.hash_one(other) >> 32)),
    }
}
