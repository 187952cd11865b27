//! A browser: curl, which follows redirects and keeps cookies, and what waits for it on loopback.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use token_lifecycle::{Authorization, Callback, Loopback};

/// Opens the address of a question, and takes the answer that the browser brings back.
pub(crate) fn ask(
    authorization: &mut Authorization,
    listener: &TcpListener,
    ca: &Path,
) -> Callback {
    let browser = open(&authorization.url(), ca);
    let (mut stream, _) = listener.accept().unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let mut request = Loopback::new();
    let answer = loop {
        let mut buffer = [0; 1024];
        let read = stream.read(&mut buffer).unwrap();
        request.handle_input(&buffer[..read]);
        if let Some(answer) = request.receive(authorization) {
            break answer;
        }
    };
    stream.write_all(Loopback::page(&answer)).unwrap();
    drop(stream);
    let shown = browser.wait_with_output().unwrap();
    assert!(shown.status.success(), "curl: {shown:?}");
    let page = String::from_utf8(shown.stdout).unwrap();
    assert!(page.contains("<html"), "the user sees {page:?}");
    answer.unwrap()
}

fn open(url: &str, ca: &Path) -> Child {
    let mut command = Command::new("curl");
    command
        .args([
            "--silent",
            "--show-error",
            "--location",
            "--max-redirs",
            "10",
        ])
        // An empty jar: cookies are kept until it ends.
        .args(["--max-time", "20", "--cookie", "", "--cacert"])
        .arg(ca)
        .arg(url)
        .stdout(Stdio::piped());
    match command.spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("curl is missing: run `sudo tests/install`")
        }
        child => child.unwrap(),
    }
}
