//! Events of connected accounts: they keep their account, and are due at the same time as those of
//! the platform.

use std::time::Duration;

use djstripe_core::AccountScope;
use djstripe_core::reconcile::{ReconcileError, ReconcileOptions};
use djstripe_core::store::{Prune, Timestamp};
use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::{HOUR, MINUTE, Shop, happened};

#[tokio::test(flavor = "multi_thread")]
async fn events_of_connected_accounts_stay_theirs() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        for account in ["acct_1", "acct_2"] {
            shop.stripe
                .insert(json!({ "object": "account", "id": account }));
            // The account's own list has its events without the field `account`.
            happened(&shop.stripe.on(account), &format!("evt_{account}"), HOUR);
        }

        happened(&shop.stripe, "evt_own", HOUR);

        let one = ReconcileOptions {
            accounts: AccountScope::Named(vec!["acct_1".into()]),
            ..ReconcileOptions::default()
        };
        assert_eq!(shop.reconcile_with(&one).await.missing(), 1);

        let (stored, payload) = shop.app.store().event("evt_acct_1").await.unwrap().unwrap();
        assert_eq!(stored.account.as_deref(), Some("acct_1"));
        assert_eq!(
            serde_json::from_str::<Value>(&payload).unwrap()["account"],
            "acct_1"
        );

        let all = ReconcileOptions {
            accounts: AccountScope::All,
            ..ReconcileOptions::default()
        };
        shop.stripe.disconnect("acct_1");

        let reconciled = shop.reconcile_with(&all).await;
        assert_eq!(reconciled.missing(), 2);

        let failed: Vec<_> = reconciled
            .scopes
            .iter()
            .filter(|scope| scope.error.is_some())
            .collect();

        assert_eq!(
            failed.len(),
            1,
            "an inaccessible account does not stop the others"
        );
        assert_eq!(failed[0].account.as_deref(), Some("acct_1"));
        assert!(matches!(failed[0].error, Some(ReconcileError::Client(_))));
        assert_eq!(
            shop.processed().await,
            ["evt_acct_1", "evt_acct_2", "evt_own"]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connected_accounts_are_due_when_the_platform_is() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let accounts = ["acct_1", "acct_2", "acct_3"];
        for account in accounts {
            shop.stripe
                .insert(json!({ "object": "account", "id": account }));
        }

        let (stop, stopped) = tokio::sync::watch::channel(false);
        let app = shop.app.clone();
        let all = ReconcileOptions {
            accounts: AccountScope::All,
            ..ReconcileOptions::default()
        };
        let interval = Duration::from_millis(400);
        let running =
            tokio::spawn(async move { app.reconcile_every(interval, &all, stopped).await });

        for round in 0..4 {
            for account in accounts {
                happened(
                    &shop.stripe.on(account),
                    &format!("evt_{account}_{round}"),
                    10 * MINUTE,
                );
            }
            let expected = 3 * (round + 1);
            let begun = std::time::Instant::now();
            while shop.app.store().gaps(None, 100).await.unwrap().len() < expected {
                assert!(begun.elapsed() < Duration::from_secs(10), "round {round}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }

        stop.send_replace(true);
        running.await.unwrap();
        shop.app.work_until_idle().await.unwrap();
        assert_eq!(shop.processed().await.len(), 12);

        let prune = Prune {
            before: Timestamp::now(),
            dead: false,
            batch: 5,
        };

        assert_eq!(shop.app.store().prune(&prune).await.unwrap().events, 12);
        assert_eq!(shop.gaps().await, [], "gaps are pruned with their events");
    })
    .await;
}
