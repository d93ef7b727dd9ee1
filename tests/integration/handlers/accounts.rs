//! Connected accounts: which account an object belongs to, and how it is fetched.

use serde_json::json;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn handle_account_external_account_event_fetches_below_the_account() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let connected = shop.stripe.on("acct_1");

        for (object, id) in [("card", "card_1"), ("bank_account", "ba_1")] {
            connected.insert(
                json!({ "id": id, "object": object, "account": "acct_1", "last4": "4242" }),
            );
            let told = json!({ "id": id, "object": object, "last4": "old" });
            let event = connected.emit("account.external_account.updated", &told);
            assert_eq!(shop.delivers(&event).await, PROCESSED);

            let row = &shop.rows(object, false).await[0];
            assert_eq!(
                (&row["account"], &row["stripe_data"]["last4"]),
                (&json!("acct_1"), &json!("4242"))
            );
        }

        let request = &shop.stripe.requests()[0];
        assert_eq!(request.path, "/v1/accounts/acct_1/external_accounts/card_1");
        assert_eq!(request.account.as_deref(), Some("acct_1"));

        let event = connected.emit(
            "account.external_account.deleted",
            &json!({ "id": "ba_1", "object": "bank_account" }),
        );
        assert_eq!(shop.delivers(&event).await, PROCESSED);
        assert!(shop.ids("bank_account").await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handle_account_updated_event_is_always_an_update() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let connected = shop.stripe.on("acct_1");
        let account =
            connected.insert(json!({ "id": "acct_1", "object": "account", "email": "a@b.c" }));
        let event = connected.emit("account.updated", &account);
        assert_eq!(shop.delivers(&event).await, PROCESSED);
        let row = &shop.rows("account", false).await[0];
        assert_eq!(
            (&row["id"], &row["account"]),
            (&json!("acct_1"), &json!("acct_1"))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_one_account_never_touch_anothers() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;

        // People choose the ids of coupons, so accounts share them.
        let places = [
            ("", shop.stripe.clone()),
            ("acct_1", shop.stripe.on("acct_1")),
            ("acct_2", shop.stripe.on("acct_2")),
        ];
        for (number, (_, stripe)) in places.iter().enumerate() {
            let coupon =
                stripe.insert(json!({ "id": "HALF", "object": "coupon", "percent_off": number }));
            let event = stripe.emit("coupon.created", &coupon);
            assert_eq!(shop.delivers(&event).await, PROCESSED);
        }

        let mut rows = shop.rows("coupon", false).await;
        rows.sort_by_key(|row| row["account"].as_str().unwrap().to_owned());
        let found: Vec<(&str, i64)> = rows
            .iter()
            .map(|row| {
                (
                    row["account"].as_str().unwrap(),
                    row["stripe_data"]["percent_off"].as_i64().unwrap(),
                )
            })
            .collect();
        assert_eq!(found, [("", 0), ("acct_1", 1), ("acct_2", 2)]);

        let accounts: Vec<Option<String>> = shop
            .stripe
            .requests()
            .into_iter()
            .map(|request| request.account)
            .collect();
        assert_eq!(
            accounts,
            [None, Some("acct_1".to_owned()), Some("acct_2".to_owned())]
        );

        places[1].1.remove("coupon", "HALF");
        let event = places[1].1.emit(
            "coupon.deleted",
            &json!({ "id": "HALF", "object": "coupon" }),
        );
        assert_eq!(shop.delivers(&event).await, PROCESSED);
        assert_eq!(shop.rows("coupon", false).await.len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deauthorized_account_is_not_refreshed_any_more() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let connected = shop.stripe.on("acct_1");
        let application = json!({ "id": "ca_1", "object": "application" });

        let event = connected.emit("account.application.deauthorized", &application);
        shop.stripe.disconnect("acct_1");
        assert_eq!(shop.delivers(&event).await, PROCESSED);
        assert!(shop.rows("application", true).await.is_empty());

        let event = connected.emit(
            "charge.updated",
            &json!({ "id": "ch_1", "object": "charge", "status": "failed" }),
        );
        assert_eq!(shop.delivers(&event).await, PROCESSED);
        assert_eq!(shop.rows("charge", false).await[0]["status"], "failed");
        assert!(shop.requested().is_empty());

        shop.stripe.advance(Duration::from_secs(60));
        let event = connected.emit("account.application.authorized", &application);
        assert_eq!(shop.delivers(&event).await, PROCESSED);
        let event = connected.emit(
            "charge.updated",
            &json!({ "id": "ch_1", "object": "charge" }),
        );
        // The fake Stripe still refuses; the retry shows that a request was made.
        assert_eq!(shop.delivers(&event).await.0, EventState::Retrying);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_the_events_mode_is_used() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let live = stripe.live();
        let builder = Shop::builder(&stripe, &database)
            .secret_key(stripe.api_key())
            .secret_key(live.api_key());
        let shop = Shop {
            app: builder.build().await.unwrap(),
            stripe,
        };
        shop.stripe.clear_requests();

        for (stripe, status) in [(&shop.stripe, "test"), (&live, "live")] {
            let charge =
                stripe.insert(json!({ "id": "ch_1", "object": "charge", "status": status }));
            let event = stripe.emit("charge.updated", &charge);
            assert_eq!(shop.delivers(&event).await, PROCESSED);
        }

        let rows = shop.rows("charge", false).await;
        let found: Vec<_> = rows
            .iter()
            .map(|row| (&row["livemode"], &row["status"]))
            .collect();
        assert_eq!(found.len(), 2, "{rows:?}");
        assert!(
            rows.iter().any(|row| row["status"] == "live")
                && rows.iter().any(|row| row["status"] == "test")
        );

        let modes: Vec<bool> = shop
            .stripe
            .requests()
            .iter()
            .map(|request| request.livemode)
            .collect();
        assert_eq!(modes, [false, true]);
    })
    .await;
}

/// Before API version 2017-05-25, an event names its account in `user_id`.
#[tokio::test(flavor = "multi_thread")]
async fn user_id_names_the_account_of_an_old_event() {
    on_both_backends(async |database| {
        let event = |id: &str, created: i64, percent: i64| {
            json!({
                "id": id,
                "object": "event",
                "api_version": "2016-07-06",
                "created": created,
                "livemode": false,
                "type": "coupon.created",
                "data": { "object": { "id": "SPRING", "object": "coupon", "percent_off": percent } },
            })
        };
        let own = event("evt_own", 20, 5);
        let mut connected = event("evt_connected", 10, 90);
        connected["user_id"] = "acct_1".into();

        let shop = Shop::without_a_key(&database, MirrorSettings::default()).await;
        for event in [&own, &connected] {
            assert_eq!(shop.delivers(event).await, PROCESSED);
        }

        let mut rows = shop.rows("coupon", false).await;
        rows.sort_by_key(|row| row["account"].as_str().unwrap().to_owned());
        let found: Vec<_> = rows
            .iter()
            .map(|row| (&row["account"], &row["stripe_data"]["percent_off"]))
            .collect();
        assert_eq!(found, [(&json!(""), &json!(5)), (&json!("acct_1"), &json!(90))]);

        // With a key, the object is fetched on behalf of that account.
        let shop = Shop::open(&database).await;
        let on_account = shop.stripe.on("acct_1");
        on_account.insert(json!({ "id": "SPRING", "object": "coupon", "percent_off": 80 }));
        connected["id"] = "evt_later".into();
        assert_eq!(shop.delivers(&connected).await, PROCESSED);
        let request = &shop.stripe.requests()[0];
        assert_eq!(request.account.as_deref(), Some("acct_1"));
    })
    .await;
}
