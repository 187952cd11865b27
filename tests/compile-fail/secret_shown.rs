//! A secret has no way to be shown.

use sasl_core::{Credentials, Secret};

fn secret(secret: Secret) -> String {
    secret.to_string()
}

fn credentials(credentials: Credentials) -> String {
    credentials.to_string()
}

fn main() {}
