//! The client for an account's authorization server.

use mail_login_blocking::tokens::HttpClient;
use mail_login_tokens::Http;

use crate::{
    config::{Account, Config},
    exit::{Exit, Problem},
};

pub(crate) fn client(config: &Config, account: &Account) -> Result<Box<dyn Http>, Problem> {
    let mut client = HttpClient::new();
    if account.allow_http_loopback {
        client = client.dangerous_loopback();
    }
    if let Some(file) = &account.ca {
        client = client
            .extra_ca_file(config.resolve(file))
            .map_err(|problem| Problem::new(Exit::Settings, problem.kind(), problem.to_string()))?;
    }
    Ok(Box::new(client))
}
