//! Which pages of Stripe's events are requested, and from which cursor.

use djstripe_core::reconcile::ReconcileOptions;
use djstripe_tests::on_both_backends;

use super::{HOUR, MINUTE, Shop, event, happened, since};

#[tokio::test(flavor = "multi_thread")]
async fn no_more_is_asked_for_than_there_are_pages() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let at = |number: i64| format!("evt_{number:04}");
        for number in 0..250 {
            happened(&shop.stripe, &at(number), 10 * HOUR - number);
        }

        // No older event is known: the first page shows that there are more, and a search for the
        // oldest one follows.
        let options = ReconcileOptions {
            since: since(&shop.stripe, 20 * HOUR),
            ..ReconcileOptions::default()
        };

        assert_eq!(shop.reconcile_with(&options).await.missing(), 250);

        let (queries, failed) = shop.queries();
        assert!(queries.len() <= 2 + 16 + 3, "{queries:#?}");
        assert_eq!(
            failed.len(),
            0,
            "there was no earlier time to search failed deliveries from"
        );

        // The second time, one page shows that there is nothing new.
        assert_eq!(shop.reconcile().await, 0);
        assert_eq!(shop.queries().0.len(), 1);

        for number in 250..600 {
            happened(&shop.stripe, &at(number), 9 * HOUR - number);
        }
        assert_eq!(shop.reconcile().await, 350);

        let (queries, _) = shop.queries();
        assert_eq!(queries.len(), 4, "{queries:#?}");
        assert!(
            queries[0].contains("ending_before=evt_0249")
                && queries[3].contains("ending_before=evt_0549"),
            "{queries:#?}"
        );

        // If an older event is known, finding the start takes one request.
        let options = ReconcileOptions {
            since: since(&shop.stripe, 9 * HOUR),
            ..ReconcileOptions::default()
        };

        assert_eq!(shop.reconcile_with(&options).await.missing(), 0);

        let (queries, _) = shop.queries();
        assert_eq!(queries.len(), 2 + 4, "{queries:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_may_have_more_events_than_a_page() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let created = shop.stripe.now() - 5 * HOUR;
        for number in 0..330 {
            shop.stripe.insert(event(
                &format!("evt_{number:03}"),
                "coupon.updated",
                created,
            ));
        }

        for number in 330..450 {
            shop.stripe.insert(event(
                &format!("evt_{number:03}"),
                "coupon.updated",
                created + number,
            ));
        }

        assert_eq!(shop.reconcile().await, 450);
        assert_eq!(shop.processed().await.len(), 450);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_last_one_came_to_may_be_gone_at_stripe() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        shop.deliver(&happened(&shop.stripe, "evt_1", 4 * HOUR))
            .await;
        happened(&shop.stripe, "evt_2", 3 * HOUR);
        assert_eq!(shop.reconcile().await, 1);

        let scope = &shop.app.store().reconciliations().await.unwrap()[0];
        assert_eq!(scope.after.as_deref(), Some("evt_2"));

        shop.stripe.purge("event", "evt_2");
        happened(&shop.stripe, "evt_3", 10 * MINUTE);
        assert_eq!(shop.reconcile().await, 1);
    })
    .await;
}
