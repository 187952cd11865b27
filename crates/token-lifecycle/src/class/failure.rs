//! Why there are no tokens.

use alloc::{boxed::Box, string::String};
use core::{fmt, time::Duration};

use sasl_core::Text;

use crate::response::Members;

/// Why there are no tokens, and what that means. It holds no secret, and of what the server
/// said at most 1 KiB each, for people: [`Class`] says what to do.
///
/// ```
/// use token_lifecycle::{Exchange, GrantKind, Response, UnixTime};
///
/// let exchange = Exchange::new(GrantKind::RefreshToken, UnixTime::default());
/// let body = br#"{"error":"invalid_client","error_description":"secret\u001b[2J expired"}"#;
/// let failure = exchange.read(&Response::new(401, body)).unwrap_err();
/// assert_eq!(failure.code(), Some("invalid_client"));
/// assert_eq!(
///     failure.to_string(),
///     r"the authorization server does not accept this client: check client id and secret (invalid_client, HTTP 401); it said: secret\u{1b}[2J expired"
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Failure(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    class: Class,
    status: Option<u16>,
    code: Option<String>,
    subcode: Option<String>,
    description: Option<String>,
    claims: Option<String>,
    retry_after: Option<Duration>,
    escalation: Option<Escalation>,
    remedy: Option<Remedy>,
    maybe_consumed: bool,
}

/// More octets of what a server says are not kept.
const LENGTH: usize = 1024;
/// Claims are sent back, so that they must be whole; longer ones are not kept.
const CLAIMS: usize = 8 << 10;
/// Servers ask for anything between nothing and years. What is not kept apart is a second, what
/// is more than an hour is asked again.
const LONGEST: Duration = Duration::from_secs(3600);
const SHORTEST: Duration = Duration::from_secs(1);

impl Failure {
    pub(crate) fn new(class: Class) -> Self {
        Self(Box::new(Inner {
            class,
            status: None,
            code: None,
            subcode: None,
            description: None,
            claims: None,
            retry_after: None,
            escalation: None,
            remedy: None,
            maybe_consumed: false,
        }))
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_members(mut self, members: &Members) -> Self {
        let text = |text: Option<&str>| Some(cut(text?).into());
        self.0.code = text(members.error.text());
        self.0.subcode = text(
            members
                .suberror
                .text()
                .or_else(|| members.error_subtype.text()),
        );
        self.0.description = text(members.error_description.text());
        self.0.claims = members
            .claims
            .text()
            .filter(|text| text.len() <= CLAIMS)
            .map(String::from);
        self
    }

    pub(crate) fn after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait.map(|wait| wait.clamp(SHORTEST, LONGEST));
        self
    }

    pub(crate) fn escalating(mut self, after: u8, to: Setting) -> Self {
        self.0.escalation = Some(Escalation {
            after,
            to,
            only_expired: false,
        });
        self
    }

    pub(crate) fn escalating_when_expired(mut self, after: u8, to: Setting) -> Self {
        self.0.escalation = Some(Escalation {
            after,
            to,
            only_expired: true,
        });
        self
    }

    pub(crate) fn or_try(mut self, remedy: Option<Remedy>) -> Self {
        self.0.remedy = remedy;
        self
    }

    pub(crate) fn maybe_consumed(mut self, consumed: bool) -> Self {
        self.0.maybe_consumed = consumed;
        self
    }

    pub(crate) fn with_class(mut self, class: Class) -> Self {
        self.0.class = class;
        self
    }

    /// What to do.
    pub fn class(&self) -> Class {
        self.0.class
    }

    /// The status of HTTP, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The error code as the server sent it, such as `invalid_grant`. For people use
    /// [`Text`], as `Display` does.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// More about an error: `suberror` at Microsoft, `error_subtype` at Google.
    pub fn subcode(&self) -> Option<&str> {
        self.0.subcode.as_deref()
    }

    /// What the server says to people. Nothing is decided by it.
    pub fn description(&self) -> Text<'_> {
        Text::new(self.0.description.as_deref().unwrap_or_default().as_bytes())
    }

    /// What a sign-in has to ask for, to be sent as `claims` (Microsoft).
    pub fn claims(&self) -> Option<&str> {
        self.0.claims.as_deref()
    }

    /// How long the server wants to be left alone: one second to one hour.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    pub(crate) fn escalation(&self) -> Option<Escalation> {
        self.0.escalation
    }

    pub(crate) fn remedy(&self) -> Option<Remedy> {
        self.0.remedy
    }

    /// Whether the refresh token may have been replaced all the same.
    pub(crate) fn is_maybe_consumed(&self) -> bool {
        self.0.maybe_consumed
    }
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(LENGTH);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.class)?;
        let code = Text::new(self.code().unwrap_or_default().as_bytes());
        match (code.is_empty(), self.0.status) {
            (true, None) => {}
            (true, Some(status)) => write!(f, " (HTTP {status})")?,
            (false, None) => write!(f, " ({code})")?,
            (false, Some(status)) => write!(f, " ({code}, HTTP {status})")?,
        }
        if !self.description().is_empty() {
            write!(f, "; it said: {}", self.description())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure({:?}: {self})", self.0.class)
    }
}

