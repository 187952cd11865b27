use alloc::{format, string::ToString, vec::Vec};

use proptest::prelude::*;

use super::*;

fn issuer() -> Issuer {
    Issuer::new("https://server.example.com").unwrap()
}

fn parse(members: &str) -> Result<Metadata, DiscoveryError> {
    let document = format!(r#"{{"issuer":"https://server.example.com"{members}}}"#);
    Metadata::parse(document.as_bytes(), &issuer())
}

/// <https://www.rfc-editor.org/rfc/rfc8414#section-3.2>
#[test]
fn document_of_the_standard() {
    let document = br#"{
      "issuer": "https://server.example.com",
      "authorization_endpoint": "https://server.example.com/authorize",
      "token_endpoint": "https://server.example.com/token",
      "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
      "token_endpoint_auth_signing_alg_values_supported": ["RS256", "ES256"],
      "userinfo_endpoint": "https://server.example.com/userinfo",
      "jwks_uri": "https://server.example.com/jwks.json",
      "registration_endpoint": "https://server.example.com/register",
      "scopes_supported": ["openid", "profile", "email", "address", "phone", "offline_access"],
      "response_types_supported": ["code", "code token"],
      "service_documentation": "http://server.example.com/service_documentation.html",
      "ui_locales_supported": ["en-US", "en-GB", "en-CA", "fr-FR", "fr-CA"]
    }"#;
    let metadata = Metadata::parse(document, &issuer()).unwrap();
    assert_eq!(metadata.issuer(), "https://server.example.com");
    for (endpoint, url) in [
        (
            metadata.authorization_endpoint(),
            "https://server.example.com/authorize",
        ),
        (
            metadata.token_endpoint(),
            "https://server.example.com/token",
        ),
        (
            metadata.registration_endpoint(),
            "https://server.example.com/register",
        ),
        (
            metadata.userinfo_endpoint(),
            "https://server.example.com/userinfo",
        ),
    ] {
        assert_eq!(endpoint.unwrap().as_str(), url);
    }
    assert!(
        metadata
            .token_authentication_methods()
            .eq(["client_secret_basic", "private_key_jwt"])
    );
    assert_eq!(metadata.scopes().count(), 6);
    assert!(!metadata.knows_pkce() && !metadata.names_issuer());
}

#[test]
fn what_is_not_said_has_the_value_of_the_standard() {
    let metadata = parse("").unwrap();
    assert!(metadata.grants().eq(["authorization_code", "implicit"]));
    assert!(
        metadata
            .token_authentication_methods()
            .eq(["client_secret_basic"])
    );
    assert!(
        metadata
            .revocation_authentication_methods()
            .eq(["client_secret_basic"])
    );
    assert_eq!(metadata.scopes().count(), 0);
    let missing: Vec<_> = [
        metadata.authorization_endpoint(),
        metadata.token_endpoint(),
        metadata.device_authorization_endpoint(),
        metadata.revocation_endpoint(),
        metadata.introspection_endpoint(),
        metadata.registration_endpoint(),
        metadata.userinfo_endpoint(),
        metadata.end_session_endpoint(),
    ]
    .into_iter()
    .zip(ENDPOINTS)
    .filter(|(endpoint, name)| *endpoint == Err(DiscoveryError::Missing(name)))
    .collect();
    assert_eq!(missing.len(), ENDPOINTS.len(), "{missing:?}");
}

#[test]
fn what_it_says_of_itself() {
    let metadata = parse(
        r#","code_challenge_methods_supported":["plain","S256"],"authorization_response_iss_parameter_supported":true"#,
    )
    .unwrap();
    assert!(metadata.knows_pkce() && metadata.names_issuer());
}

