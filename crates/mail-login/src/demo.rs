//! `demo`: the main job, on servers in this process.

mod browser;
mod keep;
mod show;
mod sign_in;
mod steps;

use std::{process::ExitCode, time::Instant};

use mail_testbed::{MailOptions, Testbed, TestbedOptions, User};

use crate::{
    cli::Demo,
    exit::{Exit, Problem},
    terminal::exit,
};
use show::Show;

/// Who signs in.
const USER: &str = "alice@example.test";

pub(crate) fn run(arguments: &Demo) -> ExitCode {
    let mut show = Show::new(arguments.json);
    let end = play(arguments, &mut show);
    exit(match end {
        Ok(()) => Exit::Done,
        Err(problem) => {
            show.fail(&problem);
            problem.exit
        }
    })
}

fn play(arguments: &Demo, show: &mut Show) -> Result<(), Problem> {
    let begin = Instant::now();
    let testbed = start().map_err(|error| {
        Problem::new(
            Exit::Temporary,
            "io",
            format!("the servers cannot be started ({error}): free some sockets and try again"),
        )
    })?;
    show.title(&testbed);
    steps::all(&testbed, show)?;
    let time = begin.elapsed();
    let kept = if arguments.keep {
        Some(keep::show(&testbed, show)?)
    } else {
        None
    };
    show.done(testbed_logins(&testbed), time);
    if let Some(kept) = kept {
        keep::wait(kept);
    }
    Ok(())
}

fn start() -> std::io::Result<Testbed> {
    let user = User::new(USER).password("wonderland");
    // A demonstration refuses many a login.
    let mail = MailOptions::new().failures(100);
    Testbed::with(TestbedOptions::new().user(user).mail(mail))
}

/// Logins that were accepted and refused.
fn testbed_logins(testbed: &Testbed) -> (u64, u64) {
    [testbed.imap(), testbed.smtp(), testbed.sieve()]
        .iter()
        .fold((0, 0), |(accepted, refused), server| {
            (accepted + server.accepted(), refused + server.refused())
        })
}
