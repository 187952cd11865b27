//! A small client of HTTP that sees everything: status, headers, body, or that there was no answer.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "every test file uses a part; a test needs no `no_std`, and a panic is how it fails"
)]

use std::{sync::Arc, time::Duration};

use mail_testbed::{Endpoint, Provider, ProviderOptions};
use serde_json::Value;
use ureq::{
    Agent,
    http::Response,
    tls::{Certificate, RootCerts, TlsConfig},
};

pub const MAIL: &str = "https://mail.example.com/";

pub struct Client {
    pub agent: Agent,
    authorization: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

pub fn start(options: ProviderOptions) -> (Provider, Client) {
    let provider = Provider::start(options).unwrap();
    let client = Client::trusting(provider.authority().der().as_ref());
    (provider, client)
}

impl Client {
    pub fn trusting(der: &[u8]) -> Self {
        let roots = RootCerts::Specific(Arc::new(vec![Certificate::from_der(der).to_owned()]));
        let config = Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            // No test hangs for ever, whatever is wrong.
            .timeout_global(Some(Duration::from_secs(20)))
            .build();
        Self {
            agent: config.into(),
            authorization: None,
        }
    }

    pub fn authorization(mut self, value: &str) -> Self {
        self.authorization = Some(value.into());
        self
    }

    pub fn post(&self, url: &str, fields: &[(&str, &str)]) -> Answer {
        self.try_post(url, fields).unwrap()
    }

    pub fn try_post(&self, url: &str, fields: &[(&str, &str)]) -> Result<Answer, ureq::Error> {
        let mut request = self.agent.post(url);
        if let Some(value) = &self.authorization {
            request = request.header("authorization", value);
        }
        request.send_form(fields.iter().copied()).and_then(read)
    }

    pub fn get(&self, url: &str) -> Answer {
        let mut request = self.agent.get(url);
        if let Some(value) = &self.authorization {
            request = request.header("authorization", value);
        }
        request.call().and_then(read).unwrap()
    }

    pub fn token(&self, provider: &Provider, fields: &[(&str, &str)]) -> Answer {
        self.try_token(provider, fields).unwrap()
    }

    pub fn try_token(
        &self,
        provider: &Provider,
        fields: &[(&str, &str)],
    ) -> Result<Answer, ureq::Error> {
        let mut all = fields.to_vec();
        if self.authorization.is_none() && !fields.iter().any(|(name, _)| *name == "client_id") {
            all.push(("client_id", "mail-client"));
        }
        self.try_post(&provider.url(Endpoint::Token), &all)
    }

    pub fn refresh(&self, provider: &Provider, token: &str) -> Answer {
        self.try_refresh(provider, token).unwrap()
    }

    pub fn try_refresh(&self, provider: &Provider, token: &str) -> Result<Answer, ureq::Error> {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.try_token(provider, &fields)
    }
}

impl Answer {
    /// The answer, which must be one of success.
    #[track_caller]
    pub fn good(self) -> Self {
        assert_eq!(self.status, 200, "{self:?}");
        self
    }

    /// The error code, which must be there.
    #[track_caller]
    pub fn error(&self) -> String {
        assert!(self.status >= 400, "{self:?}");
        self.text("error")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// A member that is a string and must be there.
    #[track_caller]
    pub fn text(&self, name: &str) -> String {
        let value = self.json();
        let Some(text) = value[name].as_str() else {
            panic!("no {name} in {self:?}");
        };
        text.into()
    }

    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

fn read(mut response: Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let headers = response.headers().iter();
    Ok(Answer {
        status: response.status().as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()))
            .collect(),
        body: response.body_mut().read_to_string()?,
    })
}
