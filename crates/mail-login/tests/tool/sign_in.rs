//! Signing in, in every way there is.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, TcpStream},
    process::Child,
    sync::Arc,
    time::Duration,
};

use mail_testbed::{Approval, Client, Endpoint, Fault, ProviderOptions};
use serde_json::json;
use ureq::{
    Agent,
    tls::{Certificate, RootCerts, TlsConfig},
};

use crate::{
    bed::{Bed, CLIENT_SECRET, PASSWORD, USER},
    support::{code, json_lines, stderr, stdout},
};

/// A browser that goes where it is sent by the provider, and tells where that is.
fn browse(bed: &Bed, url: &str) -> String {
    let der = bed.testbed.authority().der();
    let roots = RootCerts::Specific(Arc::new(vec![
        Certificate::from_der(der.as_ref()).to_owned(),
    ]));
    let agent: Agent = Agent::config_builder()
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .into();
    let answer = agent.get(url).call().unwrap();
    assert_eq!(answer.status(), 302);
    answer.headers()["location"].to_str().unwrap().to_owned()
}

/// The same for an address of this machine: the page that comes back.
fn visit(url: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    let (authority, path) = rest.split_at(rest.find('/').unwrap());
    let mut stream = TcpStream::connect(authority).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: test\r\n\r\n"
    )
    .unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

/// The first line on stderr that is an address, and the rest of stderr.
pub(crate) fn address(child: &mut Child) -> (String, BufReader<std::process::ChildStderr>) {
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    loop {
        let mut line = String::new();
        assert_ne!(
            lines.read_line(&mut line).unwrap(),
            0,
            "there is no address"
        );
        if line.trim_start().starts_with("https://") {
            return (line.trim().to_owned(), lines);
        }
    }
}

pub(crate) fn finish(
    mut child: Child,
    mut errors: BufReader<std::process::ChildStderr>,
) -> (i32, String, String) {
    let (mut out, mut err) = (String::new(), String::new());
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    errors.read_to_string(&mut err).unwrap();
    (child.wait().unwrap().code().unwrap(), out, err)
}

#[test]
fn in_a_browser() {
    let bed = Bed::start();
    let mut child = bed.spawn(&["sign-in", "work"]);
    let (url, errors) = address(&mut child);
    assert!(url.contains("code_challenge_method=S256"), "{url}");
    let location = browse(&bed, &url);
    let origin = location.split("/callback").next().unwrap();
    // What browsers and others do besides: none of it ends the wait, nor holds it up.
    let authority = origin.strip_prefix("http://").unwrap();
    let idle = TcpStream::connect(authority).unwrap();
    let broken = TcpStream::connect(authority).unwrap();
    broken.shutdown(Shutdown::Both).unwrap();
    assert!(visit(&format!("{origin}/favicon.ico")).starts_with("HTTP/1.1 404"));
    assert!(
        visit(&format!("{origin}/callback?code=stolen&state=guessed")).starts_with("HTTP/1.1 400")
    );
    assert!(visit(&format!("{origin}/callback?error=access_denied")).starts_with("HTTP/1.1 400"));

    let page = visit(&location);
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("You are signed in"), "{page}");
    assert!(!page.contains("code="), "{page}");
    let (code, out, err) = finish(child, errors);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("work is signed in as alice@example.com"),
        "{out}"
    );
    assert!(out.contains("with a refresh token"), "{out}");
    drop(idle);
    bed.good(&["try", "imap", "--account", "work"]);
}

#[cfg(unix)]
#[test]
fn the_browser_of_the_user_is_started() {
    use std::os::unix::fs::PermissionsExt as _;

    let bed = Bed::start();
    let (script, target) = (bed.path("browser"), bed.path("opened"));
    fs::write(
        &script,
        format!(
            "#!/bin/sh\nprintf %s \"$2\" > {}.part\nmv {0}.part {0}\n",
            target.display()
        )
        .replace("{0}", &target.display().to_string()),
    )
    .unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let browser = format!("/nowhere/to/be/found:{} --new-tab %s", script.display());
    let mut child = bed
        .command(&["sign-in", "work"])
        .env("BROWSER", browser)
        .spawn()
        .unwrap();
    let (url, errors) = address(&mut child);
    // It signs in all the same, whatever the script does meanwhile.
    assert!(visit(&browse(&bed, &url)).starts_with("HTTP/1.1 200"));
    assert_eq!(finish(child, errors).0, 0);
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while !target.exists() {
        assert!(
            std::time::Instant::now() < end,
            "the browser was not started"
        );
        std::thread::yield_now();
    }
    assert_eq!(fs::read_to_string(target).unwrap(), url);
}

#[test]
fn a_user_who_refuses_is_told_so() {
    let bed = Bed::with_provider(ProviderOptions::new().approval(Approval::Denied));
    let mut child = bed.spawn(&["sign-in", "work", "--json"]);
    let (url, errors) = address(&mut child);
    assert!(visit(&browse(&bed, &url)).contains("refused"));
    let (code, out, _) = finish(child, errors);
    assert_eq!(code, 77);
    let line: serde_json::Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!(
        (&line["result"], &line["kind"]),
        (&"error".into(), &"flow-denied".into())
    );
    assert!(!bed.record_path().exists());
}

