//! Log in to IMAP, SMTP and ManageSieve with blocking sockets and rustls
