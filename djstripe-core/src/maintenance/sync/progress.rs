//! What a sync tells while it runs, and at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use crate::client::RequestCounts;
use crate::store::{RunTotals, Upserted};

/// One list: the objects of a type of one account in one mode.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListName {
    /// The type of its objects.
    pub object: &'static str,
    /// The connected account; empty for the platform.
    pub account: String,
    /// Whether it is of live mode.
    pub livemode: bool,
}

/// `customer`, or `customer of acct_1`.
impl fmt::Display for ListName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.object)?;
        if self.account.is_empty() {
            Ok(())
        } else {
            write!(formatter, " of {}", self.account)
        }
    }
}

/// What became of objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// They are new here.
    pub inserted: u64,
    /// Their content was replaced.
    pub updated: u64,
    /// They were here already as they are.
    pub unchanged: u64,
    /// Something newer was here.
    pub stale: u64,
    /// The database can't hold them.
    pub unstorable: u64,
}

impl Counts {
    /// How many in all.
    pub fn all(&self) -> u64 {
        self.inserted + self.updated + self.unchanged + self.stale + self.unstorable
    }

    pub(super) fn note(&mut self, upserted: Upserted) {
        *match upserted {
            Upserted::Inserted => &mut self.inserted,
            Upserted::Updated => &mut self.updated,
            Upserted::Unchanged => &mut self.unchanged,
            Upserted::Stale => &mut self.stale,
        } += 1;
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.stale += other.stale;
        self.unstorable += other.unstorable;
    }
}

/// Something that happened in a sync.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Progress {
    /// A list is begun, or gone on with where a former run stopped.
    Begun {
        /// The list.
        list: ListName,
        /// Whether a former run had begun it.
        resumed: bool,
    },
    /// Pages of a list are stored.
    Stored {
        /// The list.
        list: ListName,
        /// Its objects so far, in this run.
        objects: u64,
        /// Which part of the list that is, from 0 to 1, where it can be told.
        part: Option<f64>,
    },
    /// A list is through.
    Done {
        /// The list.
        list: ListName,
        /// Its objects, as far as this run has stored them.
        objects: u64,
        /// Whether another run has done it, or a former one that this one goes on with.
        by_another: bool,
    },
    /// Stripe doesn't give a list.
    Skipped {
        /// The list.
        list: ListName,
        /// What Stripe says.
        reason: String,
    },
    /// Stripe doesn't give a part of a list: that of one parent, or one within an object.
    Refused {
        /// The list.
        list: ListName,
        /// The parent, or the address.
        what: String,
        /// What Stripe says.
        reason: String,
    },
    /// A list could not be gone through; the next sync goes on with it.
    Failed {
        /// The list.
        list: ListName,
        /// What went wrong.
        error: String,
    },
    /// An object can't be stored.
    Unstorable {
        /// The list.
        list: ListName,
        /// The object; empty if it has no id.
        id: String,
        /// Why not.
        reason: String,
    },
    /// Another run is at work on a list; this one waits for it.
    Waiting {
        /// The list.
        list: ListName,
    },
}

/// What a sync has done with the objects of one type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectSummary {
    /// What became of them.
    pub counts: Counts,
    /// Pages that were stored, empty lists included.
    pub pages: u64,
    /// Requests that asked whether something had appeared meanwhile, and were answered with no.
    pub checks: u64,
    /// Pages of parts that turned out empty: a list was cut where there was nothing.
    pub wasted: u64,
    /// Requests in all, further tries included.
    pub requests: u64,
    /// Answers 429.
    pub rate_limited: u64,
    /// Times that a request waited for its turn.
    pub waits: u64,
    /// How long in all; requests wait side by side.
    pub waited: Duration,
    /// Lists that Stripe doesn't give, and what it says.
    pub skipped: Vec<(ListName, String)>,
    /// Lists that could not be gone through, and why.
    pub failed: Vec<(ListName, String)>,
    /// Parts of lists that Stripe doesn't give.
    pub refused: u64,
    /// Lists that another run has done, or a former one that this one goes on with.
    pub by_another: u64,
}

/// What a sync has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// By type of object.
    pub objects: BTreeMap<&'static str, ObjectSummary>,
    /// Events that were stored for receivers, one for each object that any takes.
    pub events: u64,
    /// How long it took.
    pub took: Duration,
    /// The runs of lists that have stored events.
    pub(crate) runs: BTreeSet<String>,
}

/// What became of the runs of receivers that a sync has called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackfillRuns {
    /// Runs that succeeded.
    pub succeeded: u64,
    /// Runs that failed so far; workers try them again.
    pub failed: u64,
}

impl From<RunTotals> for BackfillRuns {
    fn from(totals: RunTotals) -> Self {
        let RunTotals { succeeded, failed } = totals;
        Self { succeeded, failed }
    }
}

impl Summary {
    pub(super) fn of(&mut self, object: &'static str) -> &mut ObjectSummary {
        self.objects.entry(object).or_default()
    }

    /// Everything added up.
    pub fn total(&self) -> ObjectSummary {
        let mut total = ObjectSummary::default();
        for object in self.objects.values() {
            total.counts.add(&object.counts);
            total.pages += object.pages;
            total.checks += object.checks;
            total.wasted += object.wasted;
            total.requests += object.requests;
            total.rate_limited += object.rate_limited;
            total.waits += object.waits;
            total.waited += object.waited;
            total.skipped.extend(object.skipped.iter().cloned());
            total.failed.extend(object.failed.iter().cloned());
            total.refused += object.refused;
            total.by_another += object.by_another;
        }
        total
    }

    /// Whether everything that Stripe gives is stored.
    pub fn is_complete(&self) -> bool {
        self.objects
            .values()
            .all(|object| object.failed.is_empty() && object.counts.unstorable == 0)
    }
}

impl ObjectSummary {
    pub(super) fn add(&mut self, metered: RequestCounts) {
        self.requests += metered.requests;
        self.rate_limited += metered.refused;
        self.waits += metered.waits;
        self.waited += metered.waited;
    }
}
