use alloc::{boxed::Box, format, vec::Vec};

use mail_login_tokens::HttpAnswer;
use mail_login_tokio::tokens::Pending;
use token_lifecycle::{Issuer, Url};

use super::*;

/// Answers each address of the issuer in turn.
struct Answers(std::sync::Mutex<Vec<(u16, &'static str)>>);

impl Http for Answers {
    fn send<'a>(&'a self, _: &'a Request) -> Pending<'a, Result<HttpAnswer, HttpProblem>> {
        let (status, body) = self.0.lock().unwrap().remove(0);
        Box::pin(async move { Ok(HttpAnswer::new(status, body.as_bytes().to_vec())) })
    }
}

const GOOD: &str = r#"{"issuer":"https://id.example.com",
    "authorization_endpoint":"https://id.example.com/auth",
    "token_endpoint":"https://id.example.com/token"}"#;

fn discover(
    settings: &mut TokenSettings,
    answers: &[(u16, &'static str)],
) -> Result<Metadata, DiscoverError> {
    let http = Answers(std::sync::Mutex::new(answers.to_vec()));
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(settings.discover(&http))
}

fn settings() -> TokenSettings {
    TokenSettings {
        issuer: Issuer::new("https://id.example.com").ok(),
        ..TokenSettings::default()
    }
}

#[test]
fn what_is_named_stays_and_the_rest_is_filled_in() {
    let mut settings = settings();
    settings.token_endpoint = Url::new("https://proxy.example.com/token").ok();
    discover(&mut settings, &[(404, ""), (200, GOOD)]).unwrap();
    let text = |url: &Option<Url>| format!("{url:?}");
    assert!(text(&settings.authorization_endpoint).contains("id.example.com/auth"));
    assert!(text(&settings.token_endpoint).contains("proxy.example.com"));
    assert!(settings.revocation_endpoint.is_none());
}

#[test]
fn each_failure_has_its_name() {
    use DiscoverError::*;
    let other = GOOD.replace("https://id.example.com\"", "https://evil.example.com\"");
    let other: &'static str = Box::leak(other.into_boxed_str());
    assert!(matches!(
        discover(&mut settings(), &[(503, "")]),
        Err(Busy(503))
    ));
    assert!(matches!(
        discover(&mut settings(), &[(404, ""), (404, "")]),
        Err(NoDocument)
    ));
    let mut untouched = settings();
    assert!(matches!(
        discover(&mut untouched, &[(200, other), (404, "")]),
        Err(Document(DiscoveryError::Issuer))
    ));
    assert!(untouched.token_endpoint.is_none());
    assert!(matches!(
        discover(&mut TokenSettings::default(), &[]),
        Err(NoIssuer)
    ));
}
