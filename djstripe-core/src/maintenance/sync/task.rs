//! The tasks of a sync: each reads one page, the list of one parent, or more parents.
//!
//! In: a task, the list that it belongs to, and a channel to the writer. Out: pages to the writer,
//! and the outcome to the scheduler.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::fetch::{self, FetchError, ListClient, Notes, PageResult};
use super::ids::IdSource;
use super::message::{ListRun, Message};
use super::range::Range;
use super::reading::Reading;
use crate::store::{Store, StoreError};
use crate::timestamp::Timestamp;

/// Something to do for a list.
pub(super) enum FetchTask {
    /// Fetch the next page of this range.
    Page(Range),
    /// Fetch the list of this parent, or the object with this id.
    Parent(String),
    /// Read the ids after this one from the database.
    ReadParents { after: Option<String> },
}

/// A task that has ended.
pub(super) struct FinishedTask {
    /// Number of its list.
    pub(super) job: usize,
    pub(super) outcome: TaskOutcome,
}

/// The outcome of a task, whose variants correspond to the tasks.
pub(super) enum TaskOutcome {
    Page(Box<Result<PageResult, FetchError>>),
    Parent {
        parent: String,
        result: Result<Notes, FetchError>,
    },
    ReadParents(Result<Vec<String>, StoreError>),
}

/// What a task works with.
pub(super) struct TaskContext {
    pub(super) store: Store,
    pub(super) list_client: Arc<ListClient>,
    pub(super) run: Arc<ListRun>,
    pub(super) sink: mpsc::Sender<Message>,
}

impl FetchTask {
    pub(super) async fn run(self, context: TaskContext) -> FinishedTask {
        let TaskContext {
            store,
            list_client,
            run,
            sink,
        } = context;

        let outcome = match self {
            Self::Page(range) => {
                let page = list_client.next_page(&run, range, &sink).await;
                TaskOutcome::Page(Box::new(page))
            }
            Self::Parent(parent) => {
                let result = match &list_client.reading {
                    Reading::OneByOne(ids) => {
                        let at = Timestamp::now();
                        let result = list_client.object(&run, &parent, &sink).await;
                        if matches!(
                            (&result, ids),
                            (Err(FetchError::Gone), IdSource::Stale { .. })
                        ) {
                            let gone = Message::Gone {
                                run: Arc::clone(&run),
                                descriptor: list_client.list.descriptor,
                                id: parent.clone(),
                                at,
                            };
                            fetch::send(&sink, gone).await;
                        }
                        result
                    }
                    _ => list_client.list_of_parent(&run, &parent, &sink).await,
                };
                TaskOutcome::Parent { parent, result }
            }
            Self::ReadParents { after } => {
                let parents = read_ids(&store, &list_client, &run, after.as_deref()).await;
                TaskOutcome::ReadParents(parents)
            }
        };
        FinishedTask {
            job: run.job,
            outcome,
        }
    }
}

async fn read_ids(
    store: &Store,
    list_client: &ListClient,
    run: &ListRun,
    after: Option<&str>,
) -> Result<Vec<String>, StoreError> {
    match list_client.reading.ids() {
        Some(ids) => ids.read(store, run, after).await,
        None => Ok(Vec::new()),
    }
}
