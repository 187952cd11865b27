use alloc::{format, string::String};

use super::*;

const TOKEN: &str = "https://server.example.com/token";

fn body(request: &TokenRequest<'_>) -> String {
    let client = Client::public("webmail").unwrap();
    let request = request.build(&Url::new(TOKEN).unwrap(), &client).unwrap();
    let body = request.body().expose();
    body.strip_suffix("&client_id=webmail").unwrap().into()
}

fn refused(request: &TokenRequest<'_>) -> InvalidRequest {
    let client = Client::public("webmail").unwrap();
    request
        .build(&Url::new(TOKEN).unwrap(), &client)
        .unwrap_err()
}

#[test]
fn each_grant() {
    let secret = Secret::from("a+b/c=");
    let verifier = Verifier::from_entropy(&[7; 32]);
    assert_eq!(
        body(&TokenRequest::refresh(&secret)),
        "grant_type=refresh_token&refresh_token=a%2Bb%2Fc%3D"
    );
    assert_eq!(
        body(&TokenRequest::authorization_code(
            &secret,
            "http://127.0.0.1:1/cb",
            &verifier
        )),
        "grant_type=authorization_code&code=a%2Bb%2Fc%3D&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcb&code_verifier=BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"
    );
    assert_eq!(
        body(&TokenRequest::client_credentials().scope("https://outlook.office365.com/.default")),
        "grant_type=client_credentials&scope=https%3A%2F%2Foutlook.office365.com%2F.default"
    );
    assert_eq!(
        body(&TokenRequest::jwt_bearer(&secret)),
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a%2Bb%2Fc%3D"
    );
}

#[test]
fn a_password_with_every_sign() {
    let password = Secret::from("p+w&=%");
    assert_eq!(
        body(&TokenRequest::password("jürgen@example.com", &password).scope("mail")),
        "grant_type=password&username=j%C3%BCrgen%40example.com&password=p%2Bw%26%3D%25&scope=mail"
    );
}

/// <https://www.rfc-editor.org/rfc/rfc8628#section-3.4>
#[test]
fn device_code_of_the_standard() {
    let code = Secret::from("GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS");
    let client = Client::public("1406020730").unwrap();
    let request = TokenRequest::device_code(&code).build(&Url::new(TOKEN).unwrap(), &client);
    assert_eq!(
        request.unwrap().body().expose(),
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS&client_id=1406020730"
    );
}

#[test]
fn scope_and_resource_of_an_audience() {
    let token = Secret::from("x");
    let audience = Audience::new("b a").with_resource("https://api.example.com/");
    assert_eq!(
        body(&TokenRequest::refresh(&token).audience(&audience)),
        "grant_type=refresh_token&refresh_token=x&scope=a+b&resource=https%3A%2F%2Fapi.example.com%2F"
    );
    // No scope is no parameter.
    let nothing = Audience::default();
    assert_eq!(
        body(&TokenRequest::refresh(&token).audience(&nothing)),
        "grant_type=refresh_token&refresh_token=x"
    );
}

#[test]
fn what_a_lifecycle_wants() {
    let token = Secret::from("x");
    let (scopes, audience) = ("b a".into(), Audience::new("c").with_resource("urn:d"));
    let want = |scopes, resource| Want::Refresh {
        token: &token,
        scopes,
        resource,
    };
    for (want, wanted) in [
        (want(None, None), "grant_type=refresh_token&refresh_token=x"),
        (
            want(Some(&scopes), Some("urn:d")),
            "grant_type=refresh_token&refresh_token=x&scope=a+b&resource=urn%3Ad",
        ),
        (
            Want::Grant {
                kind: GrantKind::ClientCredentials,
                audience: &audience,
                skew: 0,
            },
            "grant_type=client_credentials&scope=c&resource=urn%3Ad",
        ),
    ] {
        assert_eq!(body(&TokenRequest::wanted(&want).unwrap()), wanted);
    }
    for kind in [GrantKind::JwtBearer, GrantKind::Password] {
        let want = Want::Grant {
            kind,
            audience: &audience,
            skew: 0,
        };
        assert!(TokenRequest::wanted(&want).is_none());
    }
}

