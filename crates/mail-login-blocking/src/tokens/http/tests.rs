use alloc::string::String;
use std::io::{self, Cursor, Read};

use super::*;

/// Gives its octets one at a time, and then the end.
struct Dripping<'a>(&'a [u8]);

impl Read for Dripping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(1);
        self.0.read(&mut buffer[..most])
    }
}

fn whole(octets: &[u8]) -> Result<(u16, Vec<u8>), String> {
    let read = |answer: HttpAnswer| {
        (
            answer.response().status(),
            answer.response().body().to_vec(),
        )
    };
    let at_once = receive(&mut Cursor::new(octets))
        .map(read)
        .map_err(|problem| problem.to_string());
    let slowly = receive(&mut Dripping(octets))
        .map(read)
        .map_err(|problem| problem.to_string());
    assert_eq!(at_once, slowly, "the pieces it comes in must not matter");
    at_once
}

#[test]
fn body_with_length() {
    let answer = whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}rest");
    assert_eq!(answer, Ok((200, b"{}".to_vec())));
}

#[test]
fn body_in_chunks() {
    let answer = whole(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n",
    );
    assert_eq!(answer, Ok((200, b"abcde".to_vec())));
}

#[test]
fn body_until_the_end() {
    assert_eq!(
        whole(b"HTTP/1.0 400 Bad\r\n\r\nabc"),
        Ok((400, b"abc".to_vec()))
    );
}

#[test]
fn interim_answers_are_skipped() {
    let answer = whole(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 None\r\n\r\n",
    );
    assert_eq!(answer, Ok((204, Vec::new())));
}

#[test]
fn what_is_cut_off_is_no_answer() {
    for octets in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    ] {
        assert!(whole(octets).is_err(), "{}", octets.escape_ascii());
    }
}

#[test]
fn what_is_not_http_is_no_answer() {
    for octets in [
        &b"* OK IMAP4rev1 ready\r\n"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
        b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}0\r\n\r\n",
    ] {
        assert!(whole(octets).is_err(), "{}", octets.escape_ascii());
    }
}

/// Says it has endless octets of these.
struct Endless(&'static [u8], u8, usize);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.0.is_empty() {
            return self.0.read(buffer);
        }
        buffer.fill(self.1);
        self.2 += buffer.len();
        Ok(buffer.len())
    }
}

#[test]
fn an_endless_body_is_read_up_to_the_limit() {
    let mut server = Endless(b"HTTP/1.1 200 OK\r\n\r\n", b'x', 0);
    let answer = receive(&mut server).unwrap();
    assert_eq!(answer.response().body().len(), HttpAnswer::LIMIT);
    assert!(server.2 < 2 * HttpAnswer::LIMIT, "{}", server.2);
}

#[test]
fn an_endless_head_is_given_up() {
    let mut server = Endless(b"HTTP/1.1 200 OK\r\nX: ", b'x', 0);
    let problem = receive(&mut server).unwrap_err();
    assert_eq!(problem.stage(), HttpStage::Sent);
    assert!(server.2 < 1 << 20, "{}", server.2);
}

#[test]
fn an_endless_size_of_a_chunk_is_given_up() {
    let mut server = Endless(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        b'x',
        0,
    );
    assert!(receive(&mut server).is_err());
}

#[test]
fn targets() {
    let target = |url| Target::of(url).map(|t| (t.tls, t.host, t.port, t.authority, t.path));
    let plain = (true, "a.example", 443, "a.example", "/t?x=/y");
    assert_eq!(target("https://a.example/t?x=/y"), Some(plain));
    let ported = (true, "[::1]", 8443, "[::1]:8443", "");
    assert_eq!(target("HTTPS://[::1]:8443"), Some(ported));
    let query = (false, "localhost", 80, "localhost", "?q");
    assert_eq!(target("http://localhost?q"), Some(query));
    assert_eq!(
        target("https://[::1]").map(|target| target.1),
        Some("[::1]")
    );
}

#[test]
fn a_request_is_one_piece() {
    let request =
        Request::post("https://id.example/token", "a=b").with_header("Authorization", "Basic eA==");
    let target = Target::of(request.url()).unwrap();
    let octets = encode(&request, &target);
    let expected = format!(
        "POST /token HTTP/1.1\r\nHost: id.example\r\nUser-Agent: mail-login/{}\r\nAccept-Encoding: identity\r\n\
         Connection: close\r\nContent-Length: 3\r\nAccept: application/json\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nAuthorization: Basic eA==\r\n\r\na=b",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(String::from_utf8_lossy(&octets), expected);
}

#[test]
fn a_query_without_a_path_gets_one() {
    let request = Request::fetch("https://id.example?a=b");
    let octets = encode(&request, &Target::of(request.url()).unwrap());
    assert!(octets.starts_with(b"GET /?a=b HTTP/1.1\r\n"));
}

#[test]
fn a_line_break_in_a_header_does_not_go_out() {
    let request =
        Request::fetch("https://id.example/").with_header("Authorization", "x\r\nHost: evil");
    let octets = encode(&request, &Target::of(request.url()).unwrap());
    assert!(!octets.windows(4).any(|part| part == b"evil"));
}

#[test]
fn http_is_refused_before_anything_is_sent() {
    let client = HttpClient::new();
    for (client, url) in [
        (client.clone(), "http://127.0.0.1:1/token"),
        (client.dangerous_loopback(), "http://id.example/token"),
    ] {
        let problem = client.send(&Request::post(url, "secret")).unwrap_err();
        assert_eq!(problem.stage(), HttpStage::Connect);
        assert!(problem.to_string().contains("https://"), "{problem}");
    }
}
