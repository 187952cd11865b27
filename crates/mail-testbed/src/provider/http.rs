//! Connections, requests and their answers, in the right form and, where the test wants it, wrong.

use alloc::{string::String, sync::Arc, vec::Vec};
use core::{error::Error, fmt, time::Duration};

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::{
    Response,
    body::Incoming,
    header::{HeaderMap, HeaderName},
    http::request::Parts,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::{
    Endpoint, Fault, body::Paced, fault::Act, mint::Mint, reply::Reply, request::Request, route,
};

/// No request of OAuth is longer.
const LONGEST_BODY: usize = 64 * 1024;

/// A peer that says nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// Serves until it is dropped, and every connection with it.
pub(super) async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, mint: Arc<Mint>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, tls.clone(), Arc::clone(&mint)));
            }
            // Out of file descriptors, say: some may be free again soon.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, mint: Arc<Mint>) {
    // An answer is worth no delay; where it cannot be had, the answer comes later.
    let _ = stream.set_nodelay(true);
    match tls {
        Some(tls) => {
            if let Ok(Ok(stream)) = timeout(PATIENCE, tls.accept(stream)).await {
                exchange(stream, mint).await;
            }
        }
        None => exchange(stream, mint).await,
    }
}

async fn exchange(stream: impl AsyncRead + AsyncWrite + Unpin, mint: Arc<Mint>) {
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let mint = Arc::clone(&mint);
        async move { respond(request, &mint).await }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service);
    // What went wrong here the client sees, and it is the client that is tested.
    let _ = connection.await;
}

/// An error closes the connection without an answer.
async fn respond(
    request: hyper::Request<Incoming>,
    mint: &Mint,
) -> Result<Response<Paced>, Dropped> {
    let (head, body) = request.into_parts();
    let endpoint = Endpoint::at(head.uri.path());
    let body = Limited::new(body, LONGEST_BODY);
    let body = match timeout(PATIENCE, body.collect()).await {
        Ok(Ok(body)) => body.to_bytes().to_vec(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return Ok(response(Reply::empty(413), &Fault::none()));
        }
        Ok(Err(_)) | Err(_) => return Err(Dropped),
    };
    let request = read(&head, body);
    let fault = endpoint.map_or_else(Fault::none, |endpoint| mint.arrived(endpoint));
    if let Some(gate) = &fault.gate {
        // Only a gate that is closed for good, which is one that was opened, ends this.
        let _ = gate.acquire().await;
    }
    if !fault.delay.is_zero() {
        sleep(fault.delay).await;
    }
    let reply = match &fault.act {
        Act::Answer(reply) => reply.clone(),
        Act::CutShort | Act::Process => route(mint, &request),
        Act::DropAfter => {
            route(mint, &request);
            return Err(Dropped);
        }
        Act::DropBefore => return Err(Dropped),
    };
    Ok(response(reply, &fault))
}

fn read(head: &Parts, body: Vec<u8>) -> Request {
    Request {
        method: head.method.clone(),
        path: head.uri.path().into(),
        query: head.uri.query().unwrap_or_default().into(),
        content_type: text(&head.headers, "content-type").unwrap_or_default(),
        authorization: text(&head.headers, "authorization"),
        body,
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(Into::into)
}

fn response(reply: Reply, fault: &Fault) -> Response<Paced> {
    let mut builder = Response::builder().status(reply.status);
    if let Some(headers) = builder.headers_mut() {
        for (name, value) in reply.headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
                headers.insert(name, value);
            }
        }
    }
    let cut = matches!(fault.act, Act::CutShort);
    builder
        .body(Paced::new(reply.body, fault.pause, cut))
        // A status that HTTP cannot have.
        .unwrap_or_else(|_| Response::new(Paced::new(Vec::new(), None, false)))
}

/// There is no answer.
#[derive(Debug)]
pub(super) struct Dropped;

impl Error for Dropped {}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is dropped, as the test wants it")
    }
}
