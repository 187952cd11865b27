//! Changing the file, and leaving everything else in it as it was.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use toml_edit::{DocumentMut, Item, Table, Value, value};

use super::{Config, account::check_name};
use crate::exit::{Exit, Problem};

/// A change that is not written yet.
#[derive(Debug)]
pub(crate) struct Edit {
    path: PathBuf,
    document: DocumentMut,
}

impl Edit {
    pub(crate) fn new(config: &Config) -> Result<Self, Problem> {
        let document = config.text.parse().map_err(|_| {
            let message = format!("{} is no TOML: correct the file", config.path.display());
            Problem::new(Exit::Settings, "configuration", message)
        })?;
        Ok(Self {
            path: config.path.clone(),
            document,
        })
    }

    /// Adds an account with these settings, which is not there yet.
    pub(crate) fn add(&mut self, name: &str, settings: Vec<(&str, Value)>) -> Result<(), Problem> {
        check_name(name).map_err(Problem::usage)?;
        let mut account = Table::new();
        for (key, setting) in settings {
            match key.split_once('.') {
                None => account.insert(key, value(setting)),
                Some((table, key)) => {
                    let place = account
                        .entry(table)
                        .or_insert_with(|| Item::Table(Table::new()));
                    place
                        .as_table_mut()
                        .and_then(|place| place.insert(key, value(setting)))
                }
            };
        }
        self.accounts()?.insert(name, Item::Table(account));
        Ok(())
    }

    /// Takes an account out. `false`: there is none.
    pub(crate) fn remove(&mut self, name: &str) -> Result<bool, Problem> {
        Ok(self.accounts()?.remove(name).is_some())
    }

    /// Sets one value of an account.
    pub(crate) fn set(&mut self, name: &str, key: &str, setting: &str) -> Result<(), Problem> {
        if let Some(account) = self
            .accounts()?
            .get_mut(name)
            .and_then(Item::as_table_like_mut)
        {
            account.insert(key, value(setting));
        }
        Ok(())
    }

    pub(crate) fn text(&self) -> String {
        self.document.to_string()
    }

    /// Writes the file: all of it, or nothing.
    pub(crate) fn write(self) -> Result<(), Problem> {
        // A link stays one, and what it leads to is replaced.
        let path = fs::canonicalize(&self.path).unwrap_or(self.path);
        replace(&path, self.document.to_string().as_bytes()).map_err(|error| {
            let message = format!(
                "{} cannot be written ({error}): check the rights, or add the account by hand",
                path.display()
            );
            Problem::new(Exit::Unwritable, "configuration", message)
        })
    }

    fn accounts(&mut self) -> Result<&mut dyn toml_edit::TableLike, Problem> {
        let accounts = self.document.entry("accounts").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        accounts.as_table_like_mut().ok_or_else(|| {
            let message = format!("{}: accounts must be a table", self.path.display());
            Problem::new(Exit::Settings, "configuration", message)
        })
    }
}

fn replace(path: &Path, octets: &[u8]) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    fs::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(octets)?;
    if let Ok(before) = fs::metadata(path) {
        file.as_file().set_permissions(before.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
