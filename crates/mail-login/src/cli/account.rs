//! The arguments of the commands about accounts.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{TlsMode, seconds};
use crate::config::{Authentication, Grant};

/// What all these commands take.
#[derive(Args, Debug)]
pub(crate) struct Common {
    /// The configuration file [default: mail-login/config.toml where such files are]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Prints JSON objects, one a line, the last one is the result
    #[arg(long)]
    pub(crate) json: bool,
    /// Never asks anything
    #[arg(long)]
    pub(crate) no_input: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Writes an account into the configuration file
    #[command(
        after_help = "Example:\n  mail-login account add home --provider gmail --user me@gmail.com --client-id ID.apps.googleusercontent.com --client-secret-file ~/.config/mail-login/home.secret\n  mail-login account add work --issuer https://id.example.com --user me@example.com --client-id mail --scope \"openid mail offline_access\" --imap imap.example.com --smtp smtp.example.com:465"
    )]
    Add(Box<Add>),
    /// Names the accounts
    #[command(after_help = "Example:\n  mail-login account list --json")]
    List(List),
    /// Shows what an account is set to, and what is known of its provider
    #[command(after_help = "Example:\n  mail-login account show work")]
    Show(Named),
    /// Takes an account out of the configuration file; tokens that are left keep it there
    #[command(
        after_help = "Example:\n  mail-login sign-out work && mail-login account remove work"
    )]
    Remove(Named),
}

#[derive(Args, Debug)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Named {
    /// The account
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct Add {
    /// What the account is to be called
    pub(crate) name: String,
    /// A known provider, such as gmail, outlook, microsoft365, yahoo, fastmail
    #[arg(long, group = "source")]
    pub(crate) provider: Option<String>,
    /// The authorization server, which is asked for its endpoints
    #[arg(long, value_name = "URL", group = "source")]
    pub(crate) issuer: Option<String>,
    /// Where tokens come from, for a server that does not describe itself
    #[arg(long, value_name = "URL", group = "source")]
    pub(crate) token_endpoint: Option<String>,
    /// Where the browser goes
    #[arg(long, value_name = "URL", requires = "token_endpoint")]
    pub(crate) authorization_endpoint: Option<String>,
    /// Where a sign-in on another device starts
    #[arg(long, value_name = "URL", requires = "token_endpoint")]
    pub(crate) device_authorization_endpoint: Option<String>,
    /// Where tokens are taken back
    #[arg(long, value_name = "URL", requires = "token_endpoint")]
    pub(crate) revocation_endpoint: Option<String>,
    /// Microsoft: the directory, its domain or identifier
    #[arg(long, requires = "provider")]
    pub(crate) tenant: Option<String>,
    /// The user, or the shared mailbox, to log in as
    #[arg(long)]
    pub(crate) user: String,
    /// Who asks: what the provider calls the program that you registered with it
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: String,
    /// A file with the client secret
    #[arg(long, value_name = "FILE", conflicts_with = "client_secret_command")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// A program that prints the client secret, and its arguments, split at spaces
    #[arg(long, value_name = "COMMAND")]
    pub(crate) client_secret_command: Option<String>,
    /// How the client shows who it is [default: by what the server takes]
    #[arg(long, value_name = "METHOD")]
    pub(crate) client_authentication: Option<Authentication>,
    /// What to ask for [default: what the provider needs for IMAP and SMTP]
    #[arg(long)]
    pub(crate) scope: Option<String>,
    /// Where the token is to be used, as a URI (RFC 8707)
    #[arg(long, value_name = "URI")]
    pub(crate) resource: Option<String>,
    /// The same as some servers call it
    #[arg(long)]
    pub(crate) audience: Option<String>,
    /// Where the browser comes back to [default: http://127.0.0.1/, any port]
    #[arg(long, value_name = "URI")]
    pub(crate) redirect_uri: Option<String>,
    /// How new tokens come
    #[arg(long)]
    pub(crate) grant: Option<Grant>,
    /// Where tokens are kept: file, keyring, redis://…
    #[arg(long)]
    pub(crate) store: Option<String>,
    /// Trusts the authorities in this PEM file as well
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Allows endpoints on this machine that have no TLS, for tests
    #[arg(long)]
    pub(crate) allow_http_loopback: bool,
    /// The IMAP server
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) imap: Option<String>,
    /// How it is protected [default: implicit]
    #[arg(long, value_name = "TLS", requires = "imap")]
    pub(crate) imap_tls: Option<TlsMode>,
    /// The SMTP server
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) smtp: Option<String>,
    /// How it is protected [default: implicit]
    #[arg(long, value_name = "TLS", requires = "smtp")]
    pub(crate) smtp_tls: Option<TlsMode>,
    /// The ManageSieve server
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) sieve: Option<String>,
    /// How it is protected [default: starttls]
    #[arg(long, value_name = "TLS", requires = "sieve")]
    pub(crate) sieve_tls: Option<TlsMode>,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct SignIn {
    /// The account
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) way: Way,
    /// How long the user has, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = seconds)]
    pub(crate) timeout: std::time::Duration,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// How the user signs in. None of these: in a browser on this machine.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub(crate) struct Way {
    /// In any browser, with a code to type there
    #[arg(long)]
    pub(crate) device: bool,
    /// In the browser of another machine: paste here the address where it ends up
    #[arg(long)]
    pub(crate) paste: bool,
    /// By the user's password from stdin. Discouraged: it fails with a second factor
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// Without a user: by the client's own secret
    #[arg(long)]
    pub(crate) client_credentials: bool,
    /// By the tokens of another program: a token response as JSON, - for stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) import: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Token {
    /// The account
    pub(crate) name: String,
    /// How long the token must be good at least
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = clap::value_parser!(u64).range(..=86400))]
    pub(crate) min_valid: u64,
    /// What to print: the token, or a message of SASL in Base64
    #[arg(long, default_value = "raw")]
    pub(crate) format: Format,
    /// How long to wait for a token, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) timeout: std::time::Duration,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Raw,
    Json,
    Xoauth2,
    Oauthbearer,
}

#[derive(Args, Debug)]
pub(crate) struct Status {
    /// The account [default: all]
    pub(crate) name: Option<String>,
    /// Exits by what is the matter: 0 if tokens can be had, 77 if the user has to sign in, or as the last
    /// command that got no token
    #[arg(long)]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args, Debug)]
pub(crate) struct SignOut {
    /// The account
    pub(crate) name: String,
    /// How long to wait for the authorization server, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) timeout: std::time::Duration,
    #[command(flatten)]
    pub(crate) common: Common,
}
