//! An old token for new ones.

use super::{
    super::{
        Client, Rotation,
        form::Form,
        mint::{Coin, Mint},
        reply::Reply,
        scope::holds,
    },
    audience, success,
};

/// <https://www.rfc-editor.org/rfc/rfc6749#section-6>
pub(super) fn exchange(mint: &Mint, client: &Client, form: &Form) -> Result<Reply, Reply> {
    let Some(token) = form.value("refresh_token") else {
        return Err(Reply::invalid_request("refresh_token is missing"));
    };
    let mut ledger = mint.ledger();
    let now = ledger.now();
    let Some(entry) = ledger.refresh.get(token) else {
        return Err(Reply::invalid_grant("there is no such refresh token"));
    };
    let (grant, expires, used) = (entry.grant, entry.expires, entry.used);
    let Some(consent) = ledger.consents.get(&grant) else {
        return Err(Reply::invalid_grant("there is no such refresh token"));
    };
    if consent.client != client.id {
        return Err(Reply::invalid_grant(
            "the refresh token is of another client",
        ));
    }
    if consent.revoked {
        return Err(Reply::invalid_grant("the refresh token was revoked"));
    }
    if let Some(used) = used
        && now >= used.saturating_add(mint.options.grace)
    {
        ledger.revoke(grant);
        ledger.reuses += 1;
        return Err(Reply::invalid_grant(
            "the refresh token was used before: all tokens of this grant are revoked",
        ));
    }
    if now >= expires {
        return Err(Reply::invalid_grant("the refresh token has expired"));
    }
    let asked = form.value("scope");
    if asked.is_some_and(|asked| !holds(&consent.scope, asked)) {
        return Err(Reply::error(
            "invalid_scope",
            "this is more than what was granted",
        ));
    }
    let scope = asked.map(|asked| mint.options.granted_scope(Some(asked)));
    let audience = form.value("resource").map(|_| audience(mint, form));
    let rotates = mint.options.rotation == Rotation::Rotate;
    let coin = Coin {
        scope,
        audience: audience.transpose()?,
        refresh: rotates,
        ..Coin::default()
    };
    let tokens = mint.strike(&mut ledger, grant, coin)?;
    if let Some(consent) = ledger.consents.get_mut(&grant) {
        consent.refreshes += 1;
    }
    if rotates && let Some(entry) = ledger.refresh.get_mut(token) {
        // The first use counts, so that a window of grace does not move.
        entry.used.get_or_insert(now);
    }
    success(mint, &ledger, &tokens)
}
