//! The progress that a sync reports while it runs, and its summary at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use super::narrowing::Narrowing;
use crate::client::RequestCounts;
use crate::maintenance::list_part::ListPart;
use crate::store::{RunTotals, Upserted};

/// One list: objects of one type, of one account in one mode.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListName {
    /// The type of its objects.
    pub object: &'static str,
    /// The connected account; empty for the platform.
    pub account: String,
    /// Whether it is a list of live mode.
    pub livemode: bool,
    /// Which objects of the type it holds.
    pub part: ListPart,
}

/// `customer`, `customer of acct_1` or `price, archived`.
impl fmt::Display for ListName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.object)?;
        if self.part != ListPart::Default {
            write!(formatter, ", {}", self.part.as_str())?;
        }
        if self.account.is_empty() {
            Ok(())
        } else {
            write!(formatter, " of {}", self.account)
        }
    }
}

/// How many objects a sync has stored, by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// New objects.
    pub inserted: u64,
    /// Objects whose content was replaced.
    pub updated: u64,
    /// Objects that were stored already with the same content.
    pub unchanged: u64,
    /// Objects of which the mirror had a newer state.
    pub stale: u64,
    /// Objects that the database can't hold.
    pub unstorable: u64,
}

impl Counts {
    /// All of them together.
    pub fn all(&self) -> u64 {
        self.inserted + self.updated + self.unchanged + self.stale + self.unstorable
    }

    pub(super) fn note(&mut self, upserted: Upserted) {
        let count = match upserted {
            Upserted::Inserted => &mut self.inserted,
            Upserted::Updated => &mut self.updated,
            Upserted::Unchanged => &mut self.unchanged,
            Upserted::Stale => &mut self.stale,
        };
        *count += 1;
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
    /// A list is started, or resumed after an interrupted run.
    Started {
        /// The list.
        list: ListName,
        /// Whether an interrupted run is resumed.
        resumed: bool,
    },
    /// Pages of a list are stored.
    Stored {
        /// The list.
        list: ListName,
        /// Objects of the list so far, in this run.
        objects: u64,
        /// The fraction of the list that is done, from 0 to 1, if it can be estimated.
        fraction: Option<f64>,
    },
    /// A list is done.
    Done {
        /// The list.
        list: ListName,
        /// Objects of the list that this run has stored.
        objects: u64,
        /// Whether another run has done it: one at the same time, or the interrupted one that this
        /// run resumes.
        by_another: bool,
    },
    /// A list is left out: the account has not enabled the product, or the mirror's settings
    /// exclude such objects.
    Skipped {
        /// The list.
        list: ListName,
        /// Stripe's message, or which setting it is.
        reason: String,
    },
    /// Stripe refuses a parameter that narrows the list, which is read page by page without it.
    Widened {
        /// The list.
        list: ListName,
        /// The parameter.
        narrowing: Narrowing,
    },
    /// Stripe doesn't give a part of a list: the list of one parent, or one inside an object.
    Refused {
        /// The list.
        list: ListName,
        /// The id of the parent, or the address of the list.
        part: String,
        /// Stripe's message.
        reason: String,
    },
    /// A list failed, or the key may not read it. The next sync resumes it.
    Failed {
        /// The list.
        list: ListName,
        /// The error and its causes.
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
    /// Another run has claimed a list. This run waits for it.
    Waiting {
        /// The list.
        list: ListName,
    },
}

/// The summary of a sync for one type of object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectSummary {
    /// Objects by outcome.
    pub counts: Counts,
    /// Pages that were stored, including the pages of empty lists.
    pub pages: u64,
    /// Requests that confirmed that no new objects had appeared meanwhile.
    pub checks: u64,
    /// Pages of ranges that turned out to be empty: a list was split where it has no objects.
    pub empty_ranges: u64,
    /// All requests, including retries.
    pub requests: u64,
    /// Responses with status 429.
    pub rate_limited: u64,
    /// How often a request waited for the rate budget.
    pub waits: u64,
    /// How long requests have waited, added up. They wait concurrently.
    pub waited: Duration,
    /// Lists that were left out, with the reason: the account has not enabled the product, or the
    /// mirror's settings exclude such objects.
    pub skipped: Vec<(ListName, String)>,
    /// Lists that failed or that the key may not read, with the error.
    pub failed: Vec<(ListName, String)>,
    /// Parts of lists that Stripe doesn't give, though the account may have objects there.
    pub refused: u64,
    /// Objects that others name, that have no row, and that can be fetched by their ids: those that
    /// no list shows, such as the payment methods of guests.
    /// [`SyncOptions::follow`](super::SyncOptions::follow) fetches them; those that are left then
    /// are gone at Stripe.
    pub named: u64,
    /// Lists that were read page by page, because Stripe refuses a parameter that narrows them.
    pub widened: Vec<(ListName, Narrowing)>,
    /// Lists that another run has done: one at the same time, or the interrupted one that this run
    /// resumes.
    pub by_another: u64,
}

/// The summary of a sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// By type of object.
    pub objects: BTreeMap<&'static str, ObjectSummary>,
    /// Events that were stored for receivers: one for each object that a receiver takes.
    pub events: u64,
    /// How long it took.
    pub took: Duration,
    /// The runs of lists that stored the events.
    pub(crate) runs: BTreeSet<String>,
}

/// The receivers' runs for the events of a sync, by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackfillRuns {
    /// Runs that succeeded.
    pub succeeded: u64,
    /// Runs that have failed so far. Workers retry them.
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

    /// The sums over all types of object.
    pub fn total(&self) -> ObjectSummary {
        let mut total = ObjectSummary::default();
        for object in self.objects.values() {
            total.merge(object.clone());
        }
        total
    }

    /// Adds what another own account's sync did.
    pub(crate) fn merge(&mut self, other: Self) {
        for (object, other) in other.objects {
            self.of(object).merge(other);
        }
        self.events += other.events;
        self.took += other.took;
        self.runs.extend(other.runs);
    }

    /// Whether everything that the account has in these lists was stored. A list of a product that
    /// the account has not enabled holds nothing.
    pub fn is_complete(&self) -> bool {
        self.objects.values().all(|object| {
            object.failed.is_empty() && object.refused == 0 && object.counts.unstorable == 0
        })
    }
}

impl ObjectSummary {
    fn merge(&mut self, other: Self) {
        self.counts.add(&other.counts);
        self.pages += other.pages;
        self.checks += other.checks;
        self.empty_ranges += other.empty_ranges;
        self.requests += other.requests;
        self.rate_limited += other.rate_limited;
        self.waits += other.waits;
        self.waited += other.waited;
        self.skipped.extend(other.skipped);
        self.failed.extend(other.failed);
        self.widened.extend(other.widened);
        self.refused += other.refused;
        self.named += other.named;
        self.by_another += other.by_another;
    }

    pub(super) fn add(&mut self, metered: RequestCounts) {
        self.requests += metered.requests;
        self.rate_limited += metered.refused;
        self.waits += metered.waits;
        self.waited += metered.waited;
    }
}
