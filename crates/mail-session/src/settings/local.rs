//! Further files that settings name.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use std::{
    env,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use mail_login_tokio::Server;
use sasl_core::Secret;
use zeroize::{Zeroize, Zeroizing};

/// Longer files are none that a person wrote.
pub(super) const LENGTH: usize = 1 << 20;

/// The server, trusting the authorities in this file as well.
pub(super) fn ca(beside: &str, name: &str, server: Server) -> Result<Server, String> {
    let path = resolve(beside, name);
    let pem = read(&path).map_err(|error| unreadable(&error))?;
    server.extra_ca_pem(&pem).map_err(|error| error.to_string())
}

/// A secret alone in a file; what is behind the first line is no part of it.
pub(super) fn secret_file(beside: &str, name: &str) -> Result<Option<Secret>, String> {
    let octets = read(&resolve(beside, name)).map_err(|error| unreadable(&error))?;
    let text = core::str::from_utf8(&octets).map_err(|_| "the secret is not UTF-8".to_string())?;
    first_line(text)
}

/// A secret in the environment.
pub(super) fn secret_env(name: &str) -> Result<Option<Secret>, String> {
    match env::var(name) {
        Ok(value) => first_line(&Zeroizing::new(value)),
        Err(env::VarError::NotPresent) => {
            Err("there is no such variable in the environment: set it".into())
        }
        Err(env::VarError::NotUnicode(value)) => {
            value.into_encoded_bytes().zeroize();
            Err("the variable is not UTF-8".into())
        }
    }
}

fn first_line(text: &str) -> Result<Option<Secret>, String> {
    match text.lines().next().map_or("", str::trim_end) {
        "" => Err("the secret is empty: its first line has to be it".into()),
        line => Ok(Some(line.into())),
    }
}

/// All of a file, if that is not too long. It may as well be a pipe.
pub(super) fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    let length = usize::try_from(about.len())
        .ok()
        .filter(|_| about.is_file());
    // Reserved at once: a buffer that grows would leave copies of a secret behind.
    let room = length.unwrap_or(LENGTH).min(LENGTH) + 1;
    let mut octets = Zeroizing::new(Vec::with_capacity(room));
    file.take(LENGTH as u64 + 1).read_to_end(&mut octets)?;
    if octets.len() > LENGTH {
        return Err(io::Error::other("it is longer than 1 MiB"));
    }
    Ok(octets)
}

fn unreadable(error: &io::Error) -> String {
    format!("the file cannot be read ({error}): check its name and rights")
}

/// A name is relative to the file that has it.
fn resolve(beside: &str, name: &str) -> PathBuf {
    Path::new(beside)
        .parent()
        .map_or_else(|| name.into(), |directory| directory.join(name))
}
