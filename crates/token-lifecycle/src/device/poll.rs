//! Asking whether the user has agreed yet.

use core::{fmt, time::Duration};

use crate::{
    Class, DeviceAuthorization, Exchange, Failure, GrantKind, Now, Quirks, Response, TokenRequest,
    Tokens,
};

/// Asks for the tokens of a sign-in on another device, as often as the server allows and not longer
/// than the user has (<https://www.rfc-editor.org/rfc/rfc8628#section-3.4>).
///
/// ```text
///             ┌──────────── pending, slow down, no answer ───────────┐
///             ▼                                                      │
/// new ─► Wait(…) ─► Ask(request) ─► handle_response ─────────────────┤
///             │                                                      ├─► tokens
///             └─► Over: the time of the user is up                   └─► failure
/// ```
///
/// [`poll`](Self::poll) may be called at any time; what it says changes with time, and when an answer
/// was handed in. All work is bounded.
///
/// ```
/// use core::time::Duration;
/// use token_lifecycle::{DeviceAuthorization, DevicePoll, DeviceStep, Response, UnixTime};
///
/// let device = DeviceAuthorization::parse(br#"{"device_code":"dc","user_code":"WDJB-MJHT",
///     "verification_uri":"https://example.com/device","expires_in":1800}"#)?;
/// let start = UnixTime::from_secs(1_767_222_000);
/// let mut poll = DevicePoll::new(device, start);
/// let DeviceStep::Wait(wait) = poll.poll(start) else { panic!("too early to ask") };
/// assert_eq!(wait, Duration::from_secs(5));
///
/// let DeviceStep::Ask(request) = poll.poll(start + wait) else { panic!("time to ask") };
/// // … request.build(…), send it …
/// let pending = Response::new(400, br#"{"error":"authorization_pending"}"#);
/// assert_eq!(poll.handle_response(start + wait, &pending), Ok(None));
///
/// let DeviceStep::Ask(request) = poll.poll(start + wait * 2) else { panic!("time to ask") };
/// let tokens = Response::new(200, br#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"bearer"}"#);
/// assert!(poll.handle_response(start + wait * 2, &tokens).unwrap().is_some());
/// # Ok::<(), token_lifecycle::DeviceError>(())
/// ```
#[derive(Clone)]
pub struct DevicePoll {
    device: DeviceAuthorization,
    quirks: Quirks,
    clock: Clock,
    /// The pause that the server wants; it only grows.
    interval: Duration,
    /// The pause after trouble, which is forgotten with the next proper answer.
    pause: Duration,
    /// When to ask next, counted from the start.
    due: Duration,
    sent: Option<Now>,
    /// Answers in a row that are of something else than the authorization server.
    suspicious: u8,
    over: bool,
}

/// What to do next.
///
/// ```
/// use token_lifecycle::DeviceStep;
///
/// fn is_asking(step: &DeviceStep<'_>) -> bool { matches!(step, DeviceStep::Ask(_)) }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub enum DeviceStep<'a> {
    /// Send this, and hand in the answer or say that there was none.
    Ask(TokenRequest<'a>),
    /// Nothing more: the time of the user is up, or the end was told already. Only the user starts
    /// anew.
    Over,
    /// Wait this long, and ask again what to do.
    Wait(Duration),
}

/// "Slow down" means so much more, from then on (<https://www.rfc-editor.org/rfc/rfc8628#section-3.5>).
const SLOWER: Duration = Duration::from_secs(5);
/// Trouble does not make the pause longer than this.
const PAUSE_MAX: Duration = Duration::from_secs(300);
/// So many answers of somebody else in a row are enough.
const SUSPICIOUS: u8 = 5;

impl DevicePoll {
    /// Starts to wait. The time of the user runs from now on.
    pub fn new(device: DeviceAuthorization, now: impl Into<Now>) -> Self {
        let interval = device.interval();
        Self {
            device,
            quirks: Quirks::default(),
            clock: Clock::new(now.into()),
            interval,
            pause: interval,
            due: interval,
            sent: None,
            suspicious: 0,
            over: false,
        }
    }

