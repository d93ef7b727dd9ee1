//! What a user has paid for, by the mirror.

use djstripe_core::models::{stripe_on, stripe_table};
use djstripe_core::store::diesel::prelude::*;
use djstripe_core::store::diesel_async::RunQueryDsl as AsyncRunQueryDsl;
use djstripe_core::users::UserError;
use djstripe_core::with_db;
use djstripe_tests::{on_both_backends, on_both_empty};
use serde_json::json;

use super::*;

impl Shop {
    /// Delivers an event about an object that is then at Stripe.
    async fn happens(&self, stripe: &FakeStripe, name: &str, object: Value) {
        let object = stripe.insert(object);
        let event = stripe.emit(name, &object);
        self.stripe.deliver_to(&self.app, &[event]).await.unwrap();
    }

    /// The user 1 has a customer and a subscription with this status.
    async fn subscribes(&self, stripe: &FakeStripe, status: &str) {
        let customer = json!({
            "object": "customer", "id": "cus_1", "metadata": { "user_id": "1" },
        });
        self.happens(stripe, "customer.updated", customer).await;
        let item = json!({
            "object": "subscription_item", "id": "si_1", "subscription": "sub_1", "quantity": 1,
            "price": { "object": "price", "id": "price_pro", "product": "prod_pro" },
        });
        let subscription = json!({
            "object": "subscription", "id": "sub_1", "customer": "cus_1", "status": status,
            "items": { "object": "list", "has_more": false, "data": [item] },
        });
        self.happens(stripe, "customer.subscription.updated", subscription)
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_on_a_price_while_the_subscription_is_active_or_trialing() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await.with_prices();
        for (status, expected) in [
            ("incomplete", false),
            ("trialing", true),
            ("active", true),
            ("past_due", false),
            ("paused", false),
            ("unpaid", false),
            ("canceled", false),
        ] {
            shop.subscribes(&shop.stripe, status).await;
            for price in ["price_pro", "prod_pro"] {
                let is_on = shop.app.is_on("1", price).await.unwrap();
                assert_eq!(is_on, expected, "{status}, {price}");
            }
            assert!(!shop.app.is_on("2", "price_pro").await.unwrap());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_counts_in_its_own_mode_and_account_only() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let builder = Shop::builder(&stripe, &database)
            .secret_key(stripe.api_key())
            .secret_key(stripe.live().api_key())
            .mirror(Users::settings());
        let app = builder.build().await.unwrap();
        let shop = Shop { app, stripe };
        let connected = shop.stripe.on("acct_1");
        shop.subscribes(&shop.stripe, "active").await;

        let error = shop.app.is_on("1", "price_pro").await.unwrap_err();
        assert!(matches!(error, UserError::WhichMode), "{error}");
        let users = shop.app.users();
        let test = users.clone().livemode(false);
        assert!(test.is_on("1", "price_pro").await.unwrap());
        assert!(
            !users
                .clone()
                .livemode(true)
                .is_on("1", "price_pro")
                .await
                .unwrap()
        );
        let of_connected = test.account("acct_1");
        assert!(!of_connected.is_on("1", "price_pro").await.unwrap());
        shop.subscribes(&connected, "active").await;
        assert!(of_connected.is_on("1", "price_pro").await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entitlements_are_those_of_the_users_customers() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let customer = json!({
            "object": "customer", "id": "cus_1", "metadata": { "user_id": "1" },
        });
        shop.happens(&shop.stripe, "customer.created", customer)
            .await;
        assert!(shop.app.entitlements("1").await.unwrap().is_empty());

        let entitled = async |keys: &[&str]| {
            let entitlements: Vec<Value> = keys
                .iter()
                .map(|key| {
                    json!({
                        "object": "entitlements.active_entitlement", "id": format!("ent_{key}"),
                        "feature": format!("feat_{key}"), "lookup_key": key, "livemode": false,
                    })
                })
                .collect();
            for entitlement in &entitlements {
                let mut at_stripe = entitlement.clone();
                at_stripe["customer"] = "cus_1".into();
                shop.stripe.insert(at_stripe);
            }
            let summary = json!({
                "object": "entitlements.active_entitlement_summary", "customer": "cus_1",
                "entitlements": { "object": "list", "has_more": false, "data": entitlements },
            });
            let name = "entitlements.active_entitlement_summary.updated";
            let event = shop.stripe.emit(name, &summary);
            shop.stripe.deliver_to(&shop.app, &[event]).await.unwrap();
        };
        entitled(&["api", "export"]).await;
        let entitlements = shop.app.entitlements("1").await.unwrap();
        assert_eq!(entitlements.iter().collect::<Vec<_>>(), ["api", "export"]);
        assert!(entitlements.has("api") && !entitlements.has("seats"));
        assert_eq!(entitlements.len(), 2);
        assert!(shop.app.entitlements("2").await.unwrap().is_empty());

        shop.stripe
            .purge("entitlements.active_entitlement", "ent_export");
        entitled(&["api"]).await;
        let entitlements = shop.app.entitlements("1").await.unwrap();
        assert_eq!(entitlements.iter().collect::<Vec<_>>(), ["api"]);
    })
    .await;
}

stripe_table!(
    stripe_customer,
    stripe_subscription,
    stripe_subscription_item
);

#[tokio::test(flavor = "multi_thread")]
async fn joined_tables_keep_accounts_apart() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await.with_prices();
        let connected = shop.stripe.on("acct_1");
        shop.subscribes(&shop.stripe, "active").await;
        shop.subscribes(&connected, "past_due").await;

