//! The command line.

mod account;
mod settings;

use std::{net::IpAddr, path::PathBuf, process::ExitCode};

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum, error::ErrorKind};
use clap_complete::Shell;

pub(crate) use account::{
    AccountCommand, Add, Format, List, Named, SignIn, SignOut, Status, Token as GetToken,
};
pub(crate) use settings::{CheckSettings, SettingsCommand};

use crate::{
    exit::{Exit, Problem},
    terminal::fail,
};

/// Logs in to mail servers with OAuth tokens, and says why when not.
#[derive(Debug, Parser)]
#[command(
    name = "mail-login",
    version,
    propagate_version = true,
    after_help = "Exit codes: 0 done, 64 usage, 69 the server cannot be used as asked, 73 the store of tokens \
                  cannot be written, 74 it, or input, cannot be read, 75 temporary, 76 the \
                  conversation broke, 77 the credential was refused, or signing in is needed, \
                  78 wrong settings."
)]
pub(crate) struct Cli {
    /// Without a command: the demonstration
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What does this server offer? Needs no credential
    #[command(
        after_help = "Example:\n  mail-login check imap.gmail.com\n  mail-login check smtp://mail.example.com:587 --json"
    )]
    Check(Check),
    /// One login, and exactly what happened
    #[command(
        after_help = "Example:\n  mail-login try imap --host imap.gmail.com --user me@gmail.com --token-file token\n  pass show token | mail-login try smtp --host smtp.office365.com --tls starttls --user me@example.com --token-file -\n  mail-login try imap --account home"
    )]
    Try(Try),
    /// Accounts: who signs in where
    #[command(
        subcommand,
        after_help = "Example:\n  mail-login account add home --provider gmail --user me@gmail.com --client-id ID --client-secret-file FILE"
    )]
    Account(AccountCommand),
    /// Signs in, in a browser or otherwise, and keeps the tokens
    #[command(
        after_help = "Example:\n  mail-login sign-in home\n  mail-login sign-in server --device\n  gpg -d old-tokens.gpg | mail-login sign-in work --import -"
    )]
    SignIn(SignIn),
    /// Prints a token that is good now, and gets a new one when that is due
    #[command(
        after_help = "Example:\n  mail-login token home\n  mail-login token work --min-valid 600 --format xoauth2"
    )]
    Token(GetToken),
    /// What is known of the tokens, without asking anybody
    #[command(after_help = "Example:\n  mail-login status\n  mail-login status home --check")]
    Status(Status),
    /// Takes the tokens back at the authorization server, and forgets them
    #[command(after_help = "Example:\n  mail-login sign-out home")]
    SignOut(SignOut),
    /// Settings of a webmail back end: what its files mean
    #[command(
        subcommand,
        after_help = "Example:\n  mail-login settings check mail-session.toml\n  mail-login settings check mail.properties mailfilter.properties"
    )]
    Settings(SettingsCommand),
    /// The main job on servers in this process: nothing to install, no account
    #[command(after_help = "Example:\n  mail-login demo\n  mail-login demo --keep")]
    Demo(Demo),
    /// Prints completions for a shell
    #[command(
        after_help = "Example:\n  mail-login completions bash > ~/.local/share/bash-completion/completions/mail-login"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Prints the manual page
    #[command(after_help = "Example:\n  mail-login man | man -l -")]
    Man,
}

#[derive(Args, Debug)]
pub(crate) struct Check {
    /// host, host:port, or imap(s)://, smtp(s)://, submission(s)://, sieve:// and a host
    pub(crate) server: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Args, Debug, Default)]
