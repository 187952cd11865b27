//! In the browser of another machine: the user brings the address where it ended up.

use std::io::{self, BufRead as _, Read as _};

use token_lifecycle::Tokens;
use zeroize::Zeroizing;

use super::ask;
use crate::{
    exit::{Exit, Problem},
    grant::Grant,
    terminal::note,
};

/// Octets of a line that is looked into.
const LENGTH: u64 = 16 << 10;
/// A slip of the mouse is forgiven so often.
const TRIES: usize = 5;

pub(super) fn sign_in(grant: &Grant<'_>) -> Result<Tokens, Problem> {
    let redirect = ask::redirect(ask::redirect_uri(grant)?)?;
    let mut question = ask::question(grant, redirect)?;
    note("Sign in with any browser, on any machine, at:");
    note("");
    note(format_args!("  {}", question.url()));
    note("");
    note("It ends with an address that cannot be opened. Paste that here, whole, and press Enter:");
    let mut stdin = io::stdin().lock();
    let mut last = "nothing was pasted: start again".to_owned();
    for _ in 0..TRIES {
        let mut line = Zeroizing::new(Vec::with_capacity(LENGTH as usize + 1));
        let read = stdin.by_ref().take(LENGTH).read_until(b'\n', &mut line);
        let read = read.map_err(|error| {
            let message = format!("cannot read from stdin ({error}): start again");
            Problem::new(Exit::Unreadable, "stdin", message)
        })?;
        if read == 0 {
            break;
        }
        match question.receive(line.trim_ascii()) {
            Ok(answer) => return ask::redeem(grant, &question, answer),
            Err(error) => {
                last = error.to_string();
                note(format_args!("{last}"));
            }
        }
    }
    Err(Problem::new(Exit::Refused, "flow-expired", last))
}
