//! Bodies of deliveries: read within limits of size, time and memory.
//!
//! In: the body of a request. Out: its bytes, with the share of memory that they hold until they are
//! dropped. A share grows with what has arrived: a sender that announces a long body and sends none
//! of it holds nothing.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Limits of a body.
#[derive(Clone, Debug)]
pub(super) struct BodyLimits {
    /// Most bytes. One more is read, so that the intake sees that a body is too long.
    pub(super) size: usize,
    /// Longest time until the body has ended.
    pub(super) time: Duration,
    /// A permit for each byte that all bodies may have together.
    pub(super) memory: Arc<Semaphore>,
}

/// A body, or its first bytes if it is too long.
#[derive(Debug)]
pub(super) struct ReadBody {
    pub(super) bytes: Bytes,
    /// Its share of the memory.
    pub(super) memory: Option<OwnedSemaphorePermit>,
}

/// Why a body was not read.
#[derive(Debug)]
pub(super) enum BodyError {
    /// The sender broke off.
    Aborted(axum::Error),
    /// It did not end in time.
    TooSlow,
    /// All bodies together are too long.
    NoMemory,
}

impl BodyLimits {
    /// Reads a body.
    pub(super) async fn read(&self, body: Body) -> Result<ReadBody, BodyError> {
        let read = self.read_to_end(body);
        let in_time = tokio::time::timeout(self.time, read).await;
        in_time.unwrap_or(Err(BodyError::TooSlow))
    }

    async fn read_to_end(&self, body: Body) -> Result<ReadBody, BodyError> {
        let mut chunks = body.into_data_stream();
        let (mut bytes, mut memory) = (BytesMut::new(), None);
        while bytes.len() <= self.size {
            let Some(chunk) = chunks.next().await else {
                break;
            };
            let chunk = chunk.map_err(BodyError::Aborted)?;
            let chunk = &chunk[..chunk.len().min(self.size + 1 - bytes.len())];
            self.reserve(chunk.len(), &mut memory)?;
            bytes.extend_from_slice(chunk);
        }
        Ok(ReadBody {
            bytes: bytes.freeze(),
            memory,
        })
    }

    /// Adds this many bytes to a share.
    fn reserve(
        &self,
        bytes: usize,
        share: &mut Option<OwnedSemaphorePermit>,
    ) -> Result<(), BodyError> {
        let bytes = u32::try_from(bytes).map_err(|_| BodyError::NoMemory)?;
        let more = Arc::clone(&self.memory).try_acquire_many_owned(bytes);
        let more = more.map_err(|_| BodyError::NoMemory)?;
        match share {
            Some(share) => share.merge(more),
            None => *share = Some(more),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, stream};

    use super::*;

    fn limits(size: usize, memory: usize) -> BodyLimits {
        BodyLimits {
            size,
            time: Duration::from_secs(30),
            memory: Arc::new(Semaphore::new(memory)),
        }
    }

    /// A body that arrives in these parts; with `None` it does not end.
    fn body(parts: &[Option<&'static str>]) -> Body {
        let parts = parts.to_vec();
        let arriving = stream::iter(parts).then(async |part| match part {
            Some(part) => Ok::<_, std::io::Error>(Bytes::from_static(part.as_bytes())),
            None => std::future::pending().await,
        });
        Body::from_stream(arriving.boxed())
    }

    #[tokio::test]
    async fn one_byte_more_than_the_limit_is_read() {
        let check = async |parts: &[Option<&'static str>], expected: &str| {
            let read = limits(4, 100).read(body(parts)).await.unwrap();
            assert_eq!(read.bytes, expected);
        };
        check(&[], "").await;
        check(&[Some("ab"), Some("cd")], "abcd").await;
        check(&[Some("ab"), Some("cdefg"), None], "abcde").await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_end_is_given_up() {
        let read = limits(4, 100).read(body(&[Some("ab"), None])).await;
        assert!(matches!(read, Err(BodyError::TooSlow)), "{read:?}");
    }

    #[tokio::test]
    async fn memory_is_held_by_what_has_arrived_until_it_is_dropped() {
        let limits = limits(10, 10);
        let waiting = body(&[Some("123456"), None]);
        let mut waiting = Box::pin(limits.read(waiting));
        assert!((&mut waiting).now_or_never().is_none());

        let refused = limits.read(body(&[Some("12345")])).await;
        assert!(matches!(refused, Err(BodyError::NoMemory)), "{refused:?}");
        let fits = limits.read(body(&[Some("1234")])).await.unwrap();
        assert_eq!(limits.memory.available_permits(), 0);
        drop((waiting, fits));
        assert_eq!(limits.memory.available_permits(), 10);
    }
}