    /// With what is known of this server.
    pub fn with_quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }

    /// What to show the user.
    pub fn device(&self) -> &DeviceAuthorization {
        &self.device
    }

    /// What to do next.
    pub fn poll(&mut self, now: impl Into<Now>) -> DeviceStep<'_> {
        let now = now.into();
        let elapsed = self.clock.elapsed(now);
        let left = self.device.expires_in().saturating_sub(elapsed);
        if self.over || left.is_zero() {
            self.over = true;
            return DeviceStep::Over;
        }
        let wait = self.due.saturating_sub(elapsed);
        if !wait.is_zero() {
            return DeviceStep::Wait(wait.min(left));
        }
        self.sent = Some(now);
        DeviceStep::Ask(TokenRequest::device_code(self.device.device_code()))
    }

    /// Takes the answer: tokens, or `None` if the user has not agreed yet.
    ///
    /// # Errors
    ///
    /// When the sign-in is over: the user refused, the time is up, or the client may not do this. What
    /// is only trouble on the way is no error; it makes the next pause longer.
    pub fn handle_response(
        &mut self,
        now: impl Into<Now>,
        response: &Response<'_>,
    ) -> Result<Option<Tokens>, Failure> {
        let now = now.into();
        let sent = self.sent.take().unwrap_or(now);
        let exchange =
            Exchange::new(GrantKind::DeviceCode, sent.wall).with_quirks(self.quirks.clone());
        match exchange.read(response) {
            Ok(tokens) => {
                self.over = true;
                Ok(Some(tokens))
            }
            Err(failure) => self.failed(now, failure).map_or(Ok(None), Err),
        }
    }

    /// Says that no answer came, or not all of it. The next pause is twice as long
    /// (<https://www.rfc-editor.org/rfc/rfc8628#section-3.5>).
    pub fn handle_no_response(&mut self, now: impl Into<Now>) {
        self.sent = None;
        self.back_off(now.into(), None);
    }

    /// Keeps a failure to itself, or gives it back if it is the end.
    fn failed(&mut self, now: Now, failure: Failure) -> Option<Failure> {
        // Some servers say so with status 429, which alone would mean something more general.
        let slow_down = failure.code() == Some("slow_down");
        match failure.class() {
            Class::Pending => self.wait(now),
            Class::SlowDown => self.slow_down(now),
            Class::Throttled if slow_down => self.slow_down(now),
            Class::Ambiguous | Class::Throttled | Class::Transient => {
                self.back_off(now, failure.retry_after());
            }
            // A code that nobody knows: <https://www.rfc-editor.org/rfc/rfc8628#section-3.5> wants
            // an end. What is no answer of this server at all may pass, such as a page of a hotel.
            Class::Suspicious if failure.code().is_none() && self.suspicious + 1 < SUSPICIOUS => {
                self.suspicious += 1;
                self.back_off(now, failure.retry_after());
            }
            Class::FlowDenied
            | Class::FlowExpired
            | Class::GrantRejected
            | Class::Misconfigured(_)
            | Class::SignIn
            | Class::Suspicious => {
                self.over = true;
                return Some(failure);
            }
        }
        None
    }

    fn slow_down(&mut self, now: Now) {
        self.interval = self.interval.saturating_add(SLOWER);
        self.wait(now);
    }

    /// After a proper answer.
    fn wait(&mut self, now: Now) {
        self.suspicious = 0;
        self.pause = self.interval;
        self.due = self.clock.elapsed(now).saturating_add(self.interval);
    }

    /// After trouble.
    fn back_off(&mut self, now: Now, wanted: Option<Duration>) {
        let longest = PAUSE_MAX.max(self.interval);
        self.pause = self.pause.saturating_mul(2).clamp(self.interval, longest);
        let pause = wanted.map_or(self.pause, |wanted| wanted.max(self.pause));
        self.due = self.clock.elapsed(now).saturating_add(pause);
    }
}

impl fmt::Debug for DevicePoll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevicePoll")
            .field("device", &self.device)
            .field("interval", &self.interval)
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}

/// The time since the start. It only goes forward, whatever becomes of the wall clock.
#[derive(Clone)]
struct Clock {
    last: Now,
    elapsed: Duration,
}

impl Clock {
    fn new(now: Now) -> Self {
        Self {
            last: now,
            elapsed: Duration::ZERO,
        }
    }

    fn elapsed(&mut self, now: Now) -> Duration {
        let step = match (self.last.boot, now.boot) {
            (Some(last), Some(boot)) => boot.saturating_sub(last),
            (Some(_) | None, Some(_) | None) => now.wall.since(self.last.wall),
        };
        self.elapsed = self.elapsed.saturating_add(step);
        self.last = now;
        self.elapsed
    }
}

#[cfg(test)]
mod tests;
