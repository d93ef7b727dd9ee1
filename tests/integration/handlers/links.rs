//! `update_customer_helper`: customers belong to the application's users.

use djstripe_core::BoxError;
use djstripe_core::Db;
use djstripe_core::mirror::{MirrorSettings, SubscriberLookup};
use djstripe_tests::users::Users;
use serde_json::json;

use super::*;

/// A shop with the users 1 and 2.
async fn shop(database: &TestDatabase, key: Option<&str>) -> Shop {
    let stripe = FakeStripe::start().await.unwrap();
    let settings = MirrorSettings::default().subscribers(Users);
    let settings = match key {
        Some(key) => settings.subscriber_key(key),
        None => settings,
    };
    let builder = Shop::builder(&stripe, database)
        .secret_key(stripe.api_key())
        .migrations(Users::migrations(2))
        .mirror(settings);
    Shop {
        app: builder.build().await.unwrap(),
        stripe,
    }
}

/// A lookup that panics.
struct Mistaken;

impl SubscriberLookup for Mistaken {
    async fn find(&self, _key: &str, _db: &mut Db<'_>) -> Result<Option<String>, BoxError> {
        panic!("no such column");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_that_panics_fails_its_event_alone() {
    on_both_backends(async |database| {
        let settings = MirrorSettings::default().subscriber_key("user_id").subscribers(Mistaken);
        let shop = Shop::with(&database, settings).await;
        let customer = |id: &str, metadata: Value| {
            json!({ "id": id, "object": "customer", "metadata": metadata })
        };

        // More events than there are tasks that write.
        for id in ["cus_1", "cus_2", "cus_3"] {
            let named = customer(id, json!({ "user_id": "1" }));
            let (state, error) = shop.happens("customer.updated", named).await;
            assert_ne!(state, EventState::Processed);
            assert!(error.is_some_and(|error| error.contains("no such column")), "{id}");
        }

        assert_eq!(shop.happens("customer.updated", customer("cus_4", json!({}))).await, PROCESSED);
    })
    .await;
}

async fn subscriber(shop: &Shop) -> Value {
    shop.rows("customer", true).await[0]["subscriber"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn update_customer_helper_links_the_customer_that_the_metadata_names() {
    on_both_backends(async |database| {
        let shop = shop(&database, Some("user_id")).await;
        let check = async |metadata: Value, expected: Value| {
            let customer = json!({ "id": "cus_1", "object": "customer", "metadata": metadata });
            assert_eq!(shop.happens("customer.updated", customer).await, PROCESSED);
            assert_eq!(subscriber(&shop).await, expected, "{metadata}");
        };

        check(json!({}), json!(null)).await;
        check(json!({ "user_id": "" }), json!(null)).await;
        check(json!({ "user_id": "ann" }), json!(null)).await;
        check(json!({ "user_id": "99" }), json!(null)).await;
        check(json!({ "user_id": "1" }), json!("1")).await;
        check(json!({ "user_id": "99" }), json!("1")).await;
        check(json!({ "user_id": "2", "other": "x" }), json!("2")).await;

        let customer = json!({ "id": "cus_1", "object": "customer" });
        shop.stripe.remove("customer", "cus_1");
        assert_eq!(shop.tells("customer.deleted", &customer).await, PROCESSED);
        assert_eq!(
            subscriber(&shop).await,
            json!(null),
            "a purged customer is nobody's"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn update_customer_helper_does_nothing_without_a_key() {
    on_both_backends(async |database| {
        let shop = shop(&database, None).await;
        let customer =
            json!({ "id": "cus_1", "object": "customer", "metadata": { "user_id": "1" } });
        assert_eq!(shop.happens("customer.created", customer).await, PROCESSED);
        assert_eq!(subscriber(&shop).await, json!(null));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_session_links_its_customer_and_copies_the_pair_alone() {
    on_both_backends(async |database| {
        let shop = shop(&database, Some("user_id")).await;
        let customer = json!({ "id": "cus_1", "object": "customer", "metadata": { "a": "b" } });
        shop.happens("customer.created", customer).await;

        let session = json!({
            "id": "cs_1",
            "object": "checkout.session",
            "customer": "cus_1",
            "metadata": { "user_id": "2", "cart": "7" },
        });
        assert_eq!(
            shop.happens("checkout.session.completed", session).await,
            PROCESSED
        );
        let row = &shop.rows("customer", false).await[0];
        assert_eq!(row["subscriber"], "2");
        assert_eq!(
            row["stripe_data"]["metadata"],
            json!({ "a": "b", "user_id": "2" })
        );
        assert_eq!(shop.ids("checkout.session").await, ["cs_1"]);

        let without = json!({
            "id": "cs_2",
            "object": "checkout.session",
            "customer": null,
            "metadata": { "user_id": "1" },
        });
        assert_eq!(
            shop.happens("checkout.session.completed", without).await,
            PROCESSED
        );
        assert_eq!(subscriber(&shop).await, "2");
    })
    .await;
}
