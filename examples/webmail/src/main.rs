//! The program: reads its options and settings, and runs until it is told to stop.

#![allow(
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::std_instead_of_core,
    reason = "a program talks to who started it"
)]

use std::{error::Error, process::ExitCode};

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use webmail::{Bed, Options, Webmail, log};

fn main() -> ExitCode {
    let options = Options::parse();
    log::to_stderr(options.log);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(run(options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    }
}

fn failed(error: &dyn Error) -> ExitCode {
    eprintln!("webmail: {error}");
    ExitCode::FAILURE
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let mut stop = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // It lives as long as the server.
    let (webmail, bed) = match options.testbed {
        true => {
            let bed = Bed::start()?;
            (
                Webmail::new(bed.settings()?).with_http(bed.http()),
                Some(bed),
            )
        }
        false => {
            let (settings, findings) = options.settings()?;
            for problem in findings.iter() {
                eprintln!("{problem}");
            }
            (Webmail::new(settings), None)
        }
    };
    let running = webmail.with_options(&options)?.start().await?;
    println!("webmail: {} is ready", running.url());
    if let Some(metrics) = running.metrics() {
        println!("webmail: metrics at http://{metrics}/metrics");
    }
    if bed.is_some() {
        println!(
            "webmail: sign in as {} or {}, with the password {}",
            Bed::USER,
            Bed::OTHER,
            Bed::PASSWORD
        );
    }
    tokio::select! {
        _ = stop.recv() => {}
        _ = interrupt.recv() => {}
    }
    match running.stop().await {
        true => Ok(()),
        false => Err("stopped before all tokens were saved".into()),
    }
}
