//! What people see: results on stdout, everything else on stderr.

use std::{
    fmt::Display,
    io::{self, Write as _},
    process::ExitCode,
};

use anstyle::{AnsiColor, Style};

use crate::exit::Exit;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// A line of a result.
pub(crate) fn print(line: impl Display) {
    // A reader that has gone away (`| head`) is no reason to fail or to panic.
    let _ = writeln!(anstream::stdout(), "{line}");
}

/// A line that is no result.
pub(crate) fn note(line: impl Display) {
    let _ = writeln!(anstream::stderr(), "{line}");
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
            note(format_args!("mail-login: cannot write to stdout ({error})"));
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
    let lines = wrap(&value, 78 - 16);
    let mut out = format!("  {DIM}{name:<13}{DIM:#} ");
    for (n, line) in lines.iter().enumerate() {
        if n > 0 {
            out.push_str("\n                ");
        }
        out.push_str(line);
    }
    out
}

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
