//! Logs in to mail servers with OAuth tokens and says why when not.

#![forbid(unsafe_code)]
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "a program for machines with an operating system"
)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "the enums of the libraries may grow, and the tool falls back to the general case"
)]

mod attempt;
mod check;
mod cli;
mod exit;
mod input;
mod protocol;
mod report;
mod terminal;
mod waiting;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return cli::complain(&error),
    };
    match cli.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Try(arguments) => attempt::run(&arguments),
        Command::Completions { shell } => cli::completions(shell),
        Command::Man => cli::man(),
    }
}
