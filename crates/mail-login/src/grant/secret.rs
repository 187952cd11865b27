//! The client's secret: from a file, or from a program that keeps it.

use std::{
    fs::File,
    io::{self, Read as _},
    process::{Command, Stdio},
};

use sasl_core::Secret;

use crate::{
    config::{Account, Config},
    exit::Problem,
    input,
};

pub(super) fn read(
    config: &Config,
    name: &str,
    account: &Account,
) -> Result<Option<Secret>, Problem> {
    let (text, place) = match (&account.client_secret_file, &account.client_secret_command) {
        (Some(file), _) => {
            let path = config.resolve(file);
            let text = File::open(&path).and_then(input::read);
            (text, path.display().to_string())
        }
        (None, Some(words)) => {
            let place = words.first().cloned().unwrap_or_default();
            (run(words), place)
        }
        (None, None) => return Ok(None),
    };
    let text = text.map_err(|error| {
        let what = format!("the client secret cannot be read from {place} ({error}): check it");
        config.wrong(name, &what)
    })?;
    // `pass` prints further lines, which are no part of it.
    let first = text.expose().lines().next().unwrap_or_default();
    Ok(Some(first.trim_end().into()))
}

fn run(words: &[String]) -> io::Result<Secret> {
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| io::Error::other("no program is named"))?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stdout = child
        .stdout
        .take()
        .ok_or_else(|| io::Error::other("no pipe"))?;
    let text = input::read(&mut stdout);
    // What it still has to say keeps it from ending.
    let _ = io::copy(&mut stdout.by_ref(), &mut io::sink());
    let status = child.wait()?;
    if status.success() {
        text
    } else {
        Err(io::Error::other(format!("it failed: {status}")))
    }
}
