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

mod account;
mod attempt;
mod check;
mod cli;
mod config;
mod demo;
mod exit;
mod grant;
mod http;
mod input;
mod last;
mod offline;
mod protocol;
mod report;
mod session;
mod settings;
mod sign_in;
mod sign_out;
mod status;
mod store;
mod terminal;
mod time;
mod token;
mod waiting;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command, Demo};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return cli::complain(&error),
    };
    match cli
        .command
        .unwrap_or_else(|| Command::Demo(Demo::default()))
    {
        Command::Check(arguments) => check::run(&arguments),
        Command::Try(arguments) => attempt::run(&arguments),
        Command::Account(command) => account::run(&command),
        Command::SignIn(arguments) => sign_in::run(&arguments),
        Command::Token(arguments) => token::run(&arguments),
        Command::Status(arguments) => status::run(&arguments),
        Command::SignOut(arguments) => sign_out::run(&arguments),
        Command::Settings(command) => settings::run(&command),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Completions { shell } => cli::completions(shell),
        Command::Man => cli::man(),
    }
}
