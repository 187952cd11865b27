//! By the tokens of another program.

use std::{fs::File, io, path::Path};

use mail_login_tokens::clock;
use sasl_core::Secret;
use serde::{Deserialize, de::IgnoredAny};
use token_lifecycle::{Exchange, GrantKind, Response, TokenRequest, Tokens};

use crate::{
    exit::{Exit, Problem},
    grant::Grant,
    input,
};

/// Reads a token response, or the file of a program that keeps something like it. Where it says how long
/// its access token is good from now on, that one is used; else the refresh token gets a new one at once,
/// which also shows that it works for this client.
pub(super) fn read(grant: &Grant<'_>, file: &Path) -> Result<Tokens, Problem> {
    let (text, place) = if file == Path::new("-") {
        (input::read(io::stdin().lock()), "stdin".to_owned())
    } else {
        (
            File::open(file).and_then(input::read),
            file.display().to_string(),
        )
    };
    let text = text.map_err(|error| {
        let message =
            format!("cannot read the tokens from {place} ({error}): check the name and the rights");
        Problem::new(Exit::Unreadable, "unreadable", message)
    })?;
    let found: Found = serde_json::from_str(text.expose()).map_err(|_| {
        // Nothing of the text: it is all secret.
        let message = format!("{place} is no token response: give a JSON object with access_token, refresh_token, or both");
        Problem::new(Exit::Unreadable, "unreadable", message)
    })?;
    let lasting = found.has_lasting_token();
    if let Some(refresh) = found.refresh_token.filter(|_| !lasting) {
        let refresh = Secret::from(refresh);
        // As every later refresh asks: without the resource the token would be for another server.
        let mut request = TokenRequest::refresh(&refresh);
        if let Some(resource) = &grant.account.resource {
            request = request.resource(resource.as_str());
        }
        let request = request
            .build(&grant.endpoints.token, &grant.client)
            .map_err(|error| Problem::new(Exit::Settings, "configuration", error.to_string()))?;
        let mut tokens = grant.exchange(GrantKind::RefreshToken, &request)?;
        tokens.refresh = tokens.refresh.or(Some(refresh));
        return Ok(tokens);
    }
    let response = Response::new(200, text.expose().as_bytes())
        .with_header("Content-Type", "application/json");
    Exchange::new(GrantKind::AuthorizationCode, clock::now().wall)
        .read(&response)
        .map_err(|_| {
            let message = format!("{place} has no bearer token that can be used: give a JSON object with access_token, refresh_token, or both");
            Problem::new(Exit::Unreadable, "unreadable", message)
        })
}

/// What it may say. Until when the access token is good has several names.
#[derive(Deserialize)]
struct Found {
    access_token: Option<IgnoredAny>,
    refresh_token: Option<String>,
    expires_in: Option<IgnoredAny>,
    expires_on: Option<IgnoredAny>,
    expires: Option<IgnoredAny>,
    // How other programs note when the token ends. Whoever does that may have kept it for long, and
    // says in `expires_in` what was true once (oama, mutt_oauth2.py, google-auth).
    access_token_expiration: Option<IgnoredAny>,
    exp_date: Option<IgnoredAny>,
    expires_at: Option<IgnoredAny>,
    expiry: Option<IgnoredAny>,
}

impl Found {
    fn has_lasting_token(&self) -> bool {
        let kept = self.access_token_expiration.is_some()
            || self.exp_date.is_some()
            || self.expires_at.is_some()
            || self.expiry.is_some();
        !kept
            && self.access_token.is_some()
            && (self.expires_in.is_some() || self.expires_on.is_some() || self.expires.is_some())
    }
}
