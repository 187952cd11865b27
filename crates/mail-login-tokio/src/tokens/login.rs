//! The whole loop: a token, a login, and where the token is refused one more of both.

use alloc::boxed::Box;
use core::time::Duration;

use mail_login_tls::{Deadline, Failure, Server};
use mail_login_tokens::TokenError;
use sasl_core::{Credentials, Observer, Protocol, Reason};
use token_lifecycle::{AccessToken, Feedback, SignIn, Unavailable};

use super::Keeper;
use crate::{Login, Refused, login};

/// Logs in with a token of the keeper. A token that is refused is refreshed once, and the login is
/// tried once more: on the same connection where the server has left it open, on a new one elsewhere.
///
/// Getting a token may take as long as the server's settings allow for a login, and each login as long
/// again.
///
/// ```no_run
/// # async fn f(keeper: &mail_login_tokio::tokens::Keeper) -> Result<(), Box<dyn std::error::Error>> {
/// use imap_auth::{Imap, Options};
/// use mail_login_tokio::{Login, Server, Silent, tokens::login_with_keeper};
///
/// let server = Server::implicit_tls("imap.example.com", 993);
/// match login_with_keeper::<Imap>(&server, "user@example.com", keeper, Options::new(), &mut Silent).await? {
///     Login::Accepted(connection) => println!("in, by {:?}", connection.session.mechanism()),
///     Login::Rejected(refused) => println!("{}", refused.rejection()),
/// }
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// When there is no token, or no conversation; also when the user has to allow what this server wants,
/// for which the token is not kept from others. A refusal that no new token changes is
/// [`Login::Rejected`].
pub async fn login_with_keeper<P: Protocol>(
    server: &Server,
    user: &str,
    keeper: &Keeper,
    options: P::Options,
    observer: &mut (dyn Observer + Send),
) -> Result<Login<P>, LoginError> {
    let token = fresh(keeper, server).await?;
    let first = login::<P>(
        server,
        credentials(user, &token)?,
        options.clone(),
        observer,
    )
    .await?;
    let refused = match first {
        Login::Accepted(connection) => return Ok(Login::Accepted(connection)),
        Login::Rejected(refused) => refused,
    };
    match keeper.handle_rejection(token.generation(), refused.rejection()) {
        Feedback::Retry => {}
        Feedback::SignIn => return Err(sign_in(keeper, &token, refused).await),
        Feedback::AccessRefused | Feedback::Wait => return Ok(Login::Rejected(refused)),
    }
    let token = fresh(keeper, server).await?;
    let second = again(server, user, &token, *refused, options, observer).await?;
    let refused = match second {
        Login::Accepted(connection) => return Ok(Login::Accepted(connection)),
        Login::Rejected(refused) => refused,
    };
    // It is told, so that the next login does not begin with a token that was refused.
    match keeper.handle_rejection(token.generation(), refused.rejection()) {
        Feedback::SignIn => Err(sign_in(keeper, &token, refused).await),
        Feedback::AccessRefused | Feedback::Retry | Feedback::Wait => Ok(Login::Rejected(refused)),
    }
}

/// On the same connection, if it is still there.
async fn again<P: Protocol>(
    server: &Server,
    user: &str,
    token: &AccessToken,
    refused: Refused<P>,
    options: P::Options,
    observer: &mut (dyn Observer + Send),
) -> Result<Login<P>, LoginError> {
    if !refused.rejection().is_closed() {
        match refused.retry(credentials(user, token)?, observer).await {
            // The server may not have waited for the refresh, and say so or not.
            Ok(Login::Rejected(refused)) if refused.rejection().reason() == Reason::Closed => {}
            Ok(login) => return Ok(login),
            Err(Failure::Io { .. } | Failure::Conversation(_)) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    Ok(login(server, credentials(user, token)?, options, observer).await?)
}

async fn fresh(keeper: &Keeper, server: &Server) -> Result<AccessToken, TokenError> {
    keeper.token(Duration::ZERO, server.deadline()).await
}

fn credentials(user: &str, token: &AccessToken) -> Result<Credentials, Failure> {
    Ok(Credentials::bearer(user, token.secret().clone())?)
}

/// What the user has to allow, if that is it, or what the keeper says.
async fn sign_in<P: Protocol>(
    keeper: &Keeper,
    token: &AccessToken,
    refused: Box<Refused<P>>,
) -> LoginError {
    if let Some(sign_in) = SignIn::for_refusal(token.generation(), refused.rejection()) {
        return TokenError::new(Unavailable::SignIn(Box::new(sign_in))).into();
    }
    drop(refused);
    match keeper
        .token(Duration::ZERO, Deadline::after(Duration::ZERO))
        .await
    {
        Err(error) => error.into(),
        // The user has signed in this very moment: the next login has the new token.
        Ok(_) => TokenError::new(Unavailable::Temporary {
            retry_in: Duration::ZERO,
            failure: None,
        })
        .into(),
    }
}

/// Why a login with the token of a keeper did not come to an outcome.
///
/// ```
/// use mail_login_tokio::tokens::{LoginError, TokenError};
///
/// let error = LoginError::from(TokenError::stopped());
/// assert!(matches!(error, LoginError::Token(_)));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// There was no conversation with the mail server, or it broke.
    #[error(transparent)]
    Connection(#[from] Failure),
    /// There is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
}
