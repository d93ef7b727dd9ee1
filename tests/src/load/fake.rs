//! An API that answers from memory. [`FakeStripe`](djstripe_core::testing::FakeStripe) does more and takes its time.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use super::{OBJECTS, customer};

/// Serves the customers until the process ends, one thread a connection.
///
/// # Errors
/// If no connection can be accepted any more.
pub fn serve_objects(listener: &TcpListener) -> std::io::Result<()> {
    let answers: HashMap<String, Vec<u8>> = (0..OBJECTS).map(answer).collect();
    let answers = Arc::new(answers);
    for stream in listener.incoming() {
        let (stream, answers) = (stream?, Arc::clone(&answers));
        // The other side may go away whenever it likes.
        std::thread::spawn(move || answer_all(&stream, &answers));
    }
    Ok(())
}

fn answer(index: usize) -> (String, Vec<u8>) {
    let body = customer(index).to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_load";
    let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    (
        format!("/v1/customers/cus_load{index}"),
        answer.into_bytes(),
    )
}

fn answer_all(stream: &TcpStream, answers: &HashMap<String, Vec<u8>>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream;
    let mut reader = BufReader::new(stream);
    let (mut first, mut line) = (String::new(), String::new());
    loop {
        first.clear();
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        loop {
            line.clear();
            if reader.read_line(&mut line)? <= 2 {
                break;
            }
        }
        let path = first.split(' ').nth(1).unwrap_or_default();
        match answers.get(path.split('?').next().unwrap_or_default()) {
            Some(answer) => writer.write_all(answer)?,
            None => writer.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}")?,
        }
    }
}
