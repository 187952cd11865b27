//! The token endpoint. <https://www.rfc-editor.org/rfc/rfc6749#section-3.2>

mod code;
mod refresh;

use alloc::{format, string::String};

use serde_json::{Value, json};

use super::{
    Client, ExpiresIn, Grant, Tokens, User, device,
    form::Form,
    ledger::Ledger,
    mint::{Coin, Mint},
    reply::{Refusal, Reply},
    request::Request,
    scope::holds,
};

pub(super) fn answer(mint: &Mint, request: &Request) -> Result<Reply, Reply> {
    let form = request.form()?;
    let Some(grant_type) = form.value("grant_type") else {
        return Err(Reply::invalid_request("grant_type is missing"));
    };
    let client = request.client(&form, &mint.options)?;
    if !client.may_use(grant_type) {
        return Err(Reply::error(
            "unauthorized_client",
            "this client may not use this grant_type",
        ));
    }
    match grant_type {
        "authorization_code" => code::exchange(mint, client, &form),
        "client_credentials" => client_credentials(mint, client, &form),
        "password" => password(mint, client, &form),
        "refresh_token" => refresh::exchange(mint, client, &form),
        "urn:ietf:params:oauth:grant-type:device_code" => device::exchange(mint, client, &form),
        _ => Err(Reply::error(
            "unsupported_grant_type",
            "there is no such grant_type",
        )),
    }
}

/// <https://www.rfc-editor.org/rfc/rfc6749#section-4.4>
fn client_credentials(mint: &Mint, client: &Client, form: &Form) -> Result<Reply, Reply> {
    if client.is_public() {
        return Err(Reply::error(
            "unauthorized_client",
            "a public client cannot act for itself",
        ));
    }
    let (scope, audience) = (scope(mint, form)?, audience(mint, form)?);
    let user = User::itself(&client.id);
    let mut ledger = mint.ledger();
    let grant = ledger.consent(user, client, scope, audience);
    // A client that can ask again needs no refresh token.
    let tokens = mint.strike(&mut ledger, grant, Coin::default())?;
    success(mint, &ledger, &tokens)
}

/// <https://www.rfc-editor.org/rfc/rfc6749#section-4.3>
fn password(mint: &Mint, client: &Client, form: &Form) -> Result<Reply, Reply> {
    let (Some(name), Some(password)) = (form.value("username"), form.value("password")) else {
        return Err(Reply::invalid_request("username or password is missing"));
    };
    let Some(user) = mint.options.signs_in(name, password) else {
        return Err(Reply::invalid_grant(
            "there is no such user with this password",
        ));
    };
    let (scope, audience) = (scope(mint, form)?, audience(mint, form)?);
    let mut ledger = mint.ledger();
    let grant = ledger.consent(user.clone(), client, scope, audience);
    first(mint, &mut ledger, grant)
}

/// The scope that is granted to a first request.
pub(super) fn scope(mint: &Mint, form: &Form) -> Result<String, Refusal> {
    let asked = form.value("scope");
    if let (Some(asked), Some(supported)) = (asked, &mint.options.supported)
        && !holds(supported, asked)
    {
        return Err(Refusal("invalid_scope", "there is no such scope"));
    }
    Ok(mint.options.granted_scope(asked))
}

/// Whom the token is to be for. <https://www.rfc-editor.org/rfc/rfc8707#section-2>
pub(super) fn audience(mint: &Mint, form: &Form) -> Result<String, Refusal> {
    let Some(resource) = form.value("resource") else {
        return Ok(mint.options.audience.clone());
    };
    let scheme = resource.split_once(':').map_or("", |(scheme, _)| scheme);
    let absolute = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if !absolute || resource.contains('#') {
        return Err(Refusal(
            "invalid_target",
            "resource must be an absolute URI without a fragment",
        ));
    }
    Ok(resource.into())
}

/// The first tokens of a grant.
pub(super) fn first(mint: &Mint, ledger: &mut Ledger, grant: Grant) -> Result<Reply, Reply> {
    let coin = Coin {
        refresh: true,
        ..Coin::default()
    };
    let tokens = mint.strike(ledger, grant, coin)?;
    success(mint, ledger, &tokens)
}

/// <https://www.rfc-editor.org/rfc/rfc6749#section-5.1>
fn success(mint: &Mint, ledger: &Ledger, tokens: &Tokens) -> Result<Reply, Reply> {
    let mut answer = json!({
        "access_token": tokens.access_token(),
        "scope": tokens.scope(),
        "token_type": "Bearer",
    });
    let seconds = tokens.life().as_secs();
    let expires_in: Option<Value> = match mint.options.expires_in {
        ExpiresIn::Number => Some(seconds.into()),
        ExpiresIn::Omitted => None,
        ExpiresIn::Text => Some(format!("{seconds}").into()),
        ExpiresIn::Zero => Some(0.into()),
    };
    if let Some(members) = answer.as_object_mut() {
        let refresh = tokens.refresh_token().map(Value::from);
        let id_token = mint.id_token(ledger, tokens.grant())?.map(Value::from);
        for (name, value) in [
            ("expires_in", expires_in),
            ("id_token", id_token),
            ("refresh_token", refresh),
        ] {
            members.extend(value.map(|value| (name.into(), value)));
        }
    }
    Ok(Reply::json(200, &answer))
}
