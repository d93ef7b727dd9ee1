//! Group commit: items that arrive while a commit is under way share the next one.
//!
//! In: items, one at a time. Out: batches, to tasks that write them. The busier the process, the
//! more items share a commit; an item that is alone waits for no other. Each item carries the
//! sender of its own answer.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};

use crate::telemetry::vitals::Vitals;

/// The queue in front of the tasks that write. Cheap to clone; the tasks end with the last clone.
pub(crate) struct GroupCommit<T>(mpsc::Sender<T>);

/// How a [`GroupCommit`] is sized.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Items that wait for a batch, at most.
    pub(crate) waiting: usize,
    /// Items in a batch, at most.
    pub(crate) batch: usize,
    /// Tasks that write. With two, one prepares a batch while the database commits the other's.
    pub(crate) writers: usize,
}

/// Why an item was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unqueued {
    /// [`Limits::waiting`] items wait already.
    Full,
    /// The runtime is shutting down, and the tasks that write have ended.
    Closed,
}

impl<T: Send + 'static> GroupCommit<T> {
    /// Starts the tasks, which pass each batch to `write`. `task` is their name.
    pub(crate) fn start<W, F>(vitals: &Vitals, task: &'static str, limits: Limits, write: W) -> Self
    where
        W: Fn(Vec<T>) -> F + Clone + Send + 'static,
        F: Future<Output = ()> + Send,
    {
        let (sender, receiver) = mpsc::channel(limits.waiting);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..limits.writers {
            let (receiver, write) = (Arc::clone(&receiver), write.clone());
            let vitals = vitals.clone();
            tokio::spawn(async move {
                let write_all = async move {
                    while let Some(batch) = next_batch(&receiver, limits.batch).await {
                        write(batch).await;
                    }
                };
                vitals.guard(task, write_all).await;
            });
        }
        Self(sender)
    }

    /// Queues an item, waiting for room.
    pub(crate) async fn submit(&self, item: T) -> Result<(), Unqueued> {
        self.0.send(item).await.map_err(|_| Unqueued::Closed)
    }

    /// Queues an item if there is room for it now.
    pub(crate) fn try_submit(&self, item: T) -> Result<(), Unqueued> {
        self.0.try_send(item).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Unqueued::Full,
            mpsc::error::TrySendError::Closed(_) => Unqueued::Closed,
        })
    }
}

impl<T> Clone for GroupCommit<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Waits for at least one item; `None` once every sender is gone.
async fn next_batch<T>(receiver: &Mutex<mpsc::Receiver<T>>, limit: usize) -> Option<Vec<T>> {
    let mut batch = Vec::with_capacity(limit);
    let received = receiver.lock().await.recv_many(&mut batch, limit).await;
    (received > 0).then_some(batch)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex as StdMutex;

    use super::*;

    #[tokio::test]
    async fn what_arrives_during_a_commit_shares_the_next_one() {
        let batches: Arc<StdMutex<Vec<Vec<u32>>>> = Arc::default();
        let (commit, committed) = mpsc::channel::<()>(1);
        let committed = Arc::new(Mutex::new(committed));
        let limits = Limits {
            waiting: 4,
            batch: 3,
            writers: 1,
        };
        let group = GroupCommit::start(&Vitals::default(), "test", limits, {
            let batches = Arc::clone(&batches);
            move |batch| {
                let (batches, committed) = (Arc::clone(&batches), Arc::clone(&committed));
                async move {
                    batches.lock().unwrap().push(batch);
                    committed.lock().await.recv().await;
                }
            }
        });

        group.submit(1).await.unwrap();
        while batches.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        for item in 2..=5 {
            assert_eq!(group.try_submit(item), Ok(()));
        }
        assert_eq!(group.try_submit(6), Err(Unqueued::Full));

        for _ in 0..2 {
            commit.send(()).await.unwrap();
        }
        while batches.lock().unwrap().len() < 3 {
            tokio::task::yield_now().await;
        }
        assert_eq!(*batches.lock().unwrap(), [vec![1], vec![2, 3, 4], vec![5]]);
    }
}
