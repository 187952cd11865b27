//! Mail servers, logged in to.

mod connection;
mod server;

use alloc::{boxed::Box, string::ToString, sync::Arc};
use core::time::Duration;

use imap_auth::Imap;
use mail_login_tokens::{TokenError, clock};
use mail_login_tokio::{
    Failure, Login, Silent,
    tokens::{LoginError, login_with_keeper},
};
use sasl_core::{Protocol, Reason, Rejection};
use sieve_auth::Sieve;
use smtp_auth::Smtp;
use token_lifecycle::{SignInReason, Unavailable};

pub use connection::MailConnection;
pub use server::Service;

use crate::{
    Account, EndReason, Ended, Fact, Outcome, Session, Wait, failed::Attempt, outcome::Verdict,
    sessions::Shared,
};

/// When it makes sense to ask again for what has just come.
const SOON: Duration = Duration::from_secs(1);

impl Session {
    /// A connection to the IMAP server of an account, logged in.
    ///
    /// # Errors
    ///
    /// When there is none, with a reason for people.
    pub async fn imap(&self, account: &str) -> Result<MailConnection, AccessError> {
        self.access::<Imap>(account, Service::Imap).await
    }

    /// A connection to the submission server of an account, logged in.
    ///
    /// # Errors
    ///
    /// When there is none, with a reason for people.
    pub async fn smtp(&self, account: &str) -> Result<MailConnection, AccessError> {
        self.access::<Smtp>(account, Service::Smtp).await
    }

    /// A connection to the ManageSieve server of an account, logged in.
    ///
    /// # Errors
    ///
    /// When there is none, with a reason for people.
    pub async fn sieve(&self, account: &str) -> Result<MailConnection, AccessError> {
        self.access::<Sieve>(account, Service::Sieve).await
    }

    async fn access<P: Protocol>(
        &self,
        account: &str,
        service: Service,
    ) -> Result<MailConnection, AccessError> {
        let shared = self.0.shared.upgrade().ok_or(AccessError::Stopped)?;
        self.0.use_at(clock::millis(clock::boot()));
        self.0.look_first().await;
        let account = self.0.account(account).ok_or(AccessError::UnknownAccount)?;
        let result = self.log_in::<P>(&shared, &account, service).await;
        shared.tell(&Fact::Login {
            session: self.key(),
            account: account.id(),
            protocol: P::NAME,
            result: match &result {
                Ok(_) => "accepted",
                Err(error) => error.name(),
            },
        });
        result
    }

    async fn log_in<P: Protocol>(
        &self,
        shared: &Arc<Shared>,
        account: &Account,
        service: Service,
    ) -> Result<MailConnection, AccessError> {
        if let Some(ended) = self.is_over() {
            return Err(AccessError::SignIn(Arc::clone(ended)));
        }
        let keeper = self.0.keeper_of(account.id());
        let keeper = keeper.ok_or(AccessError::UnknownProvider)?;
        let auth = shared.auth(account, service);
        let (Some(server), user) = (
            shared.server(self.user(), account, service),
            shared.user(self.user(), account, service),
        ) else {
            return Err(AccessError::NoServer(service));
        };
        if auth.mechanisms().is_empty() {
            return Err(AccessError::Password);
        }
        // The token that the login will have, so that a new one is another login.
        let token = keeper.token(Duration::ZERO, self.0.wait());
        let token = match token.await {
            Ok(token) => token,
            Err(error) => return Err(self.no_token(account, &error).await),
        };
        let place = shared.place_of(self.key(), account);
        let attempt = |generation| Attempt {
            protocol: P::NAME,
            server: &server,
            user,
            mechanisms: auth.name(),
            place: &place,
            generation,
        };
        let remembered = shared
            .failed
            .find(&attempt(token.generation()), clock::boot());
        match remembered {
            Some((Reason::ScopeInsufficient, _)) => {
                let mut ended = Ended::new(EndReason::ConsentMissing);
                ended.generation = token.generation().get();
                return Err(AccessError::SignIn(Arc::new(ended)));
            }
            Some((reason, text)) => return Err(AccessError::Remembered(reason, text)),
            None => {}
        }
        let mut options = P::Options::default();
        let settings = P::settings(&mut options);
        *settings = core::mem::take(settings).mechanisms(auth.mechanisms());
        let mut observer = Silent;
        let login = login_with_keeper::<P>(&server, user, &keeper, options, &mut observer);
        match login.await {
            Ok(Login::Accepted(connection)) => Ok(MailConnection::new(
                connection,
                self.clone(),
                account.id(),
                keeper,
            )),
            Ok(Login::Rejected(refused)) => {
                let rejection = refused.rejection();
                // Whichever token it was that was refused last.
                shared
                    .failed
                    .note(&attempt(keeper.generation()), clock::boot(), rejection);
                Err(AccessError::Rejected(Box::new(rejection.clone())))
            }
            Err(LoginError::Connection(failure)) => Err(AccessError::Connection(failure)),
            Err(LoginError::Token(error)) => {
                match error.unavailable() {
                    // Until the user has allowed it, or there are new tokens, every login ends so.
                    Some(Unavailable::SignIn(sign_in))
                        if sign_in.reason == SignInReason::ConsentMissing =>
                    {
                        shared.failed.remember(
                            &attempt(sign_in.generation),
                            clock::boot(),
                            Reason::ScopeInsufficient,
                            sign_in.to_string().into(),
                        );
                    }
                    Some(_) | None => {}
                }
                Err(self.no_token(account, &error).await)
            }
            // A newer library may know more.
            Err(error) => Err(AccessError::Unavailable(Wait::new(SOON, error.to_string()))),
        }
    }

