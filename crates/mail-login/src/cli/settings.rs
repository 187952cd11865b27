//! The command line of settings.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// Says what the files mean, and everything that is wrong with them
    #[command(
        after_help = "A file in TOML is read alone; those of App Suite (mail.properties, mailfilter.properties, and the \
                      ones with com.openexchange.oidc or com.openexchange.authentication.oauth) are read together.\n\
                      Exit codes: 0 there is no error, 74 a file cannot be read, 78 there are errors.\n\n\
                      Example:\n  mail-login settings check mail-session.toml\n  mail-login settings check /opt/open-xchange/etc/mail*.properties"
    )]
    Check(CheckSettings),
}

#[derive(Args, Debug)]
pub(crate) struct CheckSettings {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Prints JSON objects, one a line, the last one is the result
    #[arg(long)]
    pub(crate) json: bool,
    /// Never asks anything (it does not in this command; accepted so that scripts can always pass it)
    #[arg(long, hide = true)]
    pub(crate) no_input: bool,
}
