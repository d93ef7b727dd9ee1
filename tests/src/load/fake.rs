//! An API that serves prepared responses. The complete
//! [`FakeStripe`](djstripe_core::testing::FakeStripe) is too slow for a load test.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use super::{OBJECTS, customer};

/// Serves the customers until the process exits, with one thread per connection.
///
/// # Errors
/// If a connection can't be accepted.
pub fn serve_objects(listener: &TcpListener) -> std::io::Result<()> {
    let responses: HashMap<String, Vec<u8>> = (0..OBJECTS).map(prepare).collect();
    let responses = Arc::new(responses);

    for stream in listener.incoming() {
        let (stream, responses) = (stream?, Arc::clone(&responses));
        // The client may close the connection at any time, so an error is ignored.
        std::thread::spawn(move || serve_connection(&stream, &responses));
    }

    Ok(())
}

/// The path of a customer, and the response to a request for it.
fn prepare(index: usize) -> (String, Vec<u8>) {
    let body = customer(index).to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_load";
    let response = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    (
        format!("/v1/customers/cus_load{index}"),
        response.into_bytes(),
    )
}

fn serve_connection(
    stream: &TcpStream,
    responses: &HashMap<String, Vec<u8>>,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream;
    let mut reader = BufReader::new(stream);
    let (mut request_line, mut header) = (String::new(), String::new());

    loop {
        request_line.clear();
        if reader.read_line(&mut request_line)? == 0 {
            return Ok(());
        }
        // An empty line, which has two bytes, ends the headers.
        loop {
            header.clear();
            if reader.read_line(&mut header)? <= 2 {
                break;
            }
        }

        let path = request_line.split(' ').nth(1).unwrap_or_default();
        match responses.get(path.split('?').next().unwrap_or_default()) {
            Some(response) => writer.write_all(response)?,
            None => writer.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}")?,
        }
    }
}