#[test]
fn several_resources_and_more() {
    let token = Secret::from("x");
    let request = TokenRequest::refresh(&token)
        .resource("https://a.example")
        .resource("urn:b")
        .parameter("audience", "c d");
    assert_eq!(
        body(&request),
        "grant_type=refresh_token&refresh_token=x&resource=https%3A%2F%2Fa.example&resource=urn%3Ab&audience=c+d"
    );
}

#[test]
fn what_is_refused() {
    let token = Secret::from("x");
    let request = || TokenRequest::refresh(&token);
    for name in [
        "",
        "grant_type",
        "refresh_token",
        "client_id",
        "client_secret",
        "client_assertion",
    ] {
        assert_eq!(
            refused(&request().parameter(name, "y")),
            InvalidRequest::Parameter,
            "{name}"
        );
    }
    let twice = request()
        .parameter("audience", "a")
        .parameter("audience", "b");
    assert_eq!(refused(&twice), InvalidRequest::Parameter);
    assert_eq!(
        refused(&request().scope("a").scope("b")),
        InvalidRequest::Parameter
    );
    assert_eq!(
        refused(&request().scope("a").parameter("scope", "b")),
        InvalidRequest::Parameter
    );
    for scope in ["a  b", " a", "a ", "a\"", "a\\", "ä", "a\nb", " "] {
        assert_eq!(
            refused(&request().scope(scope)),
            InvalidRequest::Scope,
            "{scope:?}"
        );
        assert_eq!(
            refused(&request().parameter("scope", scope)),
            InvalidRequest::Scope
        );
    }
    for resource in [
        "",
        "a",
        "/a",
        "https:",
        "https://a/#b",
        "https://a b",
        "://a",
        "?a:b",
    ] {
        assert_eq!(
            refused(&request().resource(resource)),
            InvalidRequest::Resource,
            "{resource:?}"
        );
    }
}

#[test]
fn the_query_of_an_endpoint_is_kept() {
    let token = Secret::from("x");
    let endpoint = Url::new("https://id.example.com/token?policy=a").unwrap();
    let request = TokenRequest::refresh(&token).build(&endpoint, &Client::public("a").unwrap());
    assert_eq!(request.unwrap().url(), endpoint.as_str());
}

#[test]
fn secrets_are_not_shown() {
    let secret = Secret::from("hunter2");
    let verifier = Verifier::from_entropy(&[7; 32]);
    let (endpoint, client) = (
        Url::new(TOKEN).unwrap(),
        Client::post("id", "hunter2").unwrap(),
    );
    for request in [
        TokenRequest::refresh(&secret),
        TokenRequest::authorization_code(&secret, "com.example:/cb", &verifier),
        TokenRequest::device_code(&secret),
        TokenRequest::password("user", &secret),
        TokenRequest::jwt_bearer(&secret),
    ] {
        let built = request.build(&endpoint, &client).unwrap();
        assert!(built.body().expose().contains("hunter2"));
        let shown = format!("{request:?} {built:?}");
        assert!(
            !shown.contains("hunter2") && !shown.contains("BwcH"),
            "{shown}"
        );
    }
}

#[test]
fn answers_to_a_revocation() {
    for (status, body, read) in [
        (200, "", Revocation::Done),
        (200, "{\"error\":\"x\"}", Revocation::Done),
        (
            400,
            "{\"error\":\"unsupported_token_type\"}",
            Revocation::Unsupported,
        ),
        (400, "{\"error\":\"invalid_token\"}", Revocation::Done),
        (401, "{\"error\":\"invalid_client\"}", Revocation::Refused),
        (307, "", Revocation::Refused),
        (404, "<html>", Revocation::Refused),
        (429, "", Revocation::Later(None)),
        (
            503,
            "{\"error\":\"invalid_token\"}",
            Revocation::Later(None),
        ),
    ] {
        let response = crate::Response::new(status, body.as_bytes());
        assert_eq!(Revocation::read(&response), read, "{status} {body}");
    }
}
