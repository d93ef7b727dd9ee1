//! The id of the server's process, as the other end of a connection gave it when it was opened.
//!
//! A client needs it to cancel a statement, and tokio-postgres shows it nowhere else: so a request
//! to cancel is written, and read here instead of being sent.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf,
};
use tokio_postgres::CancelToken;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// Length of a message that asks for TLS, and of one that cancels.
const LENGTHS: [u32; 2] = [8, 16];

/// The id that this connection would cancel by; `None` if that can't be read.
pub(super) async fn process_id(token: &CancelToken) -> Option<i32> {
    let (near, far) = tokio::io::duplex(64);
    let (id, _) = tokio::join!(read(far), token.cancel_query_raw(near, Plain));
    id.ok()
}

/// Reads a request to cancel. Grants a request for TLS, after which nothing is encrypted.
async fn read(mut stream: DuplexStream) -> io::Result<i32> {
    loop {
        let (length, _code) = (stream.read_u32().await?, stream.read_u32().await?);
        if length == LENGTHS[0] {
            stream.write_all(b"S").await?;
        } else if length == LENGTHS[1] {
            return stream.read_i32().await;
        } else {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
}

/// No TLS, in the place where tokio-postgres wants some.
struct Plain;

impl TlsConnect<DuplexStream> for Plain {
    type Stream = PlainStream;
    type Error = io::Error;
    type Future = Ready<io::Result<PlainStream>>;

    fn connect(self, stream: DuplexStream) -> Self::Future {
        ready(Ok(PlainStream(stream)))
    }
}

struct PlainStream(DuplexStream);

impl TlsStream for PlainStream {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for PlainStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for PlainStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
