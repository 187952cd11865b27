//! In a browser on this machine, which comes back to a port of ours
//! (<https://www.rfc-editor.org/rfc/rfc8252#section-7.3>).

use std::{
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use token_lifecycle::{Authorization, Callback, Loopback, Page, Tokens};

use super::{ask, open};
use crate::{
    exit::{Exit, Problem},
    grant::Grant,
    terminal::note,
    waiting::{Stage, Waiting},
};

/// How long one connection may take to say what it wants. Browsers open some that never do.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections at once. A browser has six at most.
const AT_ONCE: usize = 16;

pub(super) fn sign_in(grant: &Grant<'_>, deadline: Instant) -> Result<Tokens, Problem> {
    let (host, port, path) = split(ask::redirect_uri(grant)?).ok_or_else(|| {
        let message = "the redirect URI is not on this machine: sign in with --paste, or register http://127.0.0.1/ with the provider";
        Problem::new(Exit::Settings, "configuration", message.into())
    })?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
        let message = format!(
            "cannot listen on 127.0.0.1:{port} ({error}): free the port, or use --device or --paste"
        );
        Problem::new(Exit::Temporary, "io", message)
    })?;
    let port = listener.local_addr().map_or(port, |address| address.port());
    let redirect = ask::redirect(&format!("http://{host}:{port}{path}"))?;
    let question = ask::question(grant, redirect)?;
    let url = question.url();
    note("Sign in with your browser. If it does not open by itself, go to:");
    note("");
    note(format_args!("  {url}"));
    note("");
    open::open(&url);
    let left = deadline.saturating_duration_since(Instant::now());
    let stage = Stage::default();
    stage.set("the sign-in");
    let waiting = Waiting::new("the browser".into(), left, stage, false);
    let question = Arc::new(Mutex::new(question));
    let answer = wait(listener, &question, deadline);
    drop(waiting);
    let (answer, tab) = answer?;
    let refused = matches!(answer, Callback::Refused(_));
    let question = question.lock().unwrap_or_else(PoisonError::into_inner);
    let tokens = ask::redeem(grant, &question, answer);
    let page = match &tokens {
        Ok(_) => Page::SignedIn,
        Err(_) if refused => Page::Refused,
        Err(_) => Page::Failed,
    };
    // Whether the browser still shows it does not change how the sign-in ended.
    let _ = tab.show(page, &grant.account.user);
    tokens
}

/// `http://HOST[:PORT]/PATH` of this machine.
fn split(uri: &str) -> Option<(&str, u16, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, 0),
    };
    matches!(host, "127.0.0.1" | "localhost").then_some((host, port, path))
}

/// The tab of the browser in which the answer came. It waits for a page until the tokens are there, so that
/// the page is true.
pub(crate) struct Tab(TcpStream);

impl Tab {
    pub(crate) fn show(mut self, page: Page, account: &str) -> io::Result<()> {
        self.0.set_write_timeout(Some(PATIENCE))?;
        self.0.write_all(&page.response(account))?;
        self.0.shutdown(Shutdown::Write)?;
        // What the browser still sends is read: closing over it would take the page from the screen.
        self.0.set_read_timeout(Some(Duration::from_millis(500)))?;
        let mut rest = [0; 2048];
        for _ in 0..64 {
            match self.0.read(&mut rest) {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
        Ok(())
    }
}

/// Listens until the right answer is there. Each connection has a thread, so that one that says
/// nothing keeps no other from being heard.
pub(crate) fn wait(
    listener: TcpListener,
    question: &Arc<Mutex<Authorization>>,
    deadline: Instant,
) -> Result<(Callback, Tab), Problem> {
    let (sender, answers) = mpsc::channel();
    let question = Arc::clone(question);
    // The thread ends with the process, which is soon.
    thread::spawn(move || {
        let busy = Arc::new(());
        for stream in listener.incoming().flatten() {
            if Arc::strong_count(&busy) > AT_ONCE {
                continue;
            }
            let (sender, question, busy) =
                (sender.clone(), Arc::clone(&question), Arc::clone(&busy));
            thread::spawn(move || {
                // Whoever breaks off has said nothing.
                if let Ok(Some(answer)) = hear(stream, &question) {
                    let _ = sender.send(answer);
                }
                drop(busy);
            });
        }
    });
    let left = deadline.saturating_duration_since(Instant::now());
    answers.recv_timeout(left).map_err(|_| {
        let message = "nobody signed in in time: start again, or use --device";
        Problem::new(Exit::Temporary, "deadline", message.into())
    })
}

/// One connection: the answer, or `None` if it was something else.
fn hear(
    mut stream: TcpStream,
    question: &Mutex<Authorization>,
) -> io::Result<Option<(Callback, Tab)>> {
    let end = Instant::now() + PATIENCE;
    let mut browser = Loopback::new();
    let mut buffer = [0; 2048];
    let answer = loop {
        let left = end.saturating_duration_since(Instant::now());
        stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        let read = stream.read(&mut buffer)?;
        browser.handle_input(buffer.get(..read).unwrap_or_default());
        let mut question = question.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = browser.receive(&mut question) {
            break answer;
        }
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
    };
    let page = Page::of(&answer);
    let tab = Tab(stream);
    match answer {
        Ok(answer) => Ok(Some((answer, tab))),
        Err(_) => tab.show(page, "").map(|()| None),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn where_to_listen() {
        assert_eq!(split("http://127.0.0.1/"), Some(("127.0.0.1", 0, "/")));
        assert_eq!(
            split("http://localhost:8080/cb"),
            Some(("localhost", 8080, "/cb"))
        );
        assert_eq!(split("http://localhost"), Some(("localhost", 0, "/")));
        assert_eq!(split("https://mail.example.com/cb"), None);
        assert_eq!(split("com.example.app:/cb"), None);
    }
}
