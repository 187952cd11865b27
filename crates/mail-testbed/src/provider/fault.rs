//! What goes wrong between a client and its provider.

use alloc::{format, string::String, sync::Arc, vec::Vec};
use core::{fmt, time::Duration};

use serde_json::json;
use tokio::sync::Semaphore;

use super::reply::Reply;

/// One request that does not go as it should.
///
/// ```
/// use core::time::Duration;
/// use mail_testbed::{Fault, Provider, ProviderOptions};
///
/// let provider = Provider::start(ProviderOptions::new())?;
/// // The next refresh happens, and its answer is lost; the one after that is told to wait.
/// provider.misbehave(Fault::dropped_after());
/// provider.misbehave(Fault::too_many_requests(Duration::from_secs(30)));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Fault {
    pub(super) act: Act,
    pub(super) delay: Duration,
    pub(super) gate: Option<Arc<Semaphore>>,
    pub(super) pause: Option<Duration>,
}

/// What is done with the request in the end.
#[derive(Clone)]
pub(super) enum Act {
    Answer(Reply),
    CutShort,
    DropAfter,
    DropBefore,
    Process,
}

impl Fault {
    /// No fault: the request is answered as always. It keeps the place of a request in the queue,
    /// and can be [`delayed`](Self::delayed), [`held`](Self::held) or
    /// [`slowly`](Self::slowly) answered.
    pub fn none() -> Self {
        Self::from_act(Act::Process)
    }

    /// This answer, and nothing happens to the tokens.
    pub fn answer(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::from_act(Act::Answer(Reply::new(status, content_type, body)))
    }

    /// An error as the token endpoint words it.
    /// <https://www.rfc-editor.org/rfc/rfc6749#section-5.2>
    pub fn error(status: u16, code: &str) -> Self {
        let body = json!({"error": code, "error_description": "as the test wants it"});
        Self::answer(status, "application/json", format!("{body}"))
    }

    /// A status with a body that is not for programs, as gateways have it.
    pub fn status(status: u16) -> Self {
        Self::answer(status, "text/plain", format!("status {status}\n"))
    }

    /// `429`, with the time to wait.
    pub fn too_many_requests(retry_after: Duration) -> Self {
        Self::status(429).header("retry-after", &format!("{}", retry_after.as_secs()))
    }

    /// A page with status 200, as a hotel's network puts it in front of everything.
    pub fn html_page() -> Self {
        let page = "<!DOCTYPE html><title>Welcome</title><p>Please accept our terms of use.";
        Self::answer(200, "text/html; charset=utf-8", page)
    }

    /// `307`, which asks to send the request, secrets and all, to somebody else.
    pub fn redirect(location: &str) -> Self {
        Self::from_act(Act::Answer(Reply::redirect(307, location.into())))
    }

    /// A JSON object of this many octets, of 14 at least.
    pub fn oversized(octets: usize) -> Self {
        let padding = "x".repeat(octets.saturating_sub(14));
        let body = format!("{{\"padding\":\"{padding}\"}}");
        Self::answer(200, "application/json", body)
    }

    /// The connection is closed, and nothing has happened.
    pub fn dropped_before() -> Self {
        Self::from_act(Act::DropBefore)
    }

    /// Everything happens, and the connection is closed without an answer: with rotation, the old
    /// refresh token is used up and the new one is lost.
    pub fn dropped_after() -> Self {
        Self::from_act(Act::DropAfter)
    }

    /// Everything happens, and the connection is closed in the middle of the answer's body.
    pub fn cut_short() -> Self {
        Self::from_act(Act::CutShort)
    }

    /// Adds a header, where the answer is one of this fault's own. A header that HTTP cannot hold
    /// is left out.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Act::Answer(reply) = &mut self.act {
            reply.headers.push((name, value.into()));
        }
        self
    }

    /// The request waits so long before anything happens.
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The request waits until the test opens the gate, before anything happens. So a test can be
    /// sure, without sleeping, that two things are under way at once.
    ///
    /// ```
    /// use core::time::Duration;
    /// use mail_testbed::{Endpoint, Fault, Provider, ProviderOptions};
    ///
    /// let provider = Provider::start(ProviderOptions::new())?;
    /// let (fault, gate) = Fault::none().held();
    /// provider.misbehave(fault);
    /// // Start what needs a token, wait until its request is there, do what shall come in between.
    /// let _there = provider.wait_for(Endpoint::Token, 1, Duration::ZERO);
    /// gate.open();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn held(mut self) -> (Self, Gate) {
        let semaphore = Arc::new(Semaphore::new(0));
        self.gate = Some(Arc::clone(&semaphore));
        (self, Gate(semaphore))
    }

    /// The body of the answer comes an octet at a time, with a pause before each.
    pub fn slowly(mut self, pause: Duration) -> Self {
        self.pause = Some(pause);
        self
    }

    fn from_act(act: Act) -> Self {
        Self {
            act,
            delay: Duration::ZERO,
            gate: None,
            pause: None,
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let act: String = match &self.act {
            Act::Answer(reply) => format!("Answer({})", reply.status),
            Act::CutShort => "CutShort".into(),
            Act::DropAfter => "DropAfter".into(),
            Act::DropBefore => "DropBefore".into(),
            Act::Process => "Process".into(),
        };
        f.debug_struct("Fault")
            .field("act", &act)
            .field("delay", &self.delay)
            .field("held", &self.gate.is_some())
            .field("pause", &self.pause)
            .finish()
    }
}

/// Lets a request that is [held](Fault::held) go on: when it is opened, or dropped.
///
/// ```
/// use mail_testbed::Fault;
///
/// let (fault, gate) = Fault::none().held();
/// # let _ = fault;
/// gate.open();
/// ```
#[derive(Debug)]
#[must_use = "a gate that is dropped is open"]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    /// Lets the request go on.
    pub fn open(self) {}
}

impl Drop for Gate {
    fn drop(&mut self) {
        // Who waits for a closed semaphore waits no more.
        self.0.close();
    }
}
