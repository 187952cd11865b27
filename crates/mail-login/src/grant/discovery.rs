//! Asking an issuer for its endpoints, once a day.

use std::{
    fs, io,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use mail_login_tokens::Http;
use token_lifecycle::{DiscoveryError, Issuer, Metadata, Request};

use crate::{
    config,
    exit::{Exit, Problem},
};

/// How long an answer is believed without asking again.
const DAY: Duration = Duration::from_secs(86_400);

/// What the issuer says of itself. An older answer will do where there is no new one: tokens that are
/// good must not depend on this.
pub(super) fn metadata(issuer: &Issuer, http: &dyn Http) -> Result<Metadata, Problem> {
    let cache = cache(issuer).ok();
    let kept = cache.as_ref().and_then(|path| {
        let age = fs::metadata(path).and_then(|file| file.modified()).ok()?;
        let age = SystemTime::now().duration_since(age).unwrap_or_default();
        let document = fs::read(path).ok()?;
        Some((Metadata::parse(&document, issuer).ok()?, age))
    });
    if let Some((metadata, age)) = &kept
        && *age < DAY
    {
        return Ok(metadata.clone());
    }
    match ask(issuer, http) {
        Ok((metadata, document)) => {
            // Without a copy the next run asks again, that is all.
            let _ = cache.map(|path| keep(&path, &document));
            Ok(metadata)
        }
        Err(problem) => kept.map(|(metadata, _)| metadata).ok_or(problem),
    }
}

fn ask(issuer: &Issuer, http: &dyn Http) -> Result<(Metadata, Vec<u8>), Problem> {
    let shown = issuer.as_str();
    let mut last = None;
    for url in issuer.urls() {
        let answer = http
            .send(&Request::fetch(url.as_str()))
            .map_err(|problem| {
                let problem = problem.to_string();
                // Where the problem says what to do, waiting is not it.
                let advice = if problem.contains(": ") {
                    ""
                } else {
                    ": try again later"
                };
                let message = format!("{shown} does not answer: {problem}{advice}");
                Problem::new(Exit::Temporary, "network", message)
            })?;
        let response = answer.response();
        match response.status() {
            200 => {}
            408 | 425 | 429 | 500..=599 => {
                let status = response.status();
                let message = format!("{shown} is busy (HTTP {status}): try again later");
                return Err(Problem::new(Exit::Temporary, "busy", message));
            }
            _ => continue,
        }
        match Metadata::parse(response.body(), issuer) {
            Ok(metadata) => return Ok((metadata, response.body().to_vec())),
            Err(error) => last = Some(error),
        }
    }
    // A page that is no document may be that of a network which wants to be paid first.
    let exit = match last {
        Some(DiscoveryError::Document(_)) => Exit::Temporary,
        _ => Exit::Settings,
    };
    let message = match last {
        Some(error) => format!("{shown}: {error}"),
        None => format!(
            "{shown} does not describe itself: check the issuer, or set token_endpoint and the other endpoints"
        ),
    };
    Err(Problem::new(exit, "discovery", message))
}

fn cache(issuer: &Issuer) -> Result<PathBuf, Problem> {
    // A file for each issuer; two whose names look alike share one, and `parse` tells them apart.
    let name: String = issuer
        .as_str()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .take(200)
        .collect();
    Ok(config::state_directory()?
        .join("issuers")
        .join(name + ".json"))
}

fn keep(path: &std::path::Path, document: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(path);
    config::make_private(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    io::Write::write_all(&mut file, document)?;
    file.persist(path)?;
    Ok(())
}