#[test]
fn nobody_comes() {
    let bed = Bed::start();
    let output = bed.run(&["sign-in", "work", "--timeout", "0.2"]);
    assert_eq!(code(&output), 75);
    assert!(
        stderr(&output).contains("nobody signed in in time"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn in_the_browser_of_another_machine() {
    let bed = Bed::start();
    let mut child = bed.spawn(&["sign-in", "work", "--paste"]);
    let (url, errors) = address(&mut child);
    let location = browse(&bed, &url);
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "http://127.0.0.1/callback?code=a&state=b").unwrap();
    writeln!(stdin, "  {location} ").unwrap();
    let (code, out, err) = finish(child, errors);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("does not belong to this sign-in"), "{err}");
    assert!(out.contains("is signed in"), "{out}");

    let output = bed.run(&["sign-in", "work", "--paste"]);
    assert_eq!(code_of(&output), 77);
    assert_eq!(
        code_of(&bed.run(&["sign-in", "work", "--paste", "--no-input"])),
        64
    );
}

fn code_of(output: &std::process::Output) -> i32 {
    code(output)
}

#[test]
fn on_another_device() {
    let options = ProviderOptions::new().device_interval(Some(Duration::from_secs(1)));
    let bed = Bed::with_provider(options);
    let mut child = bed.spawn(&["sign-in", "work", "--device", "--json"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let shown: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(shown["event"], "device");
    let user_code = shown["user_code"].as_str().unwrap();
    assert!(bed.testbed.provider().approve_device(user_code));
    let result: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(result["result"], "signed-in");
    assert_eq!(result["refreshable"], true);
    assert!(child.wait().unwrap().success());
    bed.good(&["try", "smtp", "--account", "work"]);
}

#[test]
fn another_device_says_no() {
    let options = ProviderOptions::new().device_interval(Some(Duration::from_secs(1)));
    let bed = Bed::with_provider(options);
    let mut child = bed.spawn(&["sign-in", "work", "--device"]);
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let user_code = loop {
        let mut line = String::new();
        assert_ne!(errors.read_line(&mut line).unwrap(), 0, "no code is shown");
        if let Some((_, code)) = line.split_once("enter the code") {
            break code.trim().to_owned();
        }
    };
    assert!(bed.testbed.provider().deny_device(&user_code));
    let (code, _, err) = finish(child, errors);
    assert_eq!(code, 77, "{err}");
}

#[test]
fn by_a_password_which_is_discouraged() {
    let bed = Bed::start();
    let output = bed.run_with(
        &["sign-in", "work", "--password-stdin"],
        &format!("{PASSWORD}\n"),
    );
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stderr(&output).contains("discouraged"));
    bed.good(&["try", "sieve", "--account", "work"]);
    let output = bed.run_with(&["sign-in", "work", "--password-stdin"], "wrong\n");
    assert_ne!(code(&output), 0);
    // What was there stays.
    bed.good(&["token", "work"]);
}

#[test]
fn by_the_secret_of_the_client() {
    let options = ProviderOptions::new().client(Client::confidential("service", CLIENT_SECRET));
    let bed = Bed::with_provider(options);
    fs::write(
        bed.path("secret"),
        format!("{CLIENT_SECRET}\nmore: notes\n"),
    )
    .unwrap();
    let client = "client_id = \"service\"\nclient_secret_file = \"secret\"";
    bed.configure_client(client, "");
    bed.good(&["sign-in", "work", "--client-credentials"]);
    let text = fs::read_to_string(bed.path("config.toml")).unwrap();
    assert!(text.contains("grant = \"client_credentials\""), "{text}");
    assert!(text.starts_with("# mine\n"), "{text}");
    let first = stdout(&bed.good(&["token", "work"]));
    bed.expire();
    let second = stdout(&bed.good(&["token", "work"]));
    assert_ne!(first, second);

    // The secret of a program, and one that is wrong.
    let command = format!(
        "client_id = \"service\"\nclient_secret_command = [\"cat\", \"{}\"]",
        bed.path("secret").display()
    );
    bed.configure_client(&command, "grant = \"client_credentials\"");
    bed.expire();
    bed.good(&["token", "work"]);
    fs::write(bed.path("secret"), "wrong-secret").unwrap();
    bed.expire();
    assert_eq!(code(&bed.run(&["token", "work", "--timeout", "5"])), 78);
    // The program that keeps the secret is asked when it is needed, and not before.
    bed.configure_client(
        "client_id = \"service\"\nclient_secret_command = [\"false\"]",
        "grant = \"client_credentials\"",
    );
    assert_eq!(code(&bed.run(&["token", "work"])), 78);
    bed.life(3000);
    bed.good(&["token", "work"]);
}

#[test]
fn by_the_tokens_of_another_program() {
    let bed = Bed::start();
    let tokens = bed.sign_in();
    assert_eq!(bed.testbed.provider().requests(Endpoint::Token), 0);
    assert_eq!(
        stdout(&bed.good(&["token", "work"])).trim_end(),
        tokens.access_token()
    );

    // A lifetime that was true once is not believed.
    let old = bed.testbed.provider().issue(USER);
    let kept = json!({
        "email": USER, "service": "example", "scope": "mail", "token_type": "Bearer",
        "access_token": "long-expired", "refresh_token": old.refresh_token(),
        "exp_date": "2025-01-01T00:00:00Z", "expires_in": 3599,
    });
    let output = bed.run_with(&["sign-in", "work", "--import", "-"], &kept.to_string());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(bed.testbed.provider().refreshes_of(old.grant()), 1);

    // A refresh token alone, as most programs keep it among other things.
    let other = bed.testbed.provider().issue(USER);
    let kept = json!({
        "registration": "google", "authflow": "localhostauthcode", "email": USER,
        "access_token": other.access_token(), "access_token_expiration": "2025-01-01T00:00:00",
        "refresh_token": other.refresh_token(),
    });
    fs::write(bed.path("kept.json"), kept.to_string()).unwrap();
    let file = bed.path("kept.json");
    bed.good(&["sign-in", "work", "--import", file.to_str().unwrap()]);
    assert_eq!(bed.testbed.provider().refreshes_of(other.grant()), 1);
    bed.good(&["try", "imap", "--account", "work"]);
}

#[test]
fn an_imported_refresh_token_asks_for_the_resource() {
    const RESOURCE: &str = "https://other.example/";
    let mail = mail_testbed::MailOptions::new().audience(RESOURCE);
    let bed = Bed::with(mail_testbed::TestbedOptions::new().mail(mail));
    bed.configure(&format!("resource = \"{RESOURCE}\""));
    let tokens = bed.testbed.provider().issue(USER);
    let kept = json!({ "refresh_token": tokens.refresh_token() });
    let output = bed.run_with(&["sign-in", "work", "--import", "-"], &kept.to_string());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    bed.good(&["try", "imap", "--account", "work"]);
    // The very first token was the right one.
    assert_eq!(bed.testbed.imap().refused(), 0);
    assert_eq!(bed.testbed.provider().refreshes_of(tokens.grant()), 1);
}

#[test]
fn what_is_no_token_is_not_imported() {
    let bed = Bed::start();
    for bad in [
        "",
        "[]",
        "{}",
        "{\"access_token\":\"a b\",\"expires_in\":5}",
        "ya29.secret",
    ] {
        let output = bed.run_with(&["sign-in", "work", "--import", "-"], bad);
        assert_eq!(code(&output), 74, "{bad}: {}", stderr(&output));
        assert!(!stderr(&output).contains("ya29"), "{}", stderr(&output));
    }
    let output = bed.run(&["sign-in", "work", "--import", "/nowhere"]);
    assert_eq!(code(&output), 74);
    let dead = bed.run_with(
        &["sign-in", "work", "--import", "-"],
        "{\"refresh_token\":\"long-dead\"}",
    );
    assert_eq!(code(&dead), 77, "{}", stderr(&dead));
    assert!(!bed.record_path().exists());
}

#[test]
fn troubles_have_their_codes() {
    let bed = Bed::start();
    // Nobody is asked where tokens cannot be kept.
    let output = bed
        .command(&["sign-in", "work"])
        .env("MAIL_LOGIN_STATE", "/proc/no/such")
        .output()
        .unwrap();
    assert_eq!(code(&output), 73, "{}", stderr(&output));
    assert!(!stderr(&output).contains("https://"), "{}", stderr(&output));

    bed.testbed
        .provider()
        .misbehave_at(Endpoint::Discovery, Fault::status(503));
    let output = bed.run(&["sign-in", "work"]);
    assert_eq!(code(&output), 75, "{}", stderr(&output));

    let way = ["sign-in", "work", "--password-stdin", "--json"];
    for (fault, exit, kind) in [
        (
            Fault::too_many_requests(Duration::from_secs(9)),
            75,
            "throttled",
        ),
        (Fault::html_page(), 75, "suspicious"),
        (Fault::error(401, "invalid_client"), 78, "misconfigured"),
        (Fault::error(400, "invalid_scope"), 78, "misconfigured"),
        (
            Fault::redirect("https://elsewhere.example"),
            75,
            "suspicious",
        ),
    ] {
        bed.testbed.provider().misbehave(fault);
        let output = bed.run_with(&way, PASSWORD);
        assert_eq!(code(&output), exit, "{kind}: {}", stdout(&output));
        assert_eq!(json_lines(&output).last().unwrap()["kind"], kind);
    }

    fs::write(
        bed.path("other.pem"),
        mail_testbed::Authority::new().unwrap().pem(),
    )
    .unwrap();
    fs::remove_dir_all(bed.path("state")).unwrap();
    let text = fs::read_to_string(bed.path("config.toml")).unwrap();
    fs::write(bed.path("config.toml"), text.replace("ca.pem", "other.pem")).unwrap();
    let output = bed.run_with(&way, PASSWORD);
    assert_eq!(code(&output), 75, "{}", stdout(&output));
    assert!(
        stdout(&output).contains("certificate"),
        "{}",
        stdout(&output)
    );
}
