//! Reading the token.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use sasl_core::{Credentials, Invalid, Secret};

use crate::{
    cli::Token,
    exit::{Exit, Problem},
};

/// Octets of a file that is read as a token. No token is that long.
const LENGTH: u64 = 128 << 10;

/// The credentials, or one sentence and an exit code.
pub(crate) fn credentials(user: &str, token: &Token) -> Result<Credentials, Problem> {
    let (text, place) = match (&token.token_file, &token.token_env) {
        (Some(path), _) if path == Path::new("-") => (read(io::stdin()), "stdin".to_owned()),
        (Some(path), _) => (File::open(path).and_then(read), path.display().to_string()),
        (None, Some(name)) => {
            let value = std::env::var(name).map_err(|error| match error {
                std::env::VarError::NotPresent => io::Error::other("it is not set"),
                std::env::VarError::NotUnicode(_) => io::Error::other("it is not UTF-8"),
            });
            (
                value.map(Secret::from),
                format!("the environment variable {name}"),
            )
        }
        (None, None) => {
            return Err(Problem::usage(
                "no token: give --token-file, --token-env or --account",
            ));
        }
    };
    let text = text.map_err(|error| {
        let message =
            format!("cannot read the token from {place} ({error}): check the name and the rights");
        Problem::new(Exit::Unreadable, "token-unreadable", message)
    })?;
    // Editors and `echo` put a line end behind it; anything else inside is refused, not trimmed.
    let token = text.expose().trim_end_matches(['\r', '\n']);
    Credentials::bearer(user, token).map_err(|invalid| {
        let whose = if is_about_user(invalid) {
            "--user"
        } else {
            place.as_str()
        };
        Problem::usage(format!("{whose}: {invalid}"))
    })
}

fn is_about_user(invalid: Invalid) -> bool {
    matches!(
        invalid,
        Invalid::UserControl | Invalid::UserEmpty | Invalid::UserTooLong
    )
}

/// All of it, if that is not longer than any secret.
pub(crate) fn read(source: impl Read) -> io::Result<Secret> {
    // Reserved at once: a buffer that grows would leave copies of the token behind.
    let mut octets = Vec::with_capacity(LENGTH as usize + 1);
    source.take(LENGTH + 1).read_to_end(&mut octets)?;
    if octets.len() as u64 > LENGTH {
        return Err(io::Error::other("it is longer than any token"));
    }
    String::from_utf8(octets)
        .map(Secret::from)
        .map_err(|_| io::Error::other("it is not UTF-8"))
}