    /// What the end of a token means for this account.
    async fn no_token(&self, account: &Account, error: &TokenError) -> AccessError {
        let outcome = self.checked_account(account.id()).await;
        match outcome {
            Some(Outcome::SignIn(ended)) => AccessError::SignIn(ended),
            Some(Outcome::Unavailable(wait)) => AccessError::Unavailable(wait),
            Some(Outcome::GoOn | Outcome::GoOnWithOld) => match Verdict::of(error) {
                // This server alone wants more than was allowed.
                Verdict::End(ended) if ended.reason == EndReason::ConsentMissing => {
                    AccessError::SignIn(Arc::new(ended))
                }
                // It came this very moment.
                Verdict::End(_) | Verdict::Wait(_) | Verdict::Misconfigured(_) => {
                    AccessError::Unavailable(Wait::new(SOON, error.to_string()))
                }
            },
            None => AccessError::UnknownAccount,
        }
    }
}

/// Why there is no connection.
///
/// ```
/// use mail_session::{AccessError, Service};
///
/// let error = AccessError::NoServer(Service::Sieve);
/// assert_eq!(error.name(), "no-server");
/// assert!(error.to_string().contains("sieve"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// There was no conversation with the mail server, or it broke.
    #[error(transparent)]
    Connection(Failure),
    /// The settings name no server.
    #[error("no {} server is known for this account: name it in the settings", .0.name())]
    NoServer(Service),
    /// The account is reached by a password.
    #[error(
        "this account is reached by a password, and the session has none: set its authType to oauthbearer or xoauth2"
    )]
    Password,
    /// The mail server said no.
    #[error("{0}")]
    Rejected(Box<Rejection>),
    /// The mail server said no to the same a moment ago, and was not asked again.
    #[error("{1} (a moment ago)")]
    Remembered(Reason, Box<str>),
    /// The user has to sign in, for this account.
    #[error("{0}")]
    SignIn(Arc<Ended>),
    /// The node stops.
    #[error("the server is about to stop: try again")]
    Stopped,
    /// There is no token now.
    #[error("{0}")]
    Unavailable(Wait),
    /// The session has no such account.
    #[error("the session has no such account")]
    UnknownAccount,
    /// Nobody knows the provider of its tokens.
    #[error("the provider of this account is not known: add it to the settings")]
    UnknownProvider,
}

impl AccessError {
    /// A stable name for programs, in kebab-case.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Connection(_) => "connection",
            Self::NoServer(_) => "no-server",
            Self::Password => "password",
            Self::Rejected(rejection) => rejection.reason().name(),
            Self::Remembered(reason, _) => reason.name(),
            Self::SignIn(_) => "sign-in",
            Self::Stopped => "stopped",
            Self::Unavailable(_) => "unavailable",
            Self::UnknownAccount => "unknown-account",
            Self::UnknownProvider => "unknown-provider",
        }
    }
}
