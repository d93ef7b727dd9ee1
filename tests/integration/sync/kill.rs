//! A sync process that is killed repeatedly while webhooks race with it.

use djstripe_tests::backfill::{self, Backfill, stripe::Sizes};
use djstripe_tests::on_both_backends;

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_is_killed_again_and_again_misses_nothing() {
    on_both_backends(async |database| {
        let backfill = Backfill {
            seed: 11,
            sizes: Sizes {
                customers: 700,
                products: 1_500,
                subscriptions: 300,
                accounts: 2,
            },
            faults: 0.02,
            kills: 5,
            program: env!("CARGO_BIN_EXE_counter").into(),
            database_url: database.url().to_owned(),
        };

        let report = backfill::run(&backfill).await.unwrap();
        assert!(report.violations.is_empty(), "{report:#?}");
        // The numbers depend on the machine, but on any machine some of the kills hit.
        assert!(
            report.kills >= 3 && report.webhooks > 20 && report.verified > 2_500,
            "{report:?}"
        );
    })
    .await;
}
