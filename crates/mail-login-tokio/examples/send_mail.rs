//! Logs in here, then hands the stream to another library, which sends a message over it:
//! `TOKEN=… cargo run --example send_mail -- HOST PORT USER CA_FILE TO`.

#![allow(
    clippy::print_stdout,
    clippy::std_instead_of_core,
    reason = "an example is a program"
)]

use mail_login_tokio::{Login, Server, Silent, login};
use mail_send::{SmtpClient, smtp::message::Message};
use sasl_core::Credentials;
use smtp_auth::{Options, Smtp};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [host, port, user, ca, to] = arguments.as_slice() else {
        return Err("five arguments".into());
    };
    let server = Server::implicit_tls(host, port.parse()?).extra_ca_file(ca)?;
    let credentials = Credentials::bearer(user, std::env::var("TOKEN")?)?;
    let connection = match login::<Smtp>(&server, credentials, Options::new(), &mut Silent).await? {
        Login::Accepted(connection) => connection,
        Login::Rejected(refused) => return Err(refused.rejection().to_string().into()),
    };
    // The server has nothing to say before the next command.
    assert!(connection.remaining.is_empty());
    let timeout = std::time::Duration::from_secs(20);
    let mut client = SmtpClient {
        stream: connection.stream,
        timeout,
    };
    let text = format!(
        "From: <{user}>\r\nTo: <{to}>\r\nSubject: Hello\r\n\r\nLogged in by mail-login.\r\n"
    );
    client
        .send(Message::new(
            user.as_str(),
            [to.as_str()],
            text.into_bytes(),
        ))
        .await?;
    client.quit().await?;
    println!("sent");
    Ok(())
}
