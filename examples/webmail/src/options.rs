//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::Parser;
use mail_session::settings::{Findings, LoadError, Settings};
use tracing::Level;

/// A small webmail that signs its users in by OpenID Connect.
#[derive(Clone, Debug, Parser)]
#[command(version)]
#[non_exhaustive]
pub struct Options {
    /// Where to listen. Without TLS: put a proxy in front that has it.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// The address that browsers see, such as `https://webmail.example.com`.
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Settings of mail servers and tokens: one file in TOML, or those of App Suite.
    #[arg(long, value_name = "FILE", required_unless_present = "testbed", num_args = 1..)]
    pub config: Vec<PathBuf>,
    /// A further certificate authority (PEM) that the authorization server may have.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Keeps sessions in this Redis server, for any number of nodes.
    #[arg(
        long,
        value_name = "URL",
        env = "WEBMAIL_REDIS",
        hide_env_values = true
    )]
    pub redis: Option<String>,
    /// Keeps sessions in this directory, over a restart.
    #[arg(long, value_name = "DIR", conflicts_with = "redis")]
    pub store: Option<PathBuf>,
    /// The key that all nodes share for sign-ins under way: 32 random octets or more. Without it, it is derived from
    /// the client's secret, which then has to be random, too: whoever guesses it can read and make up sign-ins.
    /// A client without a secret needs it with --redis and --store.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The claim of the ID token that is the login name at the mail servers.
    #[arg(long, value_name = "NAME", default_value = "email")]
    pub login_claim: String,
    /// Serves metrics for Prometheus here, apart from the users.
    #[arg(long, value_name = "ADDR")]
    pub metrics: Option<SocketAddr>,
    /// Starts mail servers and an authorization server of its own, to try it without anything else.
    #[arg(long, conflicts_with_all = ["config", "ca"])]
    pub testbed: bool,
    /// What is logged: error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log: Level,
}

impl Options {
    /// Reads the files of settings.
    ///
    /// # Errors
    ///
    /// When one of them cannot be read, or something in them is wrong.
    pub fn settings(&self) -> Result<(Settings, Findings), LoadError> {
        Settings::load(&self.config)
    }
}
