//! The check of each request, for axum, hyper and whatever speaks tower.

mod answer;
mod request;

use alloc::{boxed::Box, string::String, sync::Arc};
use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

pub use answer::refusal;
pub use request::{id_of, wants_page};

use crate::{Outcome, Session, Sessions};

/// Lets requests through that belong to a session with a good token, with the [`Session`] among the
/// extensions of the request.
///
/// Others are answered: 503 with `Retry-After` when there is no token now; 401 with JSON
/// (`reauth_required`) when the user has to sign in, or a redirect to the page for that, if a browser loads a page.
///
/// ```no_run
/// use mail_session::{Sessions, layer::SessionLayer};
///
/// # fn main_(sessions: Sessions) {
/// let layer = SessionLayer::new(sessions)
///     .cookie("__Host-session")
///     .sign_in_page("/sign-in");
/// # drop(layer); }
/// ```
#[derive(Clone)]
pub struct SessionLayer(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    sessions: Sessions,
    cookie: String,
    sign_in_page: Option<String>,
    observer: Option<Arc<Observer>>,
}

type Observer = dyn Fn(Option<&Outcome>) + Send + Sync;

impl SessionLayer {
    /// For the sessions of this node. The identifier is read from the cookie `__Host-session`, or from
    /// `Authorization: Bearer` where there is no cookie.
    pub fn new(sessions: Sessions) -> Self {
        Self(Arc::new(Inner {
            sessions,
            cookie: "__Host-session".into(),
            sign_in_page: None,
            observer: None,
        }))
    }

    /// Reads the identifier from a cookie of this name.
    pub fn cookie(self, name: impl Into<String>) -> Self {
        self.with(|inner| inner.cookie = name.into())
    }

    /// Sends browsers that load a page to this path, with the path that they wanted as `next`, and the
    /// reason as `reason`. Without it they are answered 401, as all others.
    pub fn sign_in_page(self, path: impl Into<String>) -> Self {
        self.with(|inner| inner.sign_in_page = Some(path.into()))
    }

    /// Is told what came of each check; `None`: there was no session.
    pub fn observer(self, observer: impl Fn(Option<&Outcome>) + Send + Sync + 'static) -> Self {
        self.with(|inner| inner.observer = Some(Arc::new(observer)))
    }

    fn with(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.0);
        change(&mut inner);
        Self(Arc::new(inner))
    }
}

impl<S> Layer<S> for SessionLayer {
    type Service = SessionService<S>;

    fn layer(&self, service: S) -> Self::Service {
        SessionService {
            layer: Arc::clone(&self.0),
            service,
        }
    }
}

impl fmt::Debug for SessionLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayer").finish_non_exhaustive()
    }
}

/// A service behind a [`SessionLayer`].
///
/// ```no_run
/// # fn f(layer: mail_session::layer::SessionLayer) {
/// use tower_layer::Layer;
///
/// let service = layer.layer(());
/// # drop(service); }
/// ```
#[derive(Clone)]
pub struct SessionService<S> {
    layer: Arc<Inner>,
    service: S,
}

impl<S, B, R> Service<Request<B>> for SessionService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
    R: From<String> + Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The one that is ready is used, and its clone takes its place.
        let clone = self.service.clone();
        let mut service = core::mem::replace(&mut self.service, clone);
        let layer = Arc::clone(&self.layer);
        // Most requests need no waiting, and the head of no request is copied for them.
        if let Some(session) = layer.fresh(&request) {
            layer.tell(Some(&Outcome::GoOn));
            request.extensions_mut().insert(session);
            return Box::pin(service.call(request));
        }
        let (parts, body) = request.into_parts();
        Box::pin(async move {
            let checked = layer.check(&parts).await;
            match checked {
                Ok(session) => {
                    let mut request = Request::from_parts(parts, body);
                    request.extensions_mut().insert(session);
                    service.call(request).await
                }
                Err(outcome) => {
                    let page = layer.sign_in_page.as_deref();
                    Ok(refusal(&parts, outcome.as_ref(), page).map(R::from))
                }
            }
        })
    }
}

impl Inner {
    /// The session, if memory says that the request goes on.
    fn fresh<B>(&self, request: &Request<B>) -> Option<Session> {
        let id = id_of(request.headers(), &self.cookie)?;
        let session = self.sessions.find_here(&id)?;
        let outcome = session.check()?;
        outcome.goes_on().then_some(session)
    }

    async fn check(&self, parts: &http::request::Parts) -> Result<Session, Option<Outcome>> {
        let session = match id_of(&parts.headers, &self.cookie) {
            Some(id) => self.sessions.find(&id).await,
            None => Ok(None),
        };
        let checked = match session {
            Ok(Some(session)) => match session.checked().await {
                outcome if outcome.goes_on() => {
                    self.tell(Some(&outcome));
                    return Ok(session);
                }
                outcome => Some(outcome),
            },
            Ok(None) => None,
            Err(wait) => Some(Outcome::Unavailable(wait)),
        };
        self.tell(checked.as_ref());
        Err(checked)
    }

    fn tell(&self, outcome: Option<&Outcome>) {
        if let Some(observer) = &self.observer {
            observer(outcome);
        }
    }
}

impl<S> fmt::Debug for SessionService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService").finish_non_exhaustive()
    }
}