impl core::error::Error for Failure {}

/// What a failure means.
///
/// ```
/// use token_lifecycle::Class;
/// assert_eq!(Class::GrantRejected.name(), "grant-rejected");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Class {
    /// The request may have been processed, and a refresh token replaced.
    #[error(
        "the connection to the authorization server broke before its answer came: it will be asked again"
    )]
    Ambiguous,
    /// The user, or the server for him, said no.
    #[error("the sign-in was refused: sign in again to allow it")]
    FlowDenied,
    /// The sign-in took too long, or its code was used already.
    #[error("the sign-in took too long, or its code was used already: start it again")]
    FlowExpired,
    /// The refresh token was refused. It is dead only if nobody has replaced it.
    #[error("the authorization server does not accept the refresh token: sign in again")]
    GrantRejected,
    /// A setting is wrong. The user cannot help, and the tokens are kept.
    #[error("the authorization server {0}")]
    Misconfigured(Setting),
    /// The user has not finished the sign-in.
    #[error("the sign-in is not finished: finish it in the browser")]
    Pending,
    /// The user has to do something.
    #[error("the authorization server wants the user: sign in again")]
    SignIn,
    /// The same as [`Pending`](Self::Pending), and the server is asked too often.
    #[error("the sign-in is not finished, and the server is asked too often: ask less often")]
    SlowDown,
    /// Something other than the authorization server seems to answer.
    #[error(
        "this is not an answer of an authorization server: check the network, proxies and the URL"
    )]
    Suspicious,
    /// The server wants fewer requests.
    #[error("the authorization server wants fewer requests: wait")]
    Throttled,
    /// Nothing is known against the tokens.
    #[error("the authorization server cannot be reached or cannot answer: try again later")]
    Transient,
}

impl Class {
    /// Whether the same request may do later.
    pub const fn is_temporary(self) -> bool {
        match self {
            Self::Ambiguous
            | Self::Pending
            | Self::SlowDown
            | Self::Suspicious
            | Self::Throttled
            | Self::Transient => true,
            Self::FlowDenied
            | Self::FlowExpired
            | Self::GrantRejected
            | Self::Misconfigured(_)
            | Self::SignIn => false,
        }
    }

    /// A stable name for programs, in kebab-case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ambiguous => "ambiguous",
            Self::FlowDenied => "flow-denied",
            Self::FlowExpired => "flow-expired",
            Self::GrantRejected => "grant-rejected",
            Self::Misconfigured(_) => "misconfigured",
            Self::Pending => "pending",
            Self::SignIn => "sign-in",
            Self::SlowDown => "slow-down",
            Self::Suspicious => "suspicious",
            Self::Throttled => "throttled",
            Self::Transient => "transient",
        }
    }
}

/// The setting that is wrong. `Display` continues a sentence on the authorization server.
///
/// ```
/// use token_lifecycle::Setting;
/// assert_eq!(Setting::Scope.to_string(), "does not know these scopes: check the scopes");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Setting {
    /// The signed assertion.
    #[error("does not accept the signed assertion: check key, subject and clock")]
    Assertion,
    /// Client id, secret or certificate; secrets and certificates expire.
    #[error("does not accept this client: check client id and secret")]
    Client,
    /// The URL.
    #[error("does not answer as one: check the URL of its token endpoint")]
    Endpoint,
    /// The grant is not allowed for this client.
    #[error("does not allow this kind of grant: check what is allowed to this client")]
    Grant,
    /// Rules of the organisation.
    #[error("refuses by a policy that signing in again does not change: ask its administrator")]
    Policy,
    /// A parameter.
    #[error("does not understand the request: check the parameters")]
    Request,
    /// The resource.
    #[error("does not know this resource: check the resource")]
    Resource,
    /// The scopes.
    #[error("does not know these scopes: check the scopes")]
    Scope,
    /// The type of the token.
    #[error("gives tokens that mail servers do not take: it must give bearer tokens")]
    TokenType,
    /// The server gave an error code that no standard has.
    #[error("refuses for a reason that no standard has: look at what it said")]
    Unknown,
}

/// How far a request got that brought no answer.
///
/// ```
/// use token_lifecycle::{Class, Exchange, GrantKind, HttpStage, UnixTime};
///
/// let exchange = Exchange::new(GrantKind::RefreshToken, UnixTime::default());
/// assert_eq!(exchange.lost(HttpStage::Connect).class(), Class::Transient);
/// assert_eq!(exchange.lost(HttpStage::Sent).class(), Class::Ambiguous);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HttpStage {
    /// Not one octet of it was sent: no name, no connection, or cancelled before.
    Connect,
    /// TLS did not come about, or the certificate is not good.
    Tls,
    /// It may have been processed: some of it was sent. When in doubt, say this.
    Sent,
}

/// After how many failures in a row something is probably wrong for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Escalation {
    pub(crate) after: u8,
    pub(crate) to: Setting,
    pub(crate) only_expired: bool,
}

/// What to try once before a failure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Sign again, by the server's clock, which is so many seconds ahead.
    Clock { skew: i64 },
    /// Ask for what was granted, without naming it.
    WithoutScope,
}
