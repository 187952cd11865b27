//! Log in to IMAP, SMTP and ManageSieve with tokio and rustls
