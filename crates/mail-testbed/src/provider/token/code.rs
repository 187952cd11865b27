//! An authorization code for tokens. <https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3>

use super::{
    super::{Client, form::Form, mint::Mint, reply::Reply, signer::challenge},
    first,
};

pub(super) fn exchange(mint: &Mint, client: &Client, form: &Form) -> Result<Reply, Reply> {
    let Some(given) = form.value("code") else {
        return Err(Reply::invalid_request("code is missing"));
    };
    let mut ledger = mint.ledger();
    let now = ledger.now();
    let Some(code) = ledger.codes.get(given) else {
        return Err(Reply::invalid_grant("there is no such code"));
    };
    let grant = code.grant;
    let owner = ledger.consents.get(&grant).map(|consent| &consent.client);
    if owner != Some(&client.id) {
        return Err(Reply::invalid_grant("the code is of another client"));
    }
    if code.used {
        // Somebody has stolen it, and who came first is not known.
        ledger.revoke(grant);
        return Err(Reply::invalid_grant(
            "the code was used before: all tokens that came of it are revoked",
        ));
    }
    if now >= code.expires {
        return Err(Reply::invalid_grant("the code has expired"));
    }
    if form.value("redirect_uri") != Some(&code.redirect_uri) {
        return Err(Reply::invalid_grant(
            "redirect_uri is not that of the authorization request",
        ));
    }
    let proof = form.value("code_verifier");
    if proof.is_some_and(|verifier| !is_verifier(verifier)) {
        return Err(Reply::invalid_request(
            "code_verifier must be 43 to 128 letters, digits and -._~",
        ));
    }
    // A verifier without a challenge is refused as well: somebody may have taken the challenge out
    // of the request. <https://www.rfc-editor.org/rfc/rfc9700#section-4.8.2>
    if proof.map(challenge) != code.challenge {
        return Err(Reply::invalid_grant(
            "code_verifier does not fit the challenge of the authorization request",
        ));
    }
    if let Some(code) = ledger.codes.get_mut(given) {
        code.used = true;
    }
    first(mint, &mut ledger, grant)
}

/// <https://www.rfc-editor.org/rfc/rfc7636#section-4.1>
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c))
}
