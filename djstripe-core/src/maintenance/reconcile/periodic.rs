//! Periodic comparisons. Of all processes that run them on one database, one compares at a time.

use std::time::Duration;

use tokio::sync::watch;

use super::options::ReconcileOptions;
use super::reconciler::Reconciler;
use super::report::ReconcileReport;
use crate::error::describe;
use crate::telemetry::repeats::Repeats;
use crate::webhook::mode_name;

/// Longest wait before the next comparison while comparisons fail, unless the interval is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

impl Reconciler {
    /// Compares now and after each interval, until `shutdown` turns true.
    pub(crate) async fn reconcile_every(
        &self,
        interval: Duration,
        options: &ReconcileOptions,
        mut shutdown: watch::Receiver<bool>,
    ) {
        let compare = async {
            let mut repeats = Repeats::new("reconciling events", interval, LONGEST_WAIT);
            loop {
                let failure = match self.reconcile_if_due(options, Some(interval)).await {
                    Ok(report) => failure_of(report),
                    Err(error) => Some(describe(&error)),
                };
                let wait = match failure {
                    Some(error) => repeats.failed(&error),
                    None => {
                        repeats.succeeded();
                        interval
                    }
                };
                tokio::time::sleep(wait).await;
            }
        };
        // An interrupted comparison is resumed the next time. An error means that nobody can ask
        // for the shutdown any more.
        tokio::select! {
            biased;
            _ = shutdown.wait_for(|shutdown| *shutdown) => {}
            () = compare => {}
        }
    }
}

/// Why scopes were not reconciled, as the first of them says; `None` if all were.
fn failure_of(report: ReconcileReport) -> Option<String> {
    let mut failed = report.scopes.into_iter().filter_map(|scope| {
        let mode = mode_name(scope.livemode);
        let account = scope
            .account
            .map_or_else(String::new, |id| format!("{id}, "));
        let error = describe(&scope.error?);
        Some(format!("{account}{mode} mode: {error}"))
    });
    let first = failed.next()?;
    Some(match failed.count() {
        0 => first,
        more => format!("{first}; and {more} more accounts or modes"),
    })
}
