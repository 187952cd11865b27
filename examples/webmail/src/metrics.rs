//! What operators count, in the text form of Prometheus.

use std::sync::{Arc, Mutex, PoisonError};

use mail_login_tokens::Notice;
use mail_session::{Fact, Outcome};
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use token_lifecycle::Event;

/// Counters by labels, all of whose values are known names.
type Counters = Family<Vec<(&'static str, &'static str)>, Counter>;

/// All that is counted. Clones count together.
#[derive(Clone, Default)]
pub(crate) struct Metrics(Arc<Inner>);

#[derive(Default)]
struct Inner {
    checks: Counters,
    refreshes: Counters,
    logins: Counters,
    opened: Counters,
    ended: Counters,
    store: Counter,
    cross_site: Counter,
    sessions: Gauge,
    connections: Gauge,
    /// Made when it is first asked for.
    registry: Mutex<Option<Registry>>,
}

impl Metrics {
    /// What came of the check of a request.
    pub(crate) fn check(&self, outcome: Option<&Outcome>) {
        let outcome = outcome.map_or("no-session", Outcome::name);
        self.0
            .checks
            .get_or_create(&vec![("outcome", outcome)])
            .inc();
    }

    /// A change that another site asked for.
    pub(crate) fn refused_origin(&self) {
        self.0.cross_site.inc();
    }

    /// Something happened to a session.
    pub(crate) fn fact(&self, fact: &Fact<'_>) {
        match fact {
            Fact::Tokens { notice, .. } => self.notice(notice),
            Fact::Login {
                protocol, result, ..
            } => {
                let labels = vec![("protocol", *protocol), ("result", *result)];
                self.0.logins.get_or_create(&labels).inc();
            }
            Fact::Opened { new, .. } => {
                let how = if *new { "signed-in" } else { "found" };
                self.0.opened.get_or_create(&vec![("how", how)]).inc();
            }
            Fact::Ended { ended, .. } => {
                let labels = vec![("reason", ended.reason.name())];
                self.0.ended.get_or_create(&labels).inc();
            }
            Fact::Store { .. } => {
                self.0.store.inc();
            }
            // A newer library tells more.
            _ => {}
        }
    }

    fn notice(&self, notice: &Notice) {
        let result = match notice {
            Notice::Event(Event::Refreshed { .. }) => "refreshed",
            Notice::Event(Event::Adopted { .. }) => "adopted",
            Notice::Event(Event::Failed(failure)) if failure.class().is_temporary() => "temporary",
            Notice::Event(Event::Failed(_)) => "refused",
            // Other facts are no results of refreshes.
            Notice::Event(_) | Notice::Problem(_) | Notice::SignIn(_) => return,
        };
        self.0
            .refreshes
            .get_or_create(&vec![("result", result)])
            .inc();
    }

    /// All of it as text.
    pub(crate) fn text(&self, sessions: usize, connections: usize) -> String {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.0.sessions.set(number(sessions));
        self.0.connections.set(number(connections));
        let mut registry = self
            .0
            .registry
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let registry = registry.get_or_insert_with(|| self.register());
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, registry);
        text
    }

    fn register(&self) -> Registry {
        let mut registry = Registry::with_prefix("webmail");
        let inner = &self.0;
        for (name, help, counters) in [
            (
                "session_checks",
                "Requests by what the check of their session said",
                &inner.checks,
            ),
            (
                "token_refreshes",
                "Refreshes of tokens by result",
                &inner.refreshes,
            ),
            (
                "mail_logins",
                "Logins to mail servers by protocol and result",
                &inner.logins,
            ),
            (
                "sessions_opened",
                "Sessions that users began, or that this node found",
                &inner.opened,
            ),
            (
                "sessions_ended",
                "Sessions that this node ended, by reason",
                &inner.ended,
            ),
        ] {
            registry.register(name, help, counters.clone());
        }
        let store = "Times that stored sessions could not be read or written";
        registry.register("store_problems", store, inner.store.clone());
        let refused = "Changes that other sites asked for";
        registry.register("cross_site_requests", refused, inner.cross_site.clone());
        let sessions = "Sessions in the memory of this node";
        registry.register("sessions", sessions, inner.sessions.clone());
        let connections = "IMAP connections that wait to be used again";
        registry.register(
            "imap_connections_idle",
            connections,
            inner.connections.clone(),
        );
        registry
    }
}
