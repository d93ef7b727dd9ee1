//! Requests as a browser sends them, on a connection that stays open.

use std::io::{BufRead, BufReader, Error, ErrorKind, Result, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// What the server's environment has for the page.
pub(super) const PASSWORD: &str = "benchmark of the page";

/// `benchmark` and the password above, for the header `authorization`.
const CREDENTIALS: &str = "YmVuY2htYXJrOmJlbmNobWFyayBvZiB0aGUgcGFnZQ==";

/// Where `serve --page` has it.
const PREFIX: &str = "/djstripe/";

/// How long a response is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request for a view, or a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// A view and its fields, `events?state=dead`.
    View(String),
    /// A form's address and its fields.
    Form(&'static str, String),
}

/// A response.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) body: Vec<u8>,
    /// From the first byte written to the last one read.
    pub(super) took: Duration,
}

/// Somebody who looks at the page.
pub(super) struct Visitor {
    address: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Visitor {
    /// `url` is any one of the server.
    pub(super) fn new(url: &str) -> Self {
        let address = url.trim_start_matches("http://");
        let address = address.split('/').next().unwrap_or_default();
        Self {
            address: address.to_owned(),
            stream: None,
        }
    }

    /// Sends a request and reads its response.
    ///
    /// # Errors
    /// A connection that can't be opened or breaks, no answer in time, or one that is no view.
    pub(super) fn ask(&mut self, ask: &Ask) -> Result<Answer> {
        let request = written(ask, &self.address);
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                BufReader::new(stream)
            }
        };

        let start = Instant::now();
        stream.get_mut().write_all(request.as_bytes())?;
        let (status, body) = read(&mut stream)?;
        let took = start.elapsed();
        self.stream = Some(stream);
        check(status, &body).map_err(|error| Error::other(format!("{ask:?}: {error}")))?;
        Ok(Answer { body, took })
    }
}

fn written(ask: &Ask, host: &str) -> String {
    let head = |method: &str, path: &str| {
        format!(
            "{method} {PREFIX}{path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Basic {CREDENTIALS}\r\n"
        )
    };
    match ask {
        Ask::View(view) => head("GET", view) + "\r\n",
        Ask::Form(form, fields) => format!(
            "{}sec-fetch-site: same-origin\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\n\r\n{fields}",
            head("POST", form),
            fields.len()
        ),
    }
}

/// Fails for a status that the page gives to nothing that is measured.
fn check(status: u16, body: &[u8]) -> std::result::Result<(), String> {
    // 503: the page has ended a statement at its time limit, which is too slow in any case.
    if matches!(status, 200 | 303 | 503) {
        return Ok(());
    }
    let text = String::from_utf8_lossy(body);
    Err(format!("got {status}:\n{text}"))
}

/// The status and the body of a response that says how long it is, as all of the page do.
fn read(stream: &mut impl BufRead) -> Result<(u16, Vec<u8>)> {
    let wrong = |what: &str| Error::new(ErrorKind::InvalidData, what.to_owned());
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| wrong("the response has no status"))?;

    let mut length = None;
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let header = line.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(bytes) = header.strip_prefix("content-length:") {
            length = bytes.trim().parse::<usize>().ok();
        }
    }

    let length = length.ok_or_else(|| wrong("the response doesn't say how long it is"))?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((status, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_come_from_the_same_origin() {
        let form = written(&Ask::Form("propose", "id=evt_1".to_owned()), "localhost:1");
        assert!(form.starts_with("POST /djstripe/propose HTTP/1.1\r\nhost: localhost:1\r\n"));
        assert!(form.contains("\r\nsec-fetch-site: same-origin\r\n"));
        assert!(form.ends_with("\r\ncontent-length: 8\r\n\r\nid=evt_1"));
        let view = written(&Ask::View("events?state=dead".to_owned()), "localhost:1");
        assert!(view.starts_with("GET /djstripe/events?state=dead HTTP/1.1\r\n"));
        assert!(view.ends_with("\r\n\r\n"));
    }

    #[test]
    fn a_refusal_is_no_view() {
        for status in [200, 303, 503] {
            assert_eq!(check(status, b""), Ok(()));
        }
        for status in [401, 403, 404, 500] {
            assert_eq!(check(status, b"no"), Err(format!("got {status}:\nno")));
        }
    }

    #[test]
    fn a_response_ends_where_it_says() {
        let mut two = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 303 See Other\r\n\
             content-length: 0\r\nlocation: ./events\r\n\r\n"
            .as_bytes();
        assert_eq!(read(&mut two).unwrap(), (200, b"abc".to_vec()));
        assert_eq!(read(&mut two).unwrap(), (303, Vec::new()));
        assert!(read(&mut two).is_err());
        assert!(read(&mut "HTTP/1.1 200 OK\r\n\r\n".as_bytes()).is_err());
    }
}
