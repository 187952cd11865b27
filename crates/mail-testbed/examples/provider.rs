//! Runs an authorization server until its input ends, for trying things by hand.
//!
//! ```sh
//! cargo run -p mail-testbed --example provider -- ca.pem
//! curl --cacert ca.pem https://127.0.0.1:PORT/.well-known/openid-configuration
//! ```

#![allow(clippy::print_stdout, reason = "it tells people where it is")]

use std::{env, fs, io};

use mail_testbed::{Approval, Client, Endpoint, Provider, ProviderOptions, User};

fn main() -> io::Result<()> {
    let options = ProviderOptions::new()
        .approval(Approval::Form)
        .user(User::new("alice@example.com").password("wonderland"))
        .client(Client::public("mail-client").redirect_uri("http://127.0.0.1/callback"))
        .client(Client::confidential("mail-server", "its secret"));
    let provider = Provider::start(options)?;
    if let Some(file) = env::args().nth(1) {
        fs::write(&file, provider.authority().pem())?;
        println!("The authority to trust is in {file}.");
    }
    println!("User alice@example.com, password wonderland; client mail-client;");
    println!("client mail-server with a secret, for introspection: its secret");
    println!("{}", provider.url(Endpoint::Discovery));
    println!("It ends with its input.");
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
