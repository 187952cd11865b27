//! What people see: results on stdout, everything else on stderr.

use std::{
    fmt::Display,
    io::{self, Write as _},
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
};

use anstyle::{AnsiColor, Style};

use serde_json::json;

use crate::exit::{Exit, Problem};

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// A line of a result. Should it be lost, [`exit`] tells.
pub(crate) fn print(line: impl Display) {
    let mut stdout = anstream::stdout();
    let written = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            GONE.store(true, Ordering::Relaxed);
        }
        Err(error) => {
            if !LOST.swap(true, Ordering::Relaxed) {
                complain(&error);
            }
        }
    }
}

/// Whether the reader of the result has gone away.
pub(crate) fn reader_has_gone() -> bool {
    GONE.load(Ordering::Relaxed)
}

static GONE: AtomicBool = AtomicBool::new(false);

/// Whether a line of the result could not be written. A reader that has gone away (`| head`) is no
/// reason to fail.
static LOST: AtomicBool = AtomicBool::new(false);

/// How a run ended, when everything has been printed.
pub(crate) fn exit(exit: Exit) -> ExitCode {
    if LOST.load(Ordering::Relaxed) {
        Exit::Unreadable.into()
    } else {
        exit.into()
    }
}

fn complain(error: &io::Error) {
    note(format_args!("mail-login: cannot write to stdout ({error})"));
}

/// A line that is no result.
pub(crate) fn note(line: impl Display) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Says why it did not come to a result.
pub(crate) fn fail(json: bool, problem: &Problem) -> ExitCode {
    if json {
        print(json!({
            "v": 1, "result": "error", "kind": problem.kind, "message": problem.message,
        }));
    } else {
        note(bad(&problem.message));
    }
    exit(problem.exit)
}

/// A secret that is the result. It goes past the buffer of stdout, which nobody wipes.
pub(crate) fn print_secret(octets: &[u8]) -> ExitCode {
    #[cfg(unix)]
    let written = {
        use std::os::fd::AsFd as _;
        let stdout = io::stdout().as_fd().try_clone_to_owned();
        stdout.and_then(|stdout| std::fs::File::from(stdout).write_all(octets))
    };
    #[cfg(not(unix))]
    let written = io::stdout()
        .write_all(octets)
        .and_then(|()| io::stdout().flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&error);
            Exit::Unreadable.into()
        }
        Ok(()) | Err(_) => Exit::Done.into(),
    }
}

/// Octets as they are, to stdout.
pub(crate) fn print_raw(octets: &[u8]) -> ExitCode {
    match io::stdout()
        .write_all(octets)
        .and_then(|()| io::stdout().flush())
    {
        Ok(()) => Exit::Done.into(),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done.into(),
        Err(error) => {
            complain(&error);
            Exit::Unreadable.into()
        }
    }
}

pub(crate) fn good(text: impl Display) -> String {
    format!("{GOOD}✓{GOOD:#} {text}")
}

pub(crate) fn bad(text: impl Display) -> String {
    format!("{BAD}✗{BAD:#} {text}")
}

/// A name and a value in two columns. The value's further lines keep to their column.
pub(crate) fn field(name: &str, value: impl Display) -> String {
    let value = value.to_string();
    let lines = wrap(value.trim_end(), width() - 16);
    let mut out = format!("  {DIM}{name:<13}{DIM:#} ");
    for (n, line) in lines.iter().enumerate() {
        if n > 0 {
            out.push_str("\n                ");
        }
        out.push_str(line);
    }
    out
}

/// Columns of a line: fewer than usual on a narrow terminal, never more.
fn width() -> usize {
    let columns = terminal_size::terminal_size_of(io::stdout())
        .map_or(USUAL, |(terminal_size::Width(columns), _)| columns.into());
    columns.clamp(40, USUAL)
}

/// Longer lines are hard to read.
const USUAL: usize = 78;

/// Breaks at spaces.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.into());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_broken_at_spaces() {
        assert_eq!(wrap("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("longer-than-it-all b", 5), ["longer-than-it-all", "b"]);
    }
}
