use token_lifecycle::{Audience, Exchange, GrantKind, Setting, UnixTime};

use super::*;

fn settings() -> Settings {
    let endpoint = Url::new("https://id.example.com/token").unwrap();
    let options = Options::new("me", Audience::new("mail"));
    Settings::new(endpoint, Client::public("app").unwrap(), options)
}

#[test]
fn records_are_those_of_the_client() {
    assert_eq!(settings().options().client_id, "app");
}

#[test]
fn nothing_is_revoked_where_that_is_not_possible() {
    let token = "r".into();
    let want = Want::Revoke { token: &token };
    assert!(!settings().options().revoke);
    assert_eq!(settings().request(&want), Err(NoRequest::Revocation));

    let settings = settings().with_revocation(Url::new("https://id.example.com/revoke").unwrap());
    assert!(settings.options().revoke);
    let request = settings.request(&want).unwrap();
    assert_eq!(request.url(), "https://id.example.com/revoke");
}

#[test]
fn what_only_the_caller_can_make_is_asked_of_him() {
    let audience = Audience::new("mail");
    let want = Want::Grant {
        kind: GrantKind::JwtBearer,
        audience: &audience,
        skew: 0,
    };
    assert_eq!(settings().request(&want), Err(NoRequest::Grant));
    let made = Request::post("https://id.example.com/token", "assertion=…");
    let copy = made.clone();
    let settings = settings()
        .with_requests(move |want| matches!(want, Want::Grant { .. }).then(|| copy.clone()));
    assert_eq!(settings.request(&want), Ok(made));
    // Everything else is as usual.
    let token = "r".into();
    let want = Want::Refresh {
        token: &token,
        scopes: None,
        resource: None,
    };
    assert!(settings.request(&want).is_ok());
}

#[test]
fn a_request_that_cannot_be_made_is_a_wrong_setting() {
    let exchange = Exchange::new(GrantKind::RefreshToken, UnixTime::default());
    let failure = exchange.read(&NoRequest::Grant.response()).unwrap_err();
    let class = token_lifecycle::Class::Misconfigured(Setting::Request);
    assert_eq!(failure.class(), class);
}
