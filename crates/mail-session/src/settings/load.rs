//! Settings from disk.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use std::{
    io,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{Findings, Settings, findings::Place, local};

impl Settings {
    /// Reads files of settings: one in TOML, or any number of those of App Suite, together. Which it is
    /// says the ending, `.toml` or `.properties`, and otherwise the text. App Suite's are read as UTF-8,
    /// and if they are not, as ISO 8859-1.
    ///
    /// ```no_run
    /// use mail_session::settings::{LoadError, Settings};
    ///
    /// let (settings, findings) = Settings::load(&["/etc/mail-session.toml"])?;
    /// for problem in findings.iter() {
    ///     eprintln!("{problem}");
    /// }
    /// # Ok::<(), LoadError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a file cannot be read or is longer than 1 MiB; or all problems of all files, if one of them
    /// is an error.
    pub fn load<P: AsRef<Path>>(files: &[P]) -> Result<(Self, Findings), LoadError> {
        let mut texts = Vec::with_capacity(files.len());
        for path in files {
            texts.push(Text::read(path.as_ref())?);
        }
        let read = match texts.as_slice() {
            [text] if text.is_toml => Self::from_toml(&text.name, &text.text),
            texts if texts.iter().any(|text| text.is_toml) => Err(mixed(texts)),
            texts => {
                let files: Vec<_> = texts
                    .iter()
                    .map(|text| (text.name.as_str(), text.text.as_str()))
                    .collect();
                Self::from_properties(&files)
            }
        };
        Ok(read?)
    }
}

/// Why there are no settings.
///
/// ```
/// use mail_session::settings::{LoadError, Settings};
///
/// let error = Settings::load(&["/nowhere/mail.toml"]).unwrap_err();
/// assert!(matches!(error, LoadError::Unreadable { .. }));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A file cannot be read.
    #[error("{} cannot be read ({cause}): check its name and rights", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// There are errors in the files.
    #[error(transparent)]
    Wrong(#[from] Findings),
}

struct Text {
    name: String,
    text: Zeroizing<String>,
    is_toml: bool,
}

impl Text {
    fn read(path: &Path) -> Result<Self, LoadError> {
        let unreadable = |cause| LoadError::Unreadable {
            path: path.into(),
            cause,
        };
        let octets = local::read(path).map_err(unreadable)?;
        let ending = path.extension().and_then(|ending| ending.to_str());
        let text = match core::str::from_utf8(&octets) {
            Ok(text) => text.to_string(),
            Err(_) if ending == Some("toml") => {
                return Err(unreadable(io::Error::other("it is not UTF-8")));
            }
            Err(_) => latin1(&octets),
        };
        let text = Zeroizing::new(text);
        let is_toml = match ending {
            Some("toml") => true,
            Some("properties") => false,
            Some(_) | None => has_sections(&text),
        };
        Ok(Self {
            name: path.display().to_string(),
            text,
            is_toml,
        })
    }
}

/// In ISO 8859-1, octets are the numbers of characters.
fn latin1(octets: &[u8]) -> String {
    // In one piece: a text that grows would leave copies of a secret behind.
    let mut text = String::with_capacity(2 * octets.len());
    text.extend(octets.iter().copied().map(char::from));
    text
}

fn has_sections(text: &str) -> bool {
    let first = text.lines().map(str::trim_start);
    let mut first = first.filter(|line| !line.is_empty() && !line.starts_with('#'));
    first.next().is_some_and(|line| line.starts_with('['))
}

fn mixed(texts: &[Text]) -> Findings {
    let mut findings = Findings::default();
    for text in texts.iter().filter(|text| text.is_toml) {
        let place = Place {
            file: Some(&text.name),
            line: None,
            key: "",
        };
        findings.error(
            place,
            "a file in TOML says everything: read it alone, or the files of App Suite without it",
        );
    }
    findings
}
