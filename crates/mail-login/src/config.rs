//! Accounts: what the configuration file says of them.

mod account;
mod edit;
mod paths;

use std::{collections::BTreeMap, fs, io, ops::Range, path::PathBuf};

use serde::Deserialize;

use crate::exit::{Exit, Problem};

pub(crate) use account::{Account, Authentication, Grant, Source, Store};
pub(crate) use edit::Edit;
pub(crate) use paths::{config_file, make_private, state_directory};

/// A longer file is none that a person wrote.
const LENGTH: u64 = 1 << 20;

/// The file, read and checked for its form. What an account says is checked when it is used, so that
/// a slip in one does not take the others away.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) accounts: BTreeMap<String, Account>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    accounts: BTreeMap<String, Account>,
}

impl Config {
    /// Reads the file; one that is not there has no accounts.
    pub(crate) fn load(path: Option<&PathBuf>) -> Result<Self, Problem> {
        let path = config_file(path)?;
        let text = match read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                let message = format!(
                    "{} cannot be read ({error}): check the name and the rights",
                    path.display()
                );
                return Err(Problem::new(Exit::Settings, "configuration", message));
            }
        };
        Self::parse(path, text)
    }

    /// Checks the form of a text that is, or will be, in the file.
    pub(crate) fn parse(path: PathBuf, text: String) -> Result<Self, Problem> {
        let file: File = toml_edit::de::from_str(&text).map_err(|error| {
            // Never the line itself: somebody may have put a secret there.
            let what = error.message().split(", expected one of").next();
            let what = what.unwrap_or_default().trim().replace('\n', ", ");
            wrong(
                &path,
                &text,
                error.span(),
                &format!("{what}: correct the file"),
            )
        })?;
        Ok(Self {
            accounts: file.accounts,
            path,
            text,
        })
    }

    /// One account, checked.
    pub(crate) fn account(&self, name: &str) -> Result<&Account, Problem> {
        let account = self.accounts.get(name).ok_or_else(|| {
            let names: Vec<_> = self.accounts.keys().map(String::as_str).collect();
            let there = if names.is_empty() {
                "there are none yet".into()
            } else {
                format!("there are {}", names.join(", "))
            };
            let message = format!(
                "no account {name} in {} ({there}): add it with `mail-login account add`",
                self.path.display()
            );
            Problem::new(Exit::Settings, "no-such-account", message)
        })?;
        account
            .check(name)
            .map_err(|what| self.wrong(name, &what))?;
        Ok(account)
    }

    /// A problem with what the file says of an account.
    pub(crate) fn wrong(&self, name: &str, what: &str) -> Problem {
        let span = toml_edit::Document::parse(self.text.as_str())
            .ok()
            .and_then(|document| document.get("accounts")?.get(name)?.span());
        wrong(
            &self.path,
            &self.text,
            span,
            &format!("account {name}: {what}"),
        )
    }

    /// A path in the file is relative to where the file is; `~/` is the home of the user.
    pub(crate) fn resolve(&self, path: &std::path::Path) -> PathBuf {
        if let Ok(rest) = path.strip_prefix("~")
            && let Ok(home) = etcetera::home_dir()
        {
            return home.join(rest);
        }
        self.path
            .parent()
            .map_or_else(|| path.into(), |directory| directory.join(path))
    }
}

fn wrong(path: &std::path::Path, text: &str, span: Option<Range<usize>>, what: &str) -> Problem {
    let line = span
        .and_then(|span| text.get(..span.start))
        .map(|before| before.matches('\n').count() + 1);
    let line = line.map_or_else(String::new, |line| format!(", line {line}"));
    let message = format!("{}{line}: {what}", path.display());
    Problem::new(Exit::Settings, "configuration", message)
}

fn read(path: &std::path::Path) -> io::Result<String> {
    let mut text = String::new();
    let file = fs::File::open(path)?;
    io::Read::read_to_string(&mut io::Read::take(file, LENGTH + 1), &mut text)?;
    if text.len() as u64 > LENGTH {
        return Err(io::Error::other("it is longer than 1 MiB"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
