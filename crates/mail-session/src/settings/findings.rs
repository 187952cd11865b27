//! What is wrong with files of settings, and where.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::fmt;

use sasl_core::Text;

/// How bad it is.
///
/// ```
/// use mail_session::settings::Severity;
/// assert!(Severity::Note < Severity::Warning && Severity::Warning < Severity::Error);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Note,
    /// It is not what it seems to be.
    Warning,
    /// Nothing of all files is applied.
    Error,
}

impl Severity {
    /// The name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that somebody should look at. It never holds a value out of a file: that may be a secret,
/// also where none belongs.
///
/// ```
/// use mail_session::settings::{Settings, Severity};
///
/// let findings = Settings::from_toml("mail.toml", "[primary]\naccess = \"oath\"").unwrap_err();
/// let problem = findings.iter().next().unwrap();
/// assert_eq!((problem.severity, problem.line), (Severity::Error, Some(2)));
/// assert!(problem.to_string().starts_with("mail.toml:2: error: primary.access: "));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The file; `None` for what is in no file and should be in one.
    pub file: Option<String>,
    /// The line, from 1 on; `None` if it is about the file as a whole.
    pub line: Option<usize>,
    /// How bad it is.
    pub severity: Severity,
    /// The key; empty if it is about no particular one.
    pub key: String,
    /// What is the matter and what to do.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            f.write_str(file)?;
            if let Some(line) = self.line {
                write!(f, ":{line}")?;
            }
            f.write_str(": ")?;
        }
        write!(f, "{}: ", self.severity.name())?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.text)
    }
}

/// All that was found in the files that were read together, in their order.
///
/// ```
/// use mail_session::settings::Settings;
///
/// let text = "[primary]\naccess = 1\ntransport = 2";
/// let findings = Settings::from_toml("mail.toml", text).unwrap_err();
/// let lines: Vec<_> = findings.iter().filter_map(|problem| problem.line).collect();
/// assert_eq!(lines, [2, 3]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    problems: Vec<Problem>,
    /// There was more than anybody reads.
    cut: bool,
}

/// More problems than this are not listed; that there are more is one of them.
const LISTED: usize = 1000;

impl Findings {
    /// The problems, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter()
    }

    /// Whether there is an error among them.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// How many there are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        let those = |problem: &&Problem| problem.severity == severity;
        self.problems.iter().filter(those).count()
    }

    pub(super) fn error(&mut self, at: Place<'_>, text: impl Into<String>) {
        self.push(Severity::Error, at, text.into());
    }

    pub(super) fn warning(&mut self, at: Place<'_>, text: impl Into<String>) {
        self.push(Severity::Warning, at, text.into());
    }

    pub(super) fn note(&mut self, at: Place<'_>, text: impl Into<String>) {
        self.push(Severity::Note, at, text.into());
    }

    pub(super) fn push(&mut self, severity: Severity, at: Place<'_>, text: String) {
        if self.problems.len() >= LISTED {
            self.cut = true;
            return;
        }
        self.problems.push(Problem {
            file: at.file.map(ToOwned::to_owned),
            line: at.line,
            severity,
            key: shown(at.key),
            text,
        });
    }

    /// With these settings if nothing stands against it, with the problems in the order of the files.
    pub(super) fn with<T>(mut self, files: &[&str], settings: T) -> Result<(T, Self), Self> {
        let rank = |problem: &Problem| {
            let file = problem.file.as_deref();
            let file = files.iter().position(|name| Some(*name) == file);
            (
                file.unwrap_or(usize::MAX),
                problem.line.unwrap_or(usize::MAX),
            )
        };
        self.problems.sort_by_key(rank);
        if self.cut {
            let text = "there are more problems than these: correct them and look again";
            self.problems.push(Problem {
                file: None,
                line: None,
                severity: Severity::Error,
                key: String::new(),
                text: text.into(),
            });
        }
        if self.has_errors() {
            Err(self)
        } else {
            Ok((settings, self))
        }
    }
}

/// One problem a line.
impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.problems.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl core::error::Error for Findings {}

/// Where something is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) file: Option<&'a str>,
    pub(super) line: Option<usize>,
    pub(super) key: &'a str,
}

impl<'a> Place<'a> {
    /// For a key that is in no file.
    pub(super) const fn nowhere(key: &'a str) -> Self {
        Self {
            file: None,
            line: None,
            key,
        }
    }
}

/// A key may be whatever a file holds.
fn shown(key: &str) -> String {
    const LENGTH: usize = 128;
    let end = (0..=LENGTH).rev().find(|end| key.is_char_boundary(*end));
    let cut = key.get(..end.unwrap_or(0)).unwrap_or(key);
    let cut = if key.len() <= LENGTH { key } else { cut };
    let mut text = alloc::format!("{}", Text::new(cut.as_bytes()));
    if cut.len() < key.len() {
        text.push('…');
    }
    text
}
