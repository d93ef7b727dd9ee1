//! Findings and their summary.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::money::Money;
use super::totals::Totals;
use crate::store::Scope;
use crate::webhook::mode_name;

/// An object that differs between the mirror and Stripe.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What is wrong.
    pub kind: FindingKind,
    /// The type of the object.
    pub object: &'static str,
    /// The connected account that it belongs to; empty for the platform's own.
    pub account: String,
    /// Whether it belongs to live mode.
    pub livemode: bool,
    /// Its id.
    pub id: String,
    /// The top-level fields that differ, for [`FindingKind::Differing`]; the paths of the lists, for
    /// [`FindingKind::Incomplete`].
    pub fields: Vec<String>,
    /// The money at risk, if the object has an amount.
    pub money: Option<Money>,
    /// Its address in Stripe's dashboard.
    pub link: String,
    /// Whether the row was repaired.
    pub repaired: bool,
}

/// What is wrong with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FindingKind {
    /// Stripe has it, the mirror doesn't.
    Missing,
    /// Both have it, with different content.
    Differing,
    /// The mirror has it, Stripe doesn't (any more): it was deleted, or it is a child that its
    /// parent's list no longer shows.
    Extra,
    /// The row knows only the first page of a list inside the object.
    Incomplete,
}

impl FindingKind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Differing => "differing",
            Self::Extra => "extra",
            Self::Incomplete => "incomplete",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            object,
            account,
            livemode,
            id,
            fields,
            money,
            link,
            repaired,
        } = self;

        write!(formatter, "{:<9}  {object} {id}", kind.as_str())?;
        if !account.is_empty() {
            write!(formatter, " of {account}")?;
        }
        write!(formatter, " ({})", mode_name(*livemode))?;
        if !fields.is_empty() {
            write!(formatter, ": {}", fields.join(", "))?;
        }
        if let Some(Money { amount, currency }) = money {
            write!(formatter, "  {amount} {currency} at risk")?;
        }
        if *repaired {
            formatter.write_str("  repaired")?;
        }
        write!(formatter, "  {link}")
    }
}

/// The summary of a verification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifySummary {
    /// By type of object.
    pub types: BTreeMap<&'static str, TypeSummary>,
    /// Money at risk in all findings, by type of object and currency.
    pub at_risk: BTreeMap<(&'static str, String), i64>,
    /// Types of object that could not be compared, at least not to the end.
    pub skipped: Vec<Skipped>,
    /// Types whose sample is the start of their list, because Stripe refuses a parameter that would
    /// take it from any time.
    pub widened: BTreeSet<&'static str>,
    /// Requests to Stripe. Retries don't count.
    pub requests: u64,
}

/// The summary of a verification for one type of object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TypeSummary {
    /// Objects that were compared.
    pub compared: u64,
    /// All live rows, if only a sample was compared.
    pub rows: Option<u64>,
    /// Findings of [`FindingKind::Missing`].
    pub missing: u64,
    /// Findings of [`FindingKind::Differing`].
    pub differing: u64,
    /// Findings of [`FindingKind::Extra`].
    pub extra: u64,
    /// Findings of [`FindingKind::Incomplete`].
    pub incomplete: u64,
    /// Findings that were repaired.
    pub repaired: u64,
    /// Objects that could not be decided: they changed meanwhile, or can't be requested.
    pub undecided: u64,
    /// Objects of forgotten customers, whose rows stay as they are.
    pub redacted: u64,
}

/// A type of object that could not be compared, at least not to the end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// The type.
    pub object: &'static str,
    /// The connected account; empty for the platform's own.
    pub account: String,
    /// Whether it was live mode.
    pub livemode: bool,
    /// The reason.
    pub reason: String,
    /// Whether there may be objects that were not compared: the key may not read them, or a request
    /// failed. Not if the account has not enabled the product.
    pub is_omission: bool,
}

impl VerifySummary {
    /// Adds what the verification of another own account found.
    pub(crate) fn merge(&mut self, other: Self) {
        for (object, other) in other.types {
            self.types.entry(object).or_default().merge(other);
        }
        for (of, amount) in other.at_risk {
            let sum = self.at_risk.entry(of).or_default();
            *sum = sum.saturating_add(amount);
        }
        self.skipped.extend(other.skipped);
        self.widened.extend(other.widened);
        self.requests += other.requests;
    }

    /// All findings.
    pub fn found(&self) -> u64 {
        self.types.values().map(TypeSummary::found).sum()
    }

    /// Whether everything that the account has in these lists was compared.
    pub fn is_complete(&self) -> bool {
        self.skipped.iter().all(|skipped| !skipped.is_omission)
    }

    /// Findings that were not repaired.
    pub fn unrepaired(&self) -> u64 {
        self.types.values().map(|of| of.found() - of.repaired).sum()
    }
}

impl TypeSummary {
    fn merge(&mut self, other: Self) {
        self.compared += other.compared;
        self.rows = match (self.rows, other.rows) {
            (None, None) => None,
            (rows, others) => Some(rows.unwrap_or(0) + others.unwrap_or(0)),
        };
        self.missing += other.missing;
        self.differing += other.differing;
        self.extra += other.extra;
        self.incomplete += other.incomplete;
        self.repaired += other.repaired;
        self.undecided += other.undecided;
        self.redacted += other.redacted;
    }

    fn found(&self) -> u64 {
        self.missing + self.differing + self.extra + self.incomplete
    }
}

/// Collects the summary and reports each finding once.
pub(super) struct Report<'f>(Mutex<Inner<'f>>);

struct Inner<'f> {
    summary: VerifySummary,
    totals: Arc<Totals>,
    reported: HashSet<FindingKey>,
    redacted: HashSet<FindingKey>,
    on_finding: &'f mut (dyn FnMut(&Finding) + Send),
    /// Lists that were read.
    lists_read: u64,
}

