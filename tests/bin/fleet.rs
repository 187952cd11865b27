//! Plays a day of a fleet of nodes on a virtual clock, at any size, and prints what came of it.
//!
//! `cargo run --release -p mail-login-tests --bin fleet -- SESSIONS NODES [MINUTES SEED]`

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a program for tests"
)]

use std::{env, fs, process::ExitCode, time::Instant};

use harness::fleet::{Fleet, Plan};

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let mut number = |default: u64| -> u64 {
        let argument = arguments.next();
        argument.map_or(default, |text| text.parse().unwrap())
    };
    let (sessions, nodes) = (number(100_000), number(200));
    let active = number(480).try_into().unwrap();
    let mut plan = Plan::day(
        sessions.try_into().unwrap(),
        nodes.try_into().unwrap(),
        active,
    );
    plan.seed = number(1);
    let begun = Instant::now();
    let played = Fleet::play(plan.clone(), |hour, so_far| {
        let (took, octets) = (begun.elapsed().as_secs(), resident());
        eprintln!("{hour} h after {took} s, {} MB: {so_far:?}", octets >> 20);
    });
    match played {
        Ok(summary) => {
            print!("{}", summary.tell(&plan));
            println!("| memory of the process | {} MB |", peak() >> 20);
            println!("| took | {} s |", begun.elapsed().as_secs());
            ExitCode::SUCCESS
        }
        Err(what) => {
            eprintln!("{what}");
            ExitCode::FAILURE
        }
    }
}

/// What the process has in memory, and what it had at most; 0 where that is not known.
fn resident() -> u64 {
    status("VmRSS:")
}

fn peak() -> u64 {
    status("VmHWM:")
}

fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() << 10
}
