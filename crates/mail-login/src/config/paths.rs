//! Where the configuration and the tokens are.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use etcetera::BaseStrategy as _;

use crate::exit::{Exit, Problem};

/// `--config`, `MAIL_LOGIN_CONFIG`, or the place that the platform has for such files.
pub(crate) fn config_file(chosen: Option<&PathBuf>) -> Result<PathBuf, Problem> {
    if let Some(path) = chosen {
        return Ok(path.clone());
    }
    if let Some(path) = variable("MAIL_LOGIN_CONFIG") {
        return Ok(path);
    }
    let base = base("MAIL_LOGIN_CONFIG or --config")?;
    Ok(base.config_dir().join("mail-login").join("config.toml"))
}

/// `MAIL_LOGIN_STATE`, or the place that the platform has for such files.
pub(crate) fn state_directory() -> Result<PathBuf, Problem> {
    if let Some(path) = variable("MAIL_LOGIN_STATE") {
        return Ok(path);
    }
    let base = base("MAIL_LOGIN_STATE")?;
    // Windows has no such place of its own.
    let state = base.state_dir().unwrap_or_else(|| base.data_dir());
    Ok(state.join("mail-login"))
}

/// Makes a directory that only its owner can look into, and those above it.
pub(crate) fn make_private(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn base(instead: &str) -> Result<impl etcetera::BaseStrategy + use<>, Problem> {
    etcetera::choose_base_strategy().map_err(|_| {
        let message = format!("the home directory is not known: set HOME, or {instead}");
        Problem::new(Exit::Settings, "configuration", message)
    })
}

/// An empty variable is as good as none.
fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
