//! What the provider says about itself.

use hyper::Method;
use serde_json::json;

use super::{Endpoint, mint::Mint, reply::Reply, request::Request};

/// <https://www.rfc-editor.org/rfc/rfc8414#section-2>
pub(super) fn discovery(mint: &Mint, request: &Request) -> Result<Reply, Reply> {
    reading(request)?;
    let url = |endpoint: Endpoint| mint.address(endpoint.path());
    let secret = ["client_secret_basic", "client_secret_post"];
    let mut document = json!({
        "authorization_endpoint": url(Endpoint::Authorize),
        "authorization_response_iss_parameter_supported": mint.options.says_issuer,
        "code_challenge_methods_supported": ["S256"],
        "device_authorization_endpoint": url(Endpoint::DeviceAuthorization),
        "grant_types_supported": [
            "authorization_code", "client_credentials", "password", "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "id_token_signing_alg_values_supported": ["ES256"],
        "introspection_endpoint": url(Endpoint::Introspect),
        "introspection_endpoint_auth_methods_supported": secret,
        "issuer": mint.issuer,
        "jwks_uri": url(Endpoint::Jwks),
        "response_modes_supported": ["query"],
        "response_types_supported": ["code"],
        "revocation_endpoint": url(Endpoint::Revoke),
        "revocation_endpoint_auth_methods_supported": [secret[0], secret[1], "none"],
        "subject_types_supported": ["public"],
        "token_endpoint": url(Endpoint::Token),
        "token_endpoint_auth_methods_supported": [secret[0], secret[1], "none"],
        "userinfo_endpoint": url(Endpoint::Userinfo),
    });
    if let (Some(scopes), Some(members)) = (&mint.options.supported, document.as_object_mut()) {
        let scopes = scopes.split_ascii_whitespace().collect();
        members.insert("scopes_supported".into(), scopes);
    }
    Ok(Reply::json(200, &document))
}

/// <https://www.rfc-editor.org/rfc/rfc7517#section-5>
pub(super) fn jwks(mint: &Mint, request: &Request) -> Result<Reply, Reply> {
    reading(request)?;
    Ok(Reply::json(200, &mint.signer.jwks()))
}

fn reading(request: &Request) -> Result<(), Reply> {
    if request.method == Method::GET {
        Ok(())
    } else {
        Err(Reply::empty(405).header("allow", "GET".into()))
    }
}