#[test]
fn the_issuer_is_the_one_asked_octet_for_octet() {
    for other in [
        r#"{"issuer":"https://server.example.com/"}"#,
        r#"{"issuer":"https://SERVER.example.com"}"#,
        r#"{"issuer":"https://server.example.com:443"}"#,
        r#"{"issuer":"http://server.example.com"}"#,
        r#"{"issuer":["https://server.example.com"]}"#,
        r#"{"issuer":""}"#,
        r#"{"token_endpoint":"https://server.example.com/token"}"#,
    ] {
        assert_eq!(
            Metadata::parse(other.as_bytes(), &issuer()),
            Err(DiscoveryError::Issuer),
            "{other}"
        );
    }
    // Twice, one of them right.
    let twice = parse(r#","issuer":"https://evil.example""#);
    assert_eq!(twice, Err(DocumentError::Duplicate.into()));
    // Another spelling of the same octets is the same.
    let escaped = r#"{"issuer":"https:\/\/server.example.com"}"#;
    assert!(Metadata::parse(escaped.as_bytes(), &issuer()).is_ok());
}

#[test]
fn every_endpoint_is_encrypted() {
    for name in ENDPOINTS {
        for url in [
            "\"http://server.example.com/\"",
            "\"http://127.0.0.1/\"",
            "\"/token\"",
            "\"https://user@server.example.com/\"",
            "\"javascript:x\"",
            "\"\"",
            "7",
        ] {
            let document = parse(&format!(r#","{name}":{url}"#));
            assert_eq!(document, Err(DiscoveryError::Endpoint(name)), "{url}");
        }
        assert!(parse(&format!(r#","{name}":null"#)).is_ok());
    }
    let issuer = Issuer::dangerous_loopback("http://127.0.0.1:8080").unwrap();
    let local = |token: &str| {
        let document =
            format!(r#"{{"issuer":"http://127.0.0.1:8080","token_endpoint":"{token}"}}"#);
        Metadata::parse(document.as_bytes(), &issuer).is_ok()
    };
    assert!(local("http://127.0.0.1:8080/token"));
    assert!(!local("http://server.example.com/token"));
}

#[test]
fn where_descriptions_are() {
    for (issuer, urls) in [
        (
            "https://id.example.com",
            &[
                "https://id.example.com/.well-known/openid-configuration",
                "https://id.example.com/.well-known/oauth-authorization-server",
            ][..],
        ),
        (
            "https://id.example.com:8443/a/b/",
            &[
                "https://id.example.com:8443/a/b/.well-known/openid-configuration",
                "https://id.example.com:8443/.well-known/oauth-authorization-server/a/b",
                "https://id.example.com:8443/.well-known/openid-configuration/a/b",
            ],
        ),
    ] {
        let read: Vec<_> = Issuer::new(issuer)
            .unwrap()
            .urls()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(read, urls);
    }
    assert_eq!(
        Issuer::new("https://id.example.com/?a"),
        Err(crate::InvalidUrl::Query)
    );
    assert!(Issuer::new("http://id.example.com/").is_err());
}

#[test]
fn an_issuer_for_all_tenants_is_asked_for_by_name() {
    let document = br#"{"issuer":"https://login.microsoftonline.com/{tenantid}/v2.0"}"#;
    let common = Issuer::new("https://login.microsoftonline.com/common/v2.0").unwrap();
    assert_eq!(
        Metadata::parse(document, &common),
        Err(DiscoveryError::Issuer)
    );
    let all = common.dangerous_document_issuer("https://login.microsoftonline.com/{tenantid}/v2.0");
    assert!(Metadata::parse(document, &all).is_ok());
}

proptest! {
    #[test]
    fn no_document_is_used_for_another_issuer(other in "https://[a-z.]{1,12}(/[a-z]{0,3})?") {
        prop_assume!(other != "https://server.example.com");
        let document = format!(r#"{{"issuer":"{other}"}}"#);
        prop_assert_eq!(Metadata::parse(document.as_bytes(), &issuer()), Err(DiscoveryError::Issuer));
    }

    #[test]
    fn noise_is_refused(document in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Metadata::parse(&document, &issuer()).is_err());
    }
}
