//! What the tasks of a sync send to the writer, and what the writer reports.

use std::collections::BTreeMap;
use std::sync::Arc;

use djstripe_models::ModelDescriptor;

use super::page::Page;
use super::progress::Counts;
use super::range::Range;
use crate::maintenance::refusal::Refusal;
use crate::store::SyncKey;
use crate::timestamp::Timestamp;

/// One run of one list, from its claim to its end.
#[derive(Debug)]
pub(super) struct ListRun {
    /// Number of the list among the lists of this sync.
    pub(super) job: usize,
    pub(super) key: SyncKey,
    /// That of the client.
    pub(super) own_account: String,
    pub(super) run_id: String,
    pub(super) fence: i64,
}

/// Something for the writer to do.
pub(super) enum Message {
    /// A list was claimed: its lease is renewed from now on.
    Claimed(Arc<ListRun>),
    Page(Box<PageRows>),
    /// Stripe no longer has this object, which has a row.
    Gone {
        run: Arc<ListRun>,
        descriptor: &'static ModelDescriptor,
        id: String,
        at: Timestamp,
    },
    /// All active entitlements of a customer.
    Entitlements {
        run: Arc<ListRun>,
        customer: String,
        ids: Vec<String>,
        observed_at: Timestamp,
    },
    /// A range was split into these.
    Ranges(Arc<ListRun>, Vec<Range>),
    /// Everything below the parents up to this one was sent.
    Checkpoint(Arc<ListRun>, String),
    End(Arc<ListRun>, RunEnd),
}

impl Message {
    /// The run that the message belongs to.
    pub(super) fn run(&self) -> &Arc<ListRun> {
        match self {
            Self::Page(page) => &page.run,
            Self::Claimed(run)
            | Self::Gone { run, .. }
            | Self::Entitlements { run, .. }
            | Self::Ranges(run, _)
            | Self::Checkpoint(run, _)
            | Self::End(run, _) => run,
        }
    }
}

/// How a run of a list ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RunEnd {
    Done,
    /// The account doesn't have such a list, for this reason.
    Skipped(String),
    /// Stripe doesn't give the list, for this reason. The next sync tries it again.
    Refused(String),
    /// The next sync resumes the list.
    Failed(String),
}

/// How a list ends that is refused as a whole.
impl From<Refusal> for RunEnd {
    fn from(refusal: Refusal) -> Self {
        if refusal.is_not_enabled {
            Self::Skipped(refusal.reason)
        } else {
            Self::Refused(refusal.reason)
        }
    }
}

/// A page whose rows are to be written.
pub(super) struct PageRows {
    pub(super) run: Arc<ListRun>,
    pub(super) page: Page,
    /// The range of the page, advanced past it; `None` below a parent.
    pub(super) range: Option<Range>,
    /// Whether it is an empty page that only confirms that nothing new has appeared.
    pub(super) is_check: bool,
    /// Whether it shows that a range is empty.
    pub(super) is_empty_range: bool,
}

/// What the writer has done.
pub(super) enum WriterReport {
    Committed(ListCommit),
    Ended {
        job: usize,
        end: RunEnd,
    },
    /// Another process has taken over this list.
    Lost {
        job: usize,
    },
}

/// What one transaction wrote of one list.
#[derive(Default)]
pub(super) struct ListCommit {
    pub(super) job: usize,
    pub(super) run_id: String,
    pub(super) counts: BTreeMap<&'static str, Counts>,
    pub(super) pages: u64,
    pub(super) checks: u64,
    pub(super) empty_ranges: u64,
    /// Events for receivers.
    pub(super) events: u64,
    pub(super) unstorable: Vec<UnstorableObject>,
}

/// An object that can't be stored.
pub(super) struct UnstorableObject {
    /// Its id; empty if it has none.
    pub(super) id: String,
    pub(super) reason: String,
}
