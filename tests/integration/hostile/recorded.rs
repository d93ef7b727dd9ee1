//! What is recorded of deliveries that strangers send, however many.

use djstripe_core::__internals::{NewDelivery, queue};
use djstripe_core::store::{StoreOptions, Timestamp};
use djstripe_core::{DEFAULT_BODY_LIMIT, Receipt};
use djstripe_tests::delivery::{event_json, signed};
use djstripe_tests::on_both_backends;

use super::{SECRET, STRANGER, STRIPE, builder, delivery, refused, status};

const FORGED: &str = "t=1700000000,v1=00";

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_leaves_few_records_and_those_of_others() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let genuine = [
            ("stripe-signature", FORGED),
            (
                "user-agent",
                "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            ),
        ];
        let forged = [("stripe-signature", FORGED), ("user-agent", "curl/8")];
        let body = "x".repeat(20_000);

        for _ in 0..2 {
            assert_eq!(status(&app, delivery(&genuine, "{}", STRIPE)).await, 400);
        }
        for _ in 0..2_000 {
            let forged = delivery(&forged, body.clone(), STRANGER);
            assert_eq!(status(&app, forged).await, 400);
        }
        let of_strangers = |records: &[djstripe_core::store::DeliveryRecord]| {
            let addresses = records
                .iter()
                .map(|record| record.remote_address.as_deref());
            addresses.filter(|it| *it != Some("3.18.12.63")).count()
        };
        let records = refused(app.store()).await;
        // Twenty, and one more for each minute that this took.
        assert!(
            (20..24).contains(&of_strangers(&records)),
            "{}",
            records.len()
        );
        let bodies = records.iter().filter_map(|record| record.body.as_deref());
        assert!(bodies.map(<[u8]>::len).all(|length| length <= 16 * 1024));

        // Nor do many senders keep what calls itself Stripe from being recorded.
        for number in 0..500 {
            let peer = format!("10.{}.{}.1:1", number / 256, number % 256);
            assert_eq!(status(&app, delivery(&forged, "{}", &peer)).await, 400);
        }
        assert_eq!(status(&app, delivery(&genuine, "{}", STRIPE)).await, 400);
        let records = refused(app.store()).await;
        assert!(
            (100..200).contains(&of_strangers(&records)),
            "{}",
            records.len()
        );
        assert_eq!(records.len() - of_strangers(&records), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_with_the_most_records_loses_its_oldest() {
    on_both_backends(async |database| {
        let mut options = StoreOptions::default();
        options.refused_deliveries = 5;
        let store = database.connect(options).await;
        store.migrate().await.unwrap();
        let mut ids = Vec::new();
        for address in ["1", "1", "2", "2", "2", "2", "2", "3"] {
            let delivery = NewDelivery {
                received_at: Timestamp::from_seconds(1),
                reason: "forged".to_owned(),
                remote_address: Some(address.to_owned()),
                endpoint: None,
                headers: Vec::new(),
                body: Vec::new(),
            };
            ids.push(queue(&store).record_delivery(delivery).await.unwrap());
        }

        let kept = refused(&store).await;
        let kept: Vec<i64> = kept.iter().rev().map(|record| record.id).collect();
        assert_eq!(kept, [ids[0], ids[1], ids[5], ids[6], ids[7]]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_is_not_kept_and_headers_are_cut() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let too_large = || vec![b'x'; DEFAULT_BODY_LIMIT + 1];
        assert_eq!(
            status(&app, delivery(&[], too_large(), STRANGER)).await,
            413
        );
        assert_eq!(status(&app, delivery(&[], "{}", STRANGER)).await, 400);
        assert_eq!(refused(app.store()).await.len(), 0);

        let long = "x".repeat(293_000);
        let headers = [
            ("x-long", &*long),
            ("stripe-signature", FORGED),
            ("authorization", "Bearer secret"),
        ];
        let signed = delivery(&headers, too_large(), STRANGER);
        assert_eq!(status(&app, signed).await, 413);
        let record = refused(app.store()).await.remove(0);
        assert_eq!(record.body.unwrap().len(), 16 * 1024);
        let headers = record.headers.unwrap();
        assert!(headers.len() < 17 * 1024, "{}", headers.len());
        assert!(headers.contains("(cut, 293000 bytes)") && headers.contains(FORGED));
        assert!(!headers.contains("secret"), "{headers}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_deliveries_of_one_event_the_first_and_the_last_are_kept() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let deliver = async || {
            let body = event_json("evt_1", "customer.updated", "cus_1");
            app.receive(signed(body, SECRET)).await.unwrap()
        };
        let ids = async || {
            let records = app.store().deliveries(Some("evt_1"), 1_000).await.unwrap();
            let ids = records.iter().rev().map(|record| record.id);
            ids.collect::<Vec<i64>>()
        };
        assert_eq!(deliver().await, Receipt::Stored);
        for _ in 1..100 {
            assert_eq!(deliver().await, Receipt::Duplicate);
        }
        let before = ids().await;
        assert_eq!(before.len(), 100);

        assert_eq!(app.work_until_idle().await.unwrap(), 1);
        for _ in 0..10 {
            assert_eq!(deliver().await, Receipt::Duplicate);
        }
        let after = ids().await;
        assert_eq!(after.len(), 100);
        assert_eq!(after[..50], before[..50]);
        assert_eq!(after[50..90], before[60..]);
    })
    .await;
}
