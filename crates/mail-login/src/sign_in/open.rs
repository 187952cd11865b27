//! Opening the user's browser, where there is one.

use std::{
    env,
    io::{self, IsTerminal as _},
    process::{Command, Stdio},
    thread,
};

/// Opens the address: by `BROWSER` if that is set, else as the desktop does it. A browser that does not
/// come is no failure, for the address is on the screen.
pub(super) fn open(url: &str) {
    if let Ok(browsers) = env::var("BROWSER")
        && !browsers.is_empty()
    {
        browsers
            .split(':')
            .any(|browser| start(browser, url).is_ok());
        return;
    }
    if has_desktop() {
        let _ = open::that_detached(url);
    }
}

/// A command, in which `%s` stands for the address; without it the address comes last.
fn start(browser: &str, url: &str) -> io::Result<()> {
    let mut words = browser.split_whitespace();
    let program = words.next().ok_or(io::ErrorKind::NotFound)?;
    let mut command = Command::new(program);
    let mut named = false;
    for word in words {
        named |= word.contains("%s");
        command.arg(word.replace("%s", url));
    }
    if !named {
        command.arg(url);
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // Reaped when it ends, which a browser may do long after us.
    thread::spawn(move || child.wait());
    Ok(())
}

fn has_desktop() -> bool {
    if cfg!(any(windows, target_os = "macos")) {
        return io::stderr().is_terminal();
    }
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}
