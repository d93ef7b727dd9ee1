//! A proxy in front of PostgreSQL that sees each statement before the server does.
//!
//! In: connections of a process under test. Out: the same bytes, to and from the server, except for
//! the statements that the test holds back. It refuses TLS, so that it can read them.
//!
//! Source: [Message formats](https://www.postgresql.org/docs/current/protocol-message-formats.html).

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// First messages of a client that asks for an encrypted connection, by TLS or by GSSAPI.
const ENCRYPTION_REQUESTS: [u32; 2] = [80_877_103, 80_877_104];

/// Whether a statement reaches the server. If not, its connection is closed.
pub type Passes = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// A running proxy. It ends when this is dropped.
pub struct PostgresProxy {
    address: String,
    open: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl PostgresProxy {
    /// Starts a proxy for the server with this address, `host:port`.
    ///
    /// # Errors
    /// If no port can be opened.
    pub async fn start(server: String, passes: Passes) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (count, open) = watch::channel(0);
        let count = Arc::new(count);

        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                count.send_modify(|open| *open += 1);
                let (count, server) = (Arc::clone(&count), server.clone());
                let passes = Arc::clone(&passes);
                tokio::spawn(async move {
                    // A connection that breaks is an error of the process under test.
                    let _ = connect(client, &server, &passes).await;
                    count.send_modify(|open| *open -= 1);
                });
            }
        });

        Ok(Self {
            address,
            open,
            task,
        })
    }

    /// Its address, `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Waits until all connections are closed on both sides. The server closes one after it has
    /// rolled back what was not committed.
    pub async fn all_closed(&self) {
        let mut open = self.open.clone();
        // Without a proxy there are no connections.
        let _ = open.wait_for(|open| *open == 0).await;
    }
}

impl Drop for PostgresProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves one connection until both sides have closed it.
async fn connect(mut client: TcpStream, server: &str, passes: &Passes) -> io::Result<()> {
    let startup = read_startup(&mut client).await?;
    let mut server = TcpStream::connect(server).await?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    server.write_all(&startup).await?;

    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, to_server) = server.into_split();
    let answers = async move {
        // The server's answers are read to their end, even if the client no longer waits for them.
        if copy(&mut from_server, &mut to_client).await.is_err() {
            let _ = copy(&mut from_server, &mut tokio::io::sink()).await;
        }
    };
    let (forwarded, ()) = tokio::join!(forward(from_client, to_server, passes), answers);
    forwarded
}

/// The message with which a client opens a session. Requests for encryption are refused before it.
async fn read_startup(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    loop {
        let (length, code) = (client.read_u32().await?, client.read_u32().await?);
        if ENCRYPTION_REQUESTS.contains(&code) {
            client.write_all(b"N").await?;
            continue;
        }

        let mut message = [length.to_be_bytes(), code.to_be_bytes()].concat();
        message.resize(length as usize, 0);
        client.read_exact(&mut message[8..]).await?;
        return Ok(message);
    }
}

/// Forwards messages until the client closes the connection or a statement does not pass.
async fn forward(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    passes: &Passes,
) -> io::Result<()> {
    let mut session = Session::default();
    loop {
        let kind = client.read_u8().await?;
        let length = client.read_u32().await?;
        let mut body = vec![0; length as usize - 4];
        client.read_exact(&mut body).await?;

        let statement = session.statement(kind, &body);
        if statement.is_some_and(|sql| !passes(sql)) {
            return Ok(());
        }
        let message = [&[kind], &length.to_be_bytes()[..], &body].concat();
        server.write_all(&message).await?;
    }
}

/// The statements and portals of a session, by their names.
#[derive(Default)]
struct Session {
    prepared: HashMap<String, String>,
    portals: HashMap<String, String>,
    simple: String,
}

impl Session {
    /// The SQL that the server runs when it gets this message.
    fn statement(&mut self, kind: u8, body: &[u8]) -> Option<&str> {
        let mut strings = body
            .split(|byte| *byte == 0)
            .map(|string| String::from_utf8_lossy(string).into_owned());
        let mut next = || strings.next().unwrap_or_default();

        match kind {
            b'Q' => {
                self.simple = next();
                return Some(&self.simple);
            }
            b'P' => {
                self.prepared.insert(next(), next());
            }
            b'B' => {
                let (portal, statement) = (next(), next());
                let sql = self.prepared.get(&statement).cloned();
                self.portals.insert(portal, sql.unwrap_or_default());
            }
            b'E' => return self.portals.get(&next()).map(String::as_str),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_seen_when_they_run() {
        let mut session = Session::default();
        let mut check = |kind: u8, body: &[u8], expected: Option<&str>| {
            assert_eq!(session.statement(kind, body), expected, "{}", kind as char);
        };

        check(b'Q', b"BEGIN\0", Some("BEGIN"));
        check(b'P', b"s1\0SELECT $1\0\0\0", None);
        check(b'P', b"s2\0SELECT 2\0\0\0", None);
        check(b'B', b"\0s1\0\0\0\0\0", None);
        check(b'S', b"", None);
        check(b'E', b"\0\0\0\0\0", Some("SELECT $1"));
        check(b'B', b"\0s2\0\0\0\0\0", None);
        check(b'E', b"\0\0\0\0\0", Some("SELECT 2"));
    }
}
