//! Logs in to an IMAP server: `TOKEN=… cargo run --example blocking_login -- HOST PORT USER CA_FILE`.

#![allow(
    clippy::print_stdout,
    clippy::std_instead_of_core,
    reason = "an example is a program"
)]

use imap_auth::{Imap, Options};
use mail_login_blocking::{Login, Server, Silent, login};
use sasl_core::Credentials;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [host, port, user, ca] = arguments.as_slice() else {
        return Err("four arguments".into());
    };
    let server = Server::implicit_tls(host, port.parse()?).extra_ca_file(ca)?;
    let credentials = Credentials::bearer(user, std::env::var("TOKEN")?)?;
    match login::<Imap>(&server, credentials, Options::new(), &mut Silent)? {
        Login::Accepted(connection) => println!("in: {:?}", connection.session.capabilities()),
        Login::Rejected(refused) => println!("refused: {}", refused.rejection()),
    }
    Ok(())
}