pub(crate) struct Demo {
    /// Leaves the servers running and prints how to reach them
    #[arg(long)]
    pub(crate) keep: bool,
    /// Prints JSON objects, one a line, the last one is the result
    #[arg(long)]
    pub(crate) json: bool,
    /// Never asks anything (it does not in this command; accepted so that scripts can always pass it)
    #[arg(long, hide = true)]
    pub(crate) no_input: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Try {
    /// The protocol
    pub(crate) protocol: Protocol,
    /// The server [with --account: the account's]
    #[arg(long, required_unless_present = "account")]
    pub(crate) host: Option<String>,
    /// Its port [default: by protocol and --tls]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,
    /// How the connection is protected [default: implicit; sieve: starttls]
    #[arg(long)]
    pub(crate) tls: Option<TlsMode>,
    /// Allows --tls none: whoever is on the way reads the token
    #[arg(long)]
    pub(crate) dangerous_in_clear: bool,
    /// The user, or the shared mailbox, to log in as [with --account: the account's]
    #[arg(long, required_unless_present = "account")]
    pub(crate) user: Option<String>,
    #[command(flatten)]
    pub(crate) token: Token,
    /// The configuration file, for --account
    #[arg(long, value_name = "FILE", requires = "account")]
    pub(crate) config: Option<PathBuf>,
    /// The mechanism
    #[arg(long, default_value = "auto")]
    pub(crate) mechanism: MechanismChoice,
    /// What EHLO calls us, a host name or address literal (smtp)
    #[arg(long, value_name = "NAME")]
    pub(crate) client_name: Option<String>,
    /// Sends the token only after the server has asked for it
    #[arg(long)]
    pub(crate) no_initial_response: bool,
    /// Capabilities known from an earlier login, which may save a round trip
    #[arg(long, value_name = "CAPABILITIES")]
    pub(crate) assume: Option<String>,
    /// Prints the dialogue on stderr, secrets cut out
    #[arg(long)]
    pub(crate) transcript: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Where the token comes from; never an argument, which other users of the machine could see.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct Token {
    /// A file with the access token, - for stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// An environment variable with the access token
    #[arg(long, value_name = "VAR")]
    pub(crate) token_env: Option<String>,
    /// An account, whose token is refreshed when that is due
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Connection {
    /// The name that the certificate must have [default: the host]
    #[arg(long, value_name = "NAME")]
    pub(crate) server_name: Option<String>,
    /// Trusts the authorities in this PEM file as well
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// One deadline for everything, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    pub(crate) timeout: std::time::Duration,
    /// Connects from this local address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) bind: Option<IpAddr>,
    /// Prints JSON objects, one a line, the last one is the result
    #[arg(long)]
    pub(crate) json: bool,
    /// Never asks anything (it does not in this command; accepted so that scripts can always pass it)
    #[arg(long, hide = true)]
    pub(crate) no_input: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    Imap,
    Smtp,
    Sieve,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TlsMode {
    /// TLS from the first octet on
    Implicit,
    /// STARTTLS, which must succeed
    Starttls,
    /// No TLS, needs --dangerous-in-clear
    None,
}

impl TlsMode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Implicit => "implicit",
            Self::Starttls => "starttls",
            Self::None => "none",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MechanismChoice {
    /// OAUTHBEARER if offered, else XOAUTH2
    Auto,
    Oauthbearer,
    Xoauth2,
}

fn seconds(text: &str) -> Result<std::time::Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "not a number of seconds".to_owned())?;
    if (0.001..=86400.0).contains(&seconds) {
        Ok(std::time::Duration::from_secs_f64(seconds))
    } else {
        Err("must be between 0.001 and 86400".into())
    }
}

/// Help and version are results; everything else is a usage error.
pub(crate) fn complain(error: &clap::Error) -> ExitCode {
    // Nothing is left to do when even the complaint cannot be printed.
    let _ = error.print();
    if !error.use_stderr() {
        return Exit::Done.into();
    }
    // What the arguments mean is not known, but who reads them in JSON wants the answer so.
    let mut arguments = std::env::args_os().take_while(|argument| argument != "--");
    if arguments.any(|argument| argument == "--json") {
        return fail(true, &Problem::usage(sentence(error)));
    }
    Exit::Usage.into()
}

/// What is wrong, without the help behind it.
fn sentence(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a command is missing; see --help".into();
    }
    let text = error.render().to_string();
    let lines = text.lines().map(str::trim);
    let what: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    let what = what.join(" ");
    format!("{}; see --help", what.trim_start_matches("error: "))
}

pub(crate) fn completions(shell: Shell) -> ExitCode {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mail-login", &mut out);
    crate::terminal::print_raw(&out)
}

/// One page with all commands.
pub(crate) fn man() -> ExitCode {
    let mut command = Cli::command();
    command.build();
    let mut out = Vec::new();
    let written = clap_mangen::Man::new(command.clone())
        .render(&mut out)
        .and_then(|()| sections(&command, "MAIL\\-LOGIN", &mut out));
    match written {
        Ok(()) => crate::terminal::print_raw(&out),
        Err(_) => Exit::Unreadable.into(),
    }
}

/// A section for each command, and for those below it.
fn sections(command: &clap::Command, above: &str, out: &mut Vec<u8>) -> std::io::Result<()> {
    for sub in command.get_subcommands() {
        if sub.get_name() == "help" {
            continue;
        }
        let page = clap_mangen::Man::new(sub.clone());
        let name = sub.get_name().to_uppercase().replace('-', "\\-");
        let title = format!("{above} {name}");
        out.extend_from_slice(format!(".SH \"{title}\"\n").as_bytes());
        page.render_description_section(out)?;
        page.render_synopsis_section(out)?;
        page.render_options_section(out)?;
        page.render_extra_section(out)?;
        sections(sub, &title, out)?;
    }
    Ok(())
}
