//! What becomes of tokens, and what they are worth: revocation, introspection, userinfo.

use alloc::format;

use serde_json::json;

use super::{mint::Mint, reply::Reply, request::Request};

/// A client gives a token back. <https://www.rfc-editor.org/rfc/rfc7009#section-2>
///
/// With a refresh token goes everything that came of its grant; an access token goes alone.
pub(super) fn revoke(mint: &Mint, request: &Request) -> Result<Reply, Reply> {
    let form = request.form()?;
    let client = request.client(&form, &mint.options)?;
    let Some(token) = form.value("token") else {
        return Err(Reply::invalid_request("token is missing"));
    };
    let mut ledger = mint.ledger();
    let refresh = ledger.refresh.get(token).map(|entry| entry.grant);
    let access = ledger.access.get(token).map(|entry| entry.claims.grant);
    let Some(grant) = refresh.or(access) else {
        // What nobody knows is as good as revoked.
        return Ok(Reply::empty(200));
    };
    let owner = ledger.consents.get(&grant).map(|consent| &consent.client);
    if owner != Some(&client.id) {
        return Err(Reply::invalid_grant("the token is of another client"));
    }
    if refresh.is_some() {
        ledger.revoke(grant);
    } else if let Some(access) = ledger.access.get_mut(token) {
        access.revoked = true;
    }
    Ok(Reply::empty(200))
}

/// A server asks about a token. <https://www.rfc-editor.org/rfc/rfc7662#section-2>
pub(super) fn introspect(mint: &Mint, request: &Request) -> Result<Reply, Reply> {
    let form = request.form()?;
    if request.client(&form, &mint.options)?.is_public() {
        return Err(Reply::invalid_client("only a client with a secret may ask"));
    }
    let Some(token) = form.value("token") else {
        return Err(Reply::invalid_request("token is missing"));
    };
    let ledger = mint.ledger();
    if let Ok(claims) = ledger.check(token, None, None) {
        let answer = json!({
            "active": true, "aud": claims.audience, "client_id": claims.client,
            "email": claims.email, "exp": claims.expires_at, "iat": claims.issued_at,
            "iss": claims.issuer, "jti": claims.id, "scope": claims.scope,
            "sub": claims.subject, "token_type": "Bearer", "username": claims.email,
        });
        return Ok(Reply::json(200, &answer));
    }
    let refresh = ledger.refresh.get(token).and_then(|entry| {
        let consent = ledger.consents.get(&entry.grant)?;
        let good = entry.used.is_none() && !consent.revoked && ledger.now() < entry.expires;
        good.then_some((entry, consent))
    });
    let answer = match refresh {
        Some((entry, consent)) => json!({
            "active": true, "client_id": consent.client, "exp": entry.expires.as_secs(),
            "iss": mint.issuer, "scope": consent.scope, "sub": consent.user.subject,
            "username": consent.user.email,
        }),
        // Why it is not active is nobody's business.
        None => json!({"active": false}),
    };
    Ok(Reply::json(200, &answer))
}

/// Who it is. <https://openid.net/specs/openid-connect-core-1_0.html#UserInfo>
///
/// Other than there, the scope `openid` is not needed: mail servers ask with the token for mail.
pub(super) fn userinfo(mint: &Mint, request: &Request) -> Result<Reply, Reply> {
    let refused = |challenge: &str| Reply::empty(401).header("www-authenticate", challenge.into());
    let Some(token) = request.bearer() else {
        return Err(refused("Bearer"));
    };
    match mint.ledger().check(token, None, None) {
        Ok(claims) => {
            let answer = json!({
                "email": claims.email, "email_verified": true, "sub": claims.subject,
            });
            Ok(Reply::json(200, &answer))
        }
        Err(problem) => Err(refused(&format!("Bearer error=\"{}\"", problem.code()))),
    }
}
