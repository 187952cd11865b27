//! Leaves the servers running, for people who want to try their own program on them.

use std::{io::Read as _, net::SocketAddr, path::PathBuf, time::SystemTime};

use mail_testbed::Testbed;
use serde_json::json;

use super::{USER, show::Show};
use crate::{
    exit::{Exit, Problem},
    terminal::{field, note, print, reader_has_gone},
};

/// The authority's certificate in a directory of its own, which is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Kept(PathBuf);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Prints how to reach the servers.
pub(super) fn show(testbed: &Testbed, show: &Show) -> Result<Kept, Problem> {
    // Not to be foreseen, and not in the way of a demonstration that was killed.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let name = format!(
        "mail-login-demo-{}-{}",
        std::process::id(),
        now.unwrap_or_default().as_nanos()
    );
    let directory = std::env::temp_dir().join(name);
    let ca = directory.join("ca.pem");
    std::fs::create_dir(&directory)
        .and_then(|()| std::fs::write(&ca, testbed.authority().pem()))
        .map_err(|error| {
            let message = format!("{} cannot be written ({error}): set TMPDIR", ca.display());
            Problem::new(Exit::Unwritable, "store", message)
        })?;
    let token = testbed.token(USER);
    let servers = [
        ("imap", testbed.imap()),
        ("smtp", testbed.smtp()),
        ("sieve", testbed.sieve()),
    ];
    if show.is_json() {
        let addresses: serde_json::Map<_, _> = servers
            .iter()
            .map(|(name, server)| {
                let doors = json!({
                    "implicit": server.implicit_tls(), "starttls": server.starttls(),
                    "none": server.in_clear(),
                });
                ((*name).to_owned(), doors)
            })
            .collect();
        print(json!({
            "v": 1, "event": "kept", "issuer": testbed.provider().issuer(), "ca": ca,
            "user": USER, "password": "wonderland", "token": token, "servers": addresses,
        }));
    } else {
        print("");
        print(field("provider", testbed.provider().issuer()));
        for (name, server) in servers {
            let port = |address: SocketAddr| address.port();
            print(field(
                name,
                format_args!(
                    "localhost, implicit TLS {}, STARTTLS {}, in clear {}",
                    port(server.implicit_tls()),
                    port(server.starttls()),
                    port(server.in_clear())
                ),
            ));
        }
        print(field("authority", ca.display()));
        print(field("user", format_args!("{USER}, password wonderland")));
        print(field("token", &token));
    }
    Ok(Kept(directory))
}

/// Waits to be stopped, unless nobody has seen where the servers are.
pub(super) fn wait(kept: Kept) {
    if !reader_has_gone() {
        note("The servers run until Enter is pressed or stdin ends.");
        // Whatever ends the waiting, the servers end with it.
        let _ = std::io::stdin().read(&mut [0; 1]);
    }
    drop(kept);
}
