//! The client for an account's authorization server.

use std::time::Duration;

use mail_login_blocking::{Deadline, tokens::HttpClient};
use mail_login_tokens::{Http, HttpAnswer, HttpProblem};
use token_lifecycle::Request;

use crate::{
    config::{Account, Config},
    exit::{Exit, Problem},
};

/// For requests that are not broken off: an answer that is lost may have had the only refresh token.
pub(crate) fn client(config: &Config, account: &Account) -> Result<HttpClient, Problem> {
    let mut client = HttpClient::new();
    if account.allow_http_loopback {
        client = client.dangerous_loopback();
    }
    if let Some(file) = &account.ca {
        client = client
            .extra_ca_file(config.resolve(file))
            .map_err(|problem| Problem::new(Exit::Settings, problem.kind(), problem.to_string()))?;
    }
    Ok(client)
}

/// For requests that may be, however many there are.
pub(crate) struct Until<'a> {
    pub(crate) client: &'a HttpClient,
    pub(crate) deadline: Deadline,
}

/// What a request may take anyway.
const USUAL: Duration = Duration::from_secs(20);

impl Http for Until<'_> {
    fn send(&self, request: &Request) -> Result<HttpAnswer, HttpProblem> {
        let left = self.deadline.left().unwrap_or(Some(Duration::ZERO));
        let time = left.map_or(USUAL, |left| left.min(USUAL));
        self.client.clone().timeout(time).send(request)
    }
}
