//! The question to the user, the same for a browser here and one elsewhere.

use mail_login_tokens::clock;
use token_lifecycle::{
    Authorization, Callback, Code, GrantKind, Provider, Redirect, RedirectKind, State, Tokens, Url,
    Verifier,
};

use crate::{
    exit::{Exit, Problem},
    grant::{Grant, no_randomness},
};

/// A question with fresh state and verifier.
pub(super) fn question(grant: &Grant<'_>, redirect: Redirect) -> Result<Authorization, Problem> {
    let Some(endpoint) = &grant.endpoints.authorization else {
        let message = "the authorization server names no authorization_endpoint: sign in with --device, or set the endpoints";
        return Err(Problem::new(Exit::Settings, "no-endpoint", message.into()));
    };
    let state = State::from_entropy(&clock::entropy().map_err(no_randomness)?);
    let verifier = Verifier::from_entropy(&clock::entropy().map_err(no_randomness)?);
    let account = grant.account;
    let mut question = Authorization::new(endpoint, &grant.client, redirect, state, verifier);
    for (name, value) in grant.provider.map_or(&[][..], |known| known.parameters) {
        question = question.parameter(name, value);
    }
    if wants_consent(grant, endpoint) {
        question = question.parameter("prompt", "consent");
    }
    if let Some(issuer) = grant.provider.and_then(issuer) {
        question = question.issuer(&issuer);
    }
    if let Some(metadata) = &grant.metadata {
        question = question.metadata(metadata);
    }
    let audience = account.audience.as_deref().unwrap_or_default();
    Ok(question
        .scope(&grant.scope)
        .parameter("login_hint", &account.user)
        .parameter("resource", account.resource.as_deref().unwrap_or_default())
        .parameter("audience", audience))
}

/// OpenID providers ignore `offline_access`, and give no refresh token, unless the user is asked to consent
/// (<https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess>). A provider that we know has its
/// own parameters: at Microsoft this one would ask for what an administrator has consented to.
fn wants_consent(grant: &Grant<'_>, endpoint: &Url) -> bool {
    let origin = format!("https://{}/", endpoint.host());
    let known = || Provider::all().any(|known| known.authorization.starts_with(&origin));
    let offline = grant
        .scope
        .split(' ')
        .any(|scope| scope == "offline_access");
    offline && grant.provider.is_none() && !known()
}

/// Who must have answered. One that stands for many cannot be compared.
fn issuer(provider: &Provider) -> Option<token_lifecycle::Issuer> {
    let issuer = provider
        .issuer
        .filter(|_| provider.document_issuer.is_none())?;
    token_lifecycle::Issuer::new(issuer).ok()
}

/// The redirect URI that is registered, as far as we know.
pub(super) fn redirect_uri<'a>(grant: &'a Grant<'_>) -> Result<&'a str, Problem> {
    if let Some(uri) = &grant.account.redirect_uri {
        return Ok(uri);
    }
    let takes = |kind| {
        grant
            .provider
            .is_none_or(|known| known.redirects.contains(&kind))
    };
    if takes(RedirectKind::Loopback) {
        return Ok("http://127.0.0.1/");
    }
    if takes(RedirectKind::Localhost) {
        return Ok("http://localhost/");
    }
    let message = "this provider takes no redirect URI of this machine: set redirect_uri to the one that you registered, and sign in with --paste";
    Err(Problem::new(
        Exit::Settings,
        "configuration",
        message.into(),
    ))
}

pub(super) fn redirect(uri: &str) -> Result<Redirect, Problem> {
    Redirect::new(uri).map_err(|error| {
        Problem::new(
            Exit::Settings,
            "configuration",
            format!("redirect_uri: {error}"),
        )
    })
}

/// The tokens for an answer.
pub(super) fn redeem(
    grant: &Grant<'_>,
    question: &Authorization,
    answer: Callback,
) -> Result<Tokens, Problem> {
    let code = code(answer)?;
    let request = question.redeem(&code);
    let request = match &grant.account.resource {
        Some(resource) => request.resource(resource.as_str()),
        None => request,
    };
    let request = request
        .build(&grant.endpoints.token, &grant.client)
        .map_err(|error| Problem::new(Exit::Settings, "configuration", error.to_string()))?;
    grant.exchange(GrantKind::AuthorizationCode, &request)
}

fn code(answer: Callback) -> Result<Code, Problem> {
    let denial = match answer {
        Callback::Code(code) => return Ok(code),
        Callback::Refused(denial) => denial,
    };
    let (exit, kind) = if denial.is_temporary() {
        (Exit::Temporary, "transient")
    } else if denial.is_by_user() {
        (Exit::Refused, "flow-denied")
    } else {
        (Exit::Settings, "misconfigured")
    };
    let advice = match exit {
        Exit::Temporary => "try again later",
        Exit::Refused => "sign in again to allow it",
        _ => "check client id, scope and redirect URI",
    };
    let said = denial.description().to_string();
    let said = if said.is_empty() {
        said
    } else {
        format!("; it said: {said}")
    };
    let message = format!(
        "the sign-in was refused ({}): {advice}{said}",
        denial.error()
    );
    Err(Problem::new(exit, kind, message))
}