/// Identifies the object of a finding.
#[derive(PartialEq, Eq, Hash)]
struct FindingKey {
    object: &'static str,
    account: String,
    livemode: bool,
    id: String,
}

impl<'f> Report<'f> {
    pub(super) fn new(
        totals: Arc<Totals>,
        on_finding: &'f mut (dyn FnMut(&Finding) + Send),
    ) -> Self {
        let inner = Inner {
            summary: VerifySummary::default(),
            totals,
            reported: HashSet::new(),
            redacted: HashSet::new(),
            on_finding,
            lists_read: 0,
        };
        Self(Mutex::new(inner))
    }

    fn lock(&self) -> MutexGuard<'_, Inner<'f>> {
        // A panicking callback leaves no count half added.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports a finding, unless it was reported before: an object can stand in two lists.
    pub(super) fn found(&self, finding: &Finding) {
        let mut inner = self.lock();
        let key = FindingKey {
            object: finding.object,
            account: finding.account.clone(),
            livemode: finding.livemode,
            id: finding.id.clone(),
        };
        if !inner.reported.insert(key) {
            return;
        }

        inner.totals.add(|totals| {
            *match finding.kind {
                FindingKind::Missing => &mut totals.missing,
                FindingKind::Differing | FindingKind::Incomplete => &mut totals.differing,
                FindingKind::Extra => &mut totals.extra,
            } += 1;
            totals.repaired += u64::from(finding.repaired);
        });
        let of = inner.summary.types.entry(finding.object).or_default();
        match finding.kind {
            FindingKind::Missing => of.missing += 1,
            FindingKind::Differing => of.differing += 1,
            FindingKind::Extra => of.extra += 1,
            FindingKind::Incomplete => of.incomplete += 1,
        }
        of.repaired += u64::from(finding.repaired);
        if let Some(Money { amount, currency }) = &finding.money {
            let sum = inner
                .summary
                .at_risk
                .entry((finding.object, currency.clone()))
                .or_default();
            *sum = sum.saturating_add(*amount);
        }

        (inner.on_finding)(finding);
    }

    pub(super) fn compared(&self, object: &'static str, count: u64) {
        let mut inner = self.lock();
        inner.totals.add(|totals| totals.compared += count);
        inner.summary.types.entry(object).or_default().compared += count;
    }

    pub(super) fn undecided(&self, object: &'static str, count: u64) {
        self.lock()
            .summary
            .types
            .entry(object)
            .or_default()
            .undecided += count;
    }

    /// Counts an object of a forgotten customer once.
    pub(super) fn redacted(&self, object: &'static str, scope: &Scope, id: &str) {
        let mut inner = self.lock();
        let key = FindingKey {
            object,
            account: scope.account.clone(),
            livemode: scope.livemode,
            id: id.to_owned(),
        };
        if inner.redacted.insert(key) {
            inner.summary.types.entry(object).or_default().redacted += 1;
        }
    }

    pub(super) fn rows(&self, object: &'static str, count: u64) {
        let mut inner = self.lock();
        let rows = &mut inner.summary.types.entry(object).or_default().rows;
        *rows = Some(rows.unwrap_or(0) + count);
    }

    pub(super) fn skipped(&self, skipped: Skipped) {
        let mut inner = self.lock();
        let is_same = |other: &Skipped| {
            (other.object, &other.account, other.livemode)
                == (skipped.object, &skipped.account, skipped.livemode)
        };
        // The lists of several parents can be refused, and a type can have two lists.
        if !inner.summary.skipped.iter().any(is_same) {
            inner.totals.add(|totals| totals.skipped += 1);
            inner.summary.skipped.push(skipped);
        }
    }

    pub(super) fn widened(&self, object: &'static str) {
        self.lock().summary.widened.insert(object);
    }

    pub(super) fn requested(&self) {
        self.lock().summary.requests += 1;
    }

    pub(super) fn list_read(&self) {
        self.lock().lists_read += 1;
    }

    /// The summary, and how many lists were read.
    pub(super) fn finish(self) -> (VerifySummary, u64) {
        let inner = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        (inner.summary, inner.lists_read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(kind: FindingKind, id: &str, repaired: bool) -> Finding {
        Finding {
            kind,
            object: "charge",
            account: "acct_1".to_owned(),
            livemode: false,
            id: id.to_owned(),
            fields: vec!["amount".to_owned(), "status".to_owned()],
            money: Some(Money {
                amount: 7,
                currency: "usd".to_owned(),
            }),
            link: "https://…".to_owned(),
            repaired,
        }
    }

    #[test]
    fn each_finding_counts_once() {
        let mut ids = Vec::new();
        let mut on_finding = |finding: &Finding| ids.push(finding.id.clone());
        let report = Report::new(Arc::default(), &mut on_finding);

        report.found(&finding(FindingKind::Differing, "ch_1", true));
        report.found(&finding(FindingKind::Differing, "ch_1", false));
        report.found(&finding(FindingKind::Missing, "ch_2", false));
        let (summary, _) = report.finish();

        assert_eq!((summary.found(), summary.unrepaired()), (2, 1));
        assert_eq!(
            summary.at_risk,
            BTreeMap::from([(("charge", "usd".to_owned()), 14)])
        );
        assert_eq!(ids, ["ch_1", "ch_2"]);
    }

    #[test]
    fn a_finding_is_one_line() {
        assert_eq!(
            finding(FindingKind::Differing, "ch_1", true).to_string(),
            "differing  charge ch_1 of acct_1 (test): amount, status  7 usd at risk  repaired  https://…"
        );
    }
}
