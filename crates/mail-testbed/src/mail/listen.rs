//! The doors of a mail server.

use alloc::sync::Arc;
use core::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};
use std::io;

use tokio::{net::TcpListener, task::JoinSet, time};

use super::{after::After, connection::Host};

/// Where a server listens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doors {
    pub(super) implicit_tls: SocketAddr,
    pub(super) starttls: SocketAddr,
    pub(super) in_clear: SocketAddr,
}

/// How a connection came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    Clear,
    ImplicitTls,
    StartTls,
}

impl Doors {
    /// Free ports, with as much room for those who wait as the operating system allows.
    pub(super) fn open() -> io::Result<(Self, [TcpListener; 3])> {
        let open = || -> io::Result<(SocketAddr, TcpListener)> {
            let socket = tokio::net::TcpSocket::new_v4()?;
            socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
            let listener = socket.listen(4096)?;
            Ok((listener.local_addr()?, listener))
        };
        let (implicit_tls, first) = open()?;
        let (starttls, second) = open()?;
        let (in_clear, third) = open()?;
        let doors = Self {
            implicit_tls,
            starttls,
            in_clear,
        };
        Ok((doors, [first, second, third]))
    }
}

/// Serves until the task is aborted; then its connections are closed as well.
pub(super) async fn serve<P: After>(listener: TcpListener, door: Door, host: Arc<Host<P>>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                let host = Arc::clone(&host);
                connections.spawn(async move { host.serve(socket, door).await });
            }
            // Out of descriptors, most likely: others may close theirs.
            Err(_) => time::sleep(Duration::from_millis(10)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}
