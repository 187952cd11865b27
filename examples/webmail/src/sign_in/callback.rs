//! The user comes back.

use std::sync::Arc;

use axum::{
    extract::{OriginalUri, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{RETRY_AFTER, SET_COOKIE},
};
use mail_login_tokens::clock;
use mail_session::{
    AccountError, Expected, Identity, IdentityError, SignInError, User, layer::id_of,
};
use serde::Deserialize;
use token_lifecycle::{Callback, CallbackError, Code, Denial, Tokens};

use super::flow::{self, Flow};
use crate::{
    app::App,
    cookie,
    failed::NO_SIGN_IN_NOW,
    pages::{external, told},
    view,
};

/// Only what names the cookie; the rest is read by who checks it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Answer {
    state: String,
}

/// Takes the answer of the authorization server, and opens a session.
pub(crate) async fn callback(
    State(app): State<Arc<App>>,
    OriginalUri(uri): OriginalUri,
    Query(answer): Query<Answer>,
    headers: HeaderMap,
) -> Response {
    let Some(flow) = Flow::find(&app, &headers, &answer.state) else {
        return NotSignedIn::Unknown.into_response();
    };
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let finished = match flow.adds_account() {
        true => add(&app, &flow, target, &headers).await,
        false => open(&app, &flow, target, &headers).await,
    };
    let mut response = match finished {
        Ok(response) => response,
        Err(problem) => {
            tracing::warn!(%problem, "nobody is signed in");
            problem.into_response()
        }
    };
    // It was good for one answer.
    if let Ok(gone) = cookie::clear(&app.public, &flow::name(&answer.state)) {
        response.headers_mut().append(SET_COOKIE, gone);
    }
    response
}

/// Begins a session.
async fn open(
    app: &App,
    flow: &Flow,
    target: &str,
    headers: &HeaderMap,
) -> Result<Response, NotSignedIn> {
    let (user, tokens) = finish(app, flow, target).await?;
    let (id, _) = app.sessions.open(user, tokens).await?;
    let cookie = cookie::set(&app.public, "session", id.expose(), None);
    let cookie = cookie.map_err(|_| NotSignedIn::Unknown)?;
    leave_old(app, headers).await;
    Ok(([(SET_COOKIE, cookie)], Redirect::to(&flow.next)).into_response())
}

/// Adds an account, or gives one that is there its new tokens.
async fn add(
    app: &App,
    flow: &Flow,
    target: &str,
    headers: &HeaderMap,
) -> Result<Response, NotSignedIn> {
    let id = id_of(headers, &cookie::session(&app.public)).ok_or(NotSignedIn::Unknown)?;
    let session = app.sessions.find(&id).await.map_err(SignInError::Wait)?;
    let session = session.filter(|session| flow.is_of(session));
    let session = session.ok_or(NotSignedIn::Unknown)?;
    let (user, tokens) = finish(app, flow, target).await?;
    if user.login() == session.user().login() {
        return Err(NotSignedIn::SameAccount);
    }
    let account = external(user.login());
    session.add_account(account, Some(tokens)).await?;
    Ok(Redirect::to(&flow.next).into_response())
}

/// The tokens of the user who came back, and who that is.
async fn finish(app: &App, flow: &Flow, target: &str) -> Result<(User, Tokens), NotSignedIn> {
    let broken = |_| NotSignedIn::Unknown;
    let mut authorization = flow.authorization(app, None).map_err(broken)?;
    let code: Code = match authorization.receive(target.as_bytes())? {
        Callback::Code(code) => code,
        Callback::Refused(denial) => return Err(NotSignedIn::Denied(denial)),
    };
    let settings = &app.sessions.settings().tokens;
    let mut request = authorization.redeem(&code);
    if let Some(resource) = &settings.resource {
        request = request.resource(resource.as_str());
    }
    let tokens = app.sessions.exchange(&request).await?;
    // It came straight from the token endpoint over TLS, so its signature need not be verified
    // (<https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>, point 6).
    let id_token = tokens.id_token.as_ref().ok_or(NotSignedIn::NoIdToken)?;
    let expected = Expected::new(app.metadata.issuer(), app.client.id()).nonce(&flow.nonce);
    let identity = Identity::read(id_token, &expected, clock::now().wall)?;
    let user = user(app, &identity).ok_or(NotSignedIn::NoLogin)?;
    Ok((user, tokens))
}

/// The names of a user, by the claims that the operator has chosen.
fn user(app: &App, identity: &Identity) -> Option<User> {
    let user = User::new(identity.claim(&app.login_claim)?);
    Some(match identity.email() {
        Some(mail) => user.with_mail(mail),
        None => user,
    })
}

/// The session that this browser had before would live on without anybody to use it.
async fn leave_old(app: &App, headers: &HeaderMap) {
    let id = id_of(headers, &cookie::session(&app.public));
    if let Some(id) = id
        && let Ok(Some(session)) = app.sessions.find(&id).await
        && session.is_over().is_none()
    {
        // Where other nodes cannot know it yet, it is tried until they do.
        let _ = session.sign_out().await;
    }
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
enum NotSignedIn {
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Callback(#[from] CallbackError),
    /// What the authorization server says is for people, and may be long.
    #[error("the sign-in service did not let you in")]
    Denied(Denial),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(
        "the sign-in service does not say who you are: its operator has to allow the scope openid"
    )]
    NoIdToken,
    #[error(
        "the sign-in service does not say what your mailbox is called: tell the operator of this server"
    )]
    NoLogin,
    #[error("you are signed in with this account already: choose another one")]
    SameAccount,
    #[error(transparent)]
    SignIn(#[from] SignInError),
    #[error("this sign-in was not begun in this browser, or too long ago: begin a new one")]
    Unknown,
}

impl NotSignedIn {
    /// For the user. Why something has to be waited for is for the log alone.
    fn text(&self) -> String {
        if let Self::Account(error) = self {
            return told(error);
        }
        if let Self::SignIn(error) = self
            && error.is_temporary()
        {
            return NO_SIGN_IN_NOW.to_owned();
        }
        self.to_string()
    }
}

impl IntoResponse for NotSignedIn {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Callback(_) | Self::SameAccount | Self::Unknown => StatusCode::BAD_REQUEST,
            Self::Denied(denial) if denial.is_temporary() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Denied(_) => StatusCode::FORBIDDEN,
            Self::SignIn(error) if error.is_temporary() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Account(_)
            | Self::Identity(_)
            | Self::NoIdToken
            | Self::NoLogin
            | Self::SignIn(_) => StatusCode::BAD_GATEWAY,
        };
        let mut response = (status, view::not_signed_in(&self.text())).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from(5));
        }
        response
    }
}
