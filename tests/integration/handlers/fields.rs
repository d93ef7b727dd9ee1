//! Fields that are asked for, and fields that are left out: by webhook, by `sync` and in `verify`.

use djstripe_core::mirror::{RefetchPolicy, SettingsError};
use djstripe_core::sync::SyncOptions;
use djstripe_core::verify::VerifyOptions;
use djstripe_core::{BuildError, Djstripe};
use serde_json::json;

use super::*;

impl Shop {
    /// The JSON of the one row of this type.
    async fn content(&self, object: &str) -> Value {
        let rows = self.rows(object, false).await;
        assert_eq!(rows.len(), 1, "{object}");
        rows[0]["stripe_data"].clone()
    }

    /// Syncs these types.
    async fn syncs(&self, objects: &[&str]) {
        let mut options = SyncOptions::default();
        options.objects = objects.iter().map(|&object| object.to_owned()).collect();
        let summary = self.app.sync(&options, |_| {}).await.unwrap();
        assert!(summary.total().counts.inserted > 0, "{objects:?}");
    }

    /// How many rows of these types differ from Stripe's objects.
    pub(super) async fn wrong(&self, objects: &[&str]) -> u64 {
        let options = VerifyOptions {
            objects: objects.iter().map(|&object| object.to_owned()).collect(),
            recheck_after: Duration::ZERO,
            ..VerifyOptions::default()
        };
        self.app.verify(&options, |_| {}).await.unwrap().found()
    }

    /// Puts a tiered price, a coupon for one product and a session with an item into Stripe.
    fn fill(&self) {
        for object in [
            json!({ "id": "price_1", "object": "price", "unit_amount": null,
                "tiers": [{ "up_to": 5, "unit_amount": 100 }], "currency_options": { "eur": {} } }),
            json!({ "id": "SPRING", "object": "coupon", "applies_to": { "products": ["prod_1"] } }),
            json!({ "id": "cs_test_1", "object": "checkout.session", "client_secret": "cs_secret",
                "line_items": { "object": "list", "has_more": false,
                    "url": "/v1/checkout/sessions/cs_test_1/line_items",
                    "data": [{ "id": "li_1", "object": "item", "quantity": 2 }] } }),
        ] {
            self.stripe.insert(object);
        }
    }

    /// Tells about the objects of [`fill`](Self::fill) as Stripe's events do: without fields that are
    /// there on request only.
    async fn tells_of_them(&self) {
        for (name, object, id) in [
            ("price.updated", "price", "price_1"),
            ("coupon.updated", "coupon", "SPRING"),
            (
                "checkout.session.completed",
                "checkout.session",
                "cs_test_1",
            ),
        ] {
            let carried = json!({ "id": id, "object": object, "client_secret": "cs_secret" });
            assert_eq!(self.tells(name, &carried).await, PROCESSED, "{name}");
        }
    }
}