        // Both accounts have a `cus_1`, a `sub_1` and a `si_1`.
        let query = stripe_subscription::table
            .inner_join(
                stripe_customer::table
                    .on(stripe_on!(stripe_subscription::customer => stripe_customer)),
            )
            .inner_join(
                stripe_subscription_item::table
                    .on(stripe_on!(stripe_subscription_item::subscription => stripe_subscription)),
            )
            .order(stripe_customer::account)
            .select((
                stripe_customer::account,
                stripe_subscription::status,
                stripe_subscription_item::price,
                stripe_customer::subscriber,
            ));
        let mut session = shop.app.store().session().await.unwrap();
        let mut db = session.db().unwrap();
        type Row = (String, Option<String>, Option<String>, Option<String>);
        let rows: Vec<Row> =
            with_db!(db, connection => AsyncRunQueryDsl::load(query, connection).await).unwrap();
        let row = |account: &str, status: &str| {
            let some = |text: &str| Some(text.to_owned());
            (
                account.to_owned(),
                some(status),
                some("price_pro"),
                some("1"),
            )
        };
        assert_eq!(rows, [row("", "active"), row("acct_1", "past_due")]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_mirrored_can_not_be_answered() {
    let not_mirrored = |error: &UserError, expected: &str| {
        let is_told = matches!(error, UserError::NotMirrored { object } if *object == expected);
        assert!(is_told, "{error:?}");
    };

    let database = TestDatabase::sqlite();
    let settings = Users::settings()
        .without("subscription_item")
        .without("checkout.session");
    let shop = Shop::with(&database, settings).await.with_prices();
    not_mirrored(
        &shop.app.is_on("1", "price_pro").await.unwrap_err(),
        "subscription_item",
    );
    let checkout = || {
        let checkout = shop.app.checkout("1", "price_pro");
        checkout.success_url("https://a.example")
    };
    not_mirrored(&checkout().await.unwrap_err(), "checkout.session");
    // Who names the attempt needs no count of sessions.
    checkout().attempt("1").await.unwrap();

    on_both_empty(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let builder = Shop::builder(&stripe, &database).secret_key(stripe.api_key());
        let builder = builder.mirror(Users::settings()).table_groups(["checkout"]);
        let app = builder.build().await.unwrap();
        not_mirrored(
            &app.is_on("1", "price_pro").await.unwrap_err(),
            "subscription",
        );
        let entitlements = app.entitlements("1").await.unwrap_err();
        not_mirrored(&entitlements, "entitlements.active_entitlement");
        assert_eq!(app.users().customer("1").await.unwrap(), None);
    })
    .await;
}
