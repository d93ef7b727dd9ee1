//! Compares the mirror with Stripe: missing objects, differing objects, and rows that Stripe
//! doesn't have.
//!
//! In: Stripe's lists, page by page, and the rows with the same ids. Out: findings, each confirmed
//! by a second look, and a summary; with `repair` also rows as Stripe has them. A row that was
//! observed after the request was started counts as right, so live webhooks cause no findings.
//! Memory holds a few pages, and up to 16 bytes for each object that Stripe lists, to know which
//! rows are unlisted.
//!
//! Objects without a list (`discount`, `balance`) are not compared. Rows from events of another API
//! version differ from Stripe's lists, which are of this version.

mod options;
mod error;
mod totals;
mod report;
mod run_record;
mod money;
pub(crate) mod dashboard_url;
mod wanted;
mod verifier;
mod accounts;
mod listed;
mod listed_object;
mod page_objects;
mod seen_ids;
mod unlisted;
mod fetch_one;
mod children;
mod sample;
mod compare;
mod candidate;
mod confirm;
mod redacted;

pub use error::VerifyError;
pub use money::Money;
pub use options::VerifyOptions;
pub use report::{Finding, FindingKind, Skipped, TypeSummary, VerifySummary};

use std::sync::Arc;

use crate::client::Client;
use crate::mirror::MirrorSettings;
use crate::store::Store;
use report::Report;
pub(crate) use run_record::RunRecord;
use totals::Totals;
use verifier::Verifier;
use wanted::Wanted;

/// Compares the mirror with Stripe, and calls `on_finding` with each finding. Counts in `totals` too.
pub(crate) async fn verify(
    store: &Store,
    client: &Client,
    settings: &MirrorSettings,
    options: &VerifyOptions,
    totals: Arc<Totals>,
    on_finding: &mut (dyn FnMut(&Finding) + Send),
) -> Result<VerifySummary, VerifyError> {
    let wanted = Wanted::new(&options.objects, |object| settings.is_off(object))?;
    let verifier = Verifier {
        store,
        client,
        settings,
        options,
        wanted,
        report: Report::new(totals, on_finding),
    };
    verifier.run().await
}