const TYPES: [&str; 3] = ["price", "coupon", "checkout.session"];

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_stripe_sends_on_request_are_asked_for() {
    let check = async |shop: &Shop| {
        let price = shop.content("price").await;
        assert_eq!(price["tiers"][0]["unit_amount"], 100);
        assert!(price["currency_options"]["eur"].is_object(), "{price}");
        let coupon = shop.content("coupon").await;
        assert_eq!(coupon["applies_to"]["products"], json!(["prod_1"]));
        assert_eq!(shop.ids("item").await, ["li_1"]);
    };

    on_both_backends(async |database| {
        let by_event = Shop::open(&database).await;
        by_event.fill();
        by_event.tells_of_them().await;
        check(&by_event).await;
        assert_eq!(by_event.wrong(&TYPES).await, 0);
    })
    .await;
    on_both_backends(async |database| {
        let by_sync = Shop::open(&database).await;
        by_sync.fill();
        by_sync.syncs(&TYPES).await;
        check(&by_sync).await;
        assert_eq!(by_sync.wrong(&TYPES).await, 0);

        by_sync.stripe.update(
            "price",
            "price_1",
            json!({ "tiers": [{ "up_to": 5, "unit_amount": 90 }] }),
        );
        assert_eq!(by_sync.wrong(&["price"]).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_is_a_setting() {
    on_both_backends(async |database| {
        let settings = MirrorSettings::default()
            .refetch(RefetchPolicy::WhenAmbiguous)
            .expand("price", ["tiers"])
            .expand("coupon", [""; 0])
            .expand("charge", ["balance_transaction"]);
        let shop = Shop::with(&database, settings).await;
        shop.fill();
        shop.tells_of_them().await;
        let price = shop.content("price").await;
        assert!(
            price["tiers"].is_array() && price["currency_options"].is_null(),
            "{price}"
        );
        assert!(shop.content("coupon").await["applies_to"].is_null());

        let transaction = json!({ "id": "txn_1", "object": "balance_transaction", "net": 7 });
        shop.stripe.insert(transaction);
        let charge = json!({ "id": "ch_1", "object": "charge", "balance_transaction": "txn_1" });
        assert_eq!(shop.happens("charge.updated", charge).await, PROCESSED);
        assert_eq!(
            shop.content("charge").await["balance_transaction"]["net"],
            7
        );
        assert_eq!(shop.ids("balance_transaction").await, ["txn_1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_dropped_is_in_no_row() {
    let intent = || {
        json!({ "id": "pi_1", "object": "payment_intent", "client_secret": "pi_secret",
            "amount": 500, "shipping": { "name": "Ann", "phone": "555" } })
    };
    let invoice = || {
        json!({ "id": "in_1", "object": "invoice", "confirmation_secret": { "client_secret": "in_secret" },
            "payment_intent": intent() })
    };
    let settings = || MirrorSettings::default().drop("payment_intent.shipping.phone");
    let check = async |shop: &Shop| {
        for object in ["payment_intent", "invoice"] {
            let content = shop.content(object).await.to_string();
            assert!(!content.contains("_secret\":\""), "{content}");
            assert!(!content.contains("555"), "{content}");
        }
        assert_eq!(
            shop.content("payment_intent").await["shipping"]["name"],
            "Ann"
        );
    };

    on_both_backends(async |database| {
        let keyless = Shop::without_a_key(&database, settings()).await;
        assert_eq!(
            keyless.tells("payment_intent.created", &intent()).await,
            PROCESSED
        );
        assert_eq!(
            keyless.tells("invoice.created", &invoice()).await,
            PROCESSED
        );
        check(&keyless).await;
    })
    .await;
    on_both_backends(async |database| {
        let keyed = Shop::with(&database, settings()).await;
        assert_eq!(keyed.happens("invoice.created", invoice()).await, PROCESSED);
        assert_eq!(
            keyed.happens("payment_intent.created", intent()).await,
            PROCESSED
        );
        check(&keyed).await;
        assert_eq!(keyed.wrong(&["payment_intent", "invoice"]).await, 0);
    })
    .await;
    on_both_backends(async |database| {
        let synced = Shop::with(&database, settings()).await;
        synced.stripe.insert(intent());
        synced.stripe.insert(invoice());
        synced.syncs(&["payment_intent", "invoice"]).await;
        check(&synced).await;
        assert_eq!(synced.wrong(&["payment_intent", "invoice"]).await, 0);

        // Without the setting, the fields differ.
        let all = Shop::builder(&synced.stripe, &database)
            .secret_key(synced.stripe.api_key())
            .mirror(MirrorSettings::default().keep_all_fields());
        let app = all.build().await.unwrap();
        let shop = Shop {
            stripe: synced.stripe.clone(),
            app,
        };
        assert_eq!(shop.wrong(&["payment_intent", "invoice"]).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_mistake_in_the_settings_is_told_at_start() {
    let check = async |settings: MirrorSettings, expected: SettingsError| {
        let builder = Djstripe::builder()
            .webhook_secret("whsec_1")
            .mirror(settings);
        match builder.build().await {
            Err(BuildError::Mirror(error)) => assert_eq!(error, expected),
            other => panic!("{other:?}"),
        }
    };
    let settings = MirrorSettings::default;
    let unknown = |object: &str, nearest| SettingsError::UnknownObject {
        object: object.to_owned(),
        nearest,
    };

    let price = unknown("prices", Some("price"));
    check(settings().expand("prices", ["tiers"]), price).await;
    check(
        settings().drop("basketball.total"),
        unknown("basketball", None),
    )
    .await;
    let subscription = unknown("subscripton", Some("subscription"));
    check(settings().without("subscripton"), subscription).await;
    let charge = unknown("chrage", Some("charge"));
    check(
        settings().refetch_of("chrage", RefetchPolicy::Never),
        charge,
    )
    .await;
    let first = settings().drop("cart.total").drop("client_secret");
    check(first, unknown("cart", Some("card"))).await;
}
