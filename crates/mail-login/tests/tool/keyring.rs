//! Tokens in a keyring of its own: needs `dbus-run-session` and `gnome-keyring-daemon`.

use std::{fs, process::Command};

use crate::bed::{Bed, PASSWORD};

/// All in one session, which ends with the shell, and the daemon with it.
const SCRIPT: &str = r#"
set -e
printf unlock | gnome-keyring-daemon --unlock --components=secrets > /dev/null
printf %s "$PASSWORD" | "$TOOL" sign-in work --password-stdin > /dev/null 2>&1
test ! -e "$MAIL_LOGIN_STATE/accounts/work.json"
"$TOOL" token work > "$OUT/first"
printf %s "$PASSWORD" | "$TOOL" sign-in work --password-stdin > /dev/null 2>&1
"$TOOL" try imap --account work > /dev/null
for n in 1 2 3 4 5; do "$TOOL" token work > "$OUT/many$n" & done
wait
"$TOOL" status work --check
"$TOOL" sign-out work
if "$TOOL" token work; then exit 1; else test $? = 77; fi
"#;

/// A keyring that is locked again, in a session in which nobody can be asked for its password.
const LOCKED: &str = r#"
set -e
printf unlock | gnome-keyring-daemon --unlock --components=secrets > /dev/null
printf %s "$PASSWORD" | "$TOOL" sign-in work --password-stdin > /dev/null 2>&1
"$TOOL" token work > "$OUT/first"
dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
    org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login > /dev/null
for arguments in "token work" "status work --check" "try imap --account work"; do
    code=0
    timeout 60 "$TOOL" $arguments > /dev/null 2>> "$OUT/said" || code=$?
    echo "$code" >> "$OUT/codes"
done
printf unlock | gnome-keyring-daemon --replace --unlock --components=secrets > /dev/null
"$TOOL" token work > "$OUT/second"
"#;

/// Runs a script in a session with a bus of its own, for an account whose tokens are in the keyring.
fn session(script: &str) -> Bed {
    let bed = Bed::start();
    bed.configure("store = \"keyring\"");
    let output = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", script])
        .env("TOOL", env!("CARGO_BIN_EXE_mail-login"))
        .env("PASSWORD", PASSWORD)
        .env("OUT", bed.directory.path())
        .env("HOME", bed.directory.path())
        .env("XDG_DATA_HOME", bed.path("data"))
        .env("XDG_RUNTIME_DIR", bed.directory.path())
        .env("MAIL_LOGIN_CONFIG", bed.path("config.toml"))
        .env("MAIL_LOGIN_STATE", bed.path("state"))
        .env_remove("DISPLAY")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    bed
}

#[test]
fn a_keyring_that_is_locked_is_no_sign_out() {
    let bed = session(LOCKED);
    let read = |name| fs::read_to_string(bed.path(name)).unwrap();
    let said = read("said");
    assert_eq!(read("codes"), "74\n74\n74\n", "{said}");
    assert!(
        said.contains("the keyring is locked or does not answer: unlock it"),
        "{said}"
    );
    assert_eq!(read("first"), read("second"));
}

#[test]
fn tokens_are_kept_replaced_and_forgotten() {
    let bed = session(SCRIPT);
    let first = fs::read_to_string(bed.path("first")).unwrap();
    let many: Vec<_> = (1..=5)
        .map(|n| fs::read_to_string(bed.path(&format!("many{n}"))).unwrap())
        .collect();
    assert!(
        many.iter()
            .all(|token| *token == many[0] && !token.is_empty())
    );
    // The second sign-in took the place of the first.
    assert_ne!(first, many[0]);
    assert!(
        bed.testbed
            .provider()
            .check(many[0].trim_end(), None, None)
            .is_err()
    );
}
