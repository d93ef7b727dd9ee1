//! Links between customers and users, by each source, and links that wait for their users.

mod any_order;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use djstripe_core::mirror::{LinkBy, NoEmailLookup, Subscriber, SubscriberLookup};
use djstripe_core::store::diesel::sql_query;
use djstripe_core::store::diesel_async::RunQueryDsl as AsyncRunQueryDsl;
use djstripe_core::store::{EventState, ObjectFilter, TableName, Timestamp};
use djstripe_core::users::UserError;
use djstripe_core::{BoxError, BuildError, Db, with_db};
use djstripe_tests::on_both_backends;

use super::*;

const ALL: [LinkBy; 3] = [LinkBy::ClientReferenceId, LinkBy::Metadata, LinkBy::Email];

async fn shop(database: &TestDatabase, order: &[LinkBy]) -> Shop {
    Shop::with(database, Users::settings().link_by(order.to_vec())).await
}

impl Shop {
    async fn run_sql(&self, sql: &str) {
        let mut session = self.app.store().session().await.unwrap();
        let mut db = session.db().unwrap();
        let query = sql_query(sql);
        with_db!(db, connection => AsyncRunQueryDsl::execute(query, connection).await).unwrap();
    }

    async fn add_user(&self, id: i64, email: &str) {
        let insert = format!("INSERT INTO users (id, email) VALUES ({id}, '{email}')");
        self.run_sql(&insert).await;
    }

    /// The event is delivered and processed.
    async fn tells(&self, name: &str, object: &Value) {
        let event = self.stripe.emit(name, object);
        let events = [event];
        self.stripe.deliver_to(&self.app, &events).await.unwrap();
        let id = events[0]["id"].as_str().unwrap();
        let (stored, _) = self.app.store().event(id).await.unwrap().unwrap();
        assert_eq!(
            stored.state,
            EventState::Processed,
            "{:?}",
            stored.last_error
        );
    }

    /// Stripe has the customer, and says so.
    async fn customer(&self, id: &str, metadata: Value, email: Value) {
        let customer = json!({
            "object": "customer", "id": id, "metadata": metadata, "email": email,
        });
        let customer = self.stripe.insert(customer);
        self.tells("customer.updated", &customer).await;
    }

    /// A checkout session of the customer is complete.
    async fn session(&self, customer: &str, reference: Value, metadata: Value) {
        let session = self.stripe.insert(json!({
            "object": "checkout.session", "customer": customer,
            "client_reference_id": reference, "metadata": metadata,
        }));
        self.tells("checkout.session.completed", &session).await;
    }

    async fn user_of(&self, customer: &str) -> Option<String> {
        let filter = ObjectFilter::default();
        let table = TableName::new("stripe_customer");
        let rows = self.app.store().objects(table, &filter).await.unwrap();
        let row = rows.iter().find(|row| row.id == customer).unwrap();
        let row: Value = serde_json::from_str(&row.json).unwrap();
        row["subscriber"].as_str().map(str::to_owned)
    }

    async fn waiting(&self) -> i64 {
        self.app.store().waiting_links().await.unwrap().count
    }

    async fn linked(&self, user: impl Into<Subscriber>) -> Vec<String> {
        let linked = self.app.link(user).await.unwrap();
        linked.into_iter().map(|linked| linked.customer).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_source_that_names_a_user_links_the_customer() {
    on_both_backends(async |database| {
        let shop = shop(&database, &ALL).await;
        let check = async |id: &str, reference: Value, metadata: Value, email: Value, expected| {
            shop.stripe.insert(json!({
                "object": "customer", "id": id, "metadata": {}, "email": email,
            }));
            shop.session(id, reference, metadata).await;
            shop.customer(id, json!({}), email).await;
            assert_eq!(shop.user_of(id).await.as_deref(), expected, "{id}");
        };

        let (one, two) = (json!("1"), json!({ "user_id": "2" }));
        let email = json!("User2@Example.com");
        check("cus_1", one.clone(), two.clone(), json!(null), Some("1")).await;
        check("cus_2", json!("99"), two, json!(null), Some("2")).await;
        check("cus_3", json!(null), json!({}), email.clone(), Some("2")).await;
        check("cus_4", one, json!({}), email, Some("1")).await;
        check(
            "cus_5",
            json!("x"),
            json!({}),
            json!("nobody@example.com"),
            None,
        )
        .await;
        check("cus_6", json!(null), json!({}), json!(null), None).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_default_only_metadata_links() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        shop.customer("cus_1", json!({}), json!("user1@example.com"))
            .await;
        shop.session("cus_1", json!("1"), json!({})).await;
        assert_eq!(shop.user_of("cus_1").await, None);
        assert_eq!(
            shop.waiting().await,
            0,
            "nothing that was asked for is missing"
        );

        shop.session("cus_1", json!("1"), json!({ "user_id": "2" }))
            .await;
        assert_eq!(shop.user_of("cus_1").await.as_deref(), Some("2"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_payer_can_choose_moves_no_customer() {
    on_both_backends(async |database| {
        let shop = shop(&database, &ALL).await;
        shop.customer("cus_1", json!({ "user_id": "1" }), json!(null))
            .await;
        shop.session("cus_1", json!("2"), json!({})).await;
        assert_eq!(shop.user_of("cus_1").await.as_deref(), Some("1"));
        shop.customer("cus_1", json!({}), json!("user2@example.com"))
            .await;
        assert_eq!(shop.user_of("cus_1").await.as_deref(), Some("1"));
        assert_eq!(shop.waiting().await, 0);

        shop.customer("cus_1", json!({ "user_id": "2" }), json!(null))
            .await;
        assert_eq!(shop.user_of("cus_1").await.as_deref(), Some("2"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_two_users_links_neither() {
    on_both_backends(async |database| {
        let shop = shop(&database, &[LinkBy::Email]).await;
        shop.add_user(3, "both@example.com").await;
        shop.add_user(4, "both@example.com").await;
        shop.customer("cus_1", json!({}), json!("both@example.com"))
            .await;
        assert_eq!(shop.user_of("cus_1").await, None);
        assert_eq!(shop.waiting().await, 1);

        shop.run_sql("DELETE FROM users WHERE id = 4").await;
        let three = Subscriber {
            email: Some("Both@example.com ".to_owned()),
            ..Subscriber::from(3)
        };
        assert_eq!(shop.linked(&three).await, ["cus_1"]);
        assert_eq!(shop.user_of("cus_1").await.as_deref(), Some("3"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_waits_until_its_user_is_there_and_is_linked_at_once() {
    on_both_backends(async |database| {
        let shop = shop(&database, &ALL).await;
        shop.customer("cus_1", json!({ "user_id": "7" }), json!(null))
            .await;
        shop.customer("cus_2", json!({}), json!("seven@example.com"))
            .await;
        shop.stripe
            .insert(json!({ "object": "customer", "id": "cus_3" }));
        shop.session("cus_3", json!("7"), json!({})).await;
        shop.session("cus_4", json!("8"), json!({})).await;
        assert_eq!(shop.waiting().await, 4);
        assert_eq!(shop.linked(7).await, [""; 0], "the user isn't there");
        assert_eq!(shop.waiting().await, 4);

        shop.add_user(7, "seven@example.com").await;
        let seven = Subscriber {
            email: Some("seven@example.com".to_owned()),
            ..Subscriber::from(7)
        };
        assert_eq!(shop.linked(&seven).await, ["cus_1", "cus_2", "cus_3"]);
        for id in ["cus_1", "cus_2", "cus_3"] {
            assert_eq!(shop.user_of(id).await.as_deref(), Some("7"), "{id}");
        }
        assert_eq!(shop.linked(&seven).await, [""; 0]);
        assert_eq!(shop.waiting().await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_retried_by_the_schedule_and_then_once_a_day() {
    on_both_backends(async |database| {
        let shop = shop(&database, &ALL).await;
        let start = Timestamp::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        shop.customer("cus_1", json!({ "user_id": "7" }), json!(null))
            .await;
        for seconds in [10, 60, 600, 4_000, 20_000, 60_000, 120_000, 300_000] {
            shop.app.work_until(after(seconds)).await.unwrap();
        }
        assert_eq!(
            (shop.user_of("cus_1").await, shop.waiting().await),
            (None, 1)
        );

        shop.add_user(7, "seven@example.com").await;
        shop.app.work_until(after(300_000 + 3_600)).await.unwrap();
        assert_eq!(
            shop.user_of("cus_1").await,
            None,
            "it is due once a day by now"
        );
        shop.app.work_until(after(300_000 + 90_000)).await.unwrap();
        assert_eq!(shop.user_of("cus_1").await.as_deref(), Some("7"));
        assert_eq!(shop.waiting().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_worker_links_a_waiting_customer() {
    on_both_backends(async |database| {
        let shop = shop(&database, &ALL).await;
        shop.customer("cus_1", json!({ "user_id": "7" }), json!(null))
            .await;
        shop.add_user(7, "seven@example.com").await;
        shop.run_sql("UPDATE djstripe_waiting_link SET next_attempt_at = 0")
            .await;

        // Several workers share the links.
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let work = async || shop.app.work(stopped.clone()).await;
        let wait = async {
            while shop.waiting().await > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            stop.send_replace(true);
        };
        tokio::join!(work(), work(), wait);
        assert_eq!(shop.user_of("cus_1").await.as_deref(), Some("7"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_waits_for_its_customer_too() {
    on_both_backends(async |database| {
        let settings = Users::settings().link_by(ALL).related(0);
        let shop = Shop::with(&database, settings).await;
        shop.session("cus_1", json!(null), json!({ "user_id": "1", "cart": "7" }))
            .await;
        assert_eq!(shop.waiting().await, 1);

        shop.customer("cus_1", json!({}), json!(null)).await;
        assert_eq!(shop.linked(1).await, ["cus_1"]);
        assert_eq!(shop.user_of("cus_1").await.as_deref(), Some("1"));
        let filter = ObjectFilter::default();
        let table = TableName::new("stripe_customer");
        let rows = shop.app.store().objects(table, &filter).await.unwrap();
        let row: Value = serde_json::from_str(&rows[0].json).unwrap();
        assert_eq!(row["stripe_data"]["metadata"], json!({ "user_id": "1" }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_waits_for_what_it_names_now() {
    on_both_backends(async |database| {
        let shop = shop(&database, &ALL).await;
        shop.customer("cus_1", json!({ "user_id": "7" }), json!("a@example.com"))
            .await;
        assert_eq!(shop.waiting().await, 2);
        shop.customer("cus_1", json!({ "user_id": "8" }), json!(null))
            .await;
        assert_eq!(shop.waiting().await, 1);
        shop.add_user(7, "a@example.com").await;
        assert_eq!(shop.linked(7).await, [""; 0]);

        shop.stripe.remove("customer", "cus_1");
        let deleted = json!({ "object": "customer", "id": "cus_1" });
        shop.tells("customer.deleted", &deleted).await;
        assert_eq!(
            shop.waiting().await,
            0,
            "a deleted customer waits for nobody"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn checkout_takes_the_customer_that_waits_for_its_user() {
    on_both_backends(async |database| {
        let shop = shop(&database, &ALL).await.with_prices();
        shop.customer("cus_1", json!({}), json!("seven@example.com"))
            .await;
        shop.add_user(7, "seven@example.com").await;
        let seven = Subscriber {
            email: Some("seven@example.com".to_owned()),
            ..Subscriber::from(7)
        };
        let session = shop.app.checkout(&seven, "price_pro");
        let session = session.success_url("https://shop.example").await.unwrap();
        let customer = session.customer.as_ref().and_then(|customer| customer.id());
        assert_eq!(customer, Some("cus_1"));
        assert_eq!(shop.stripe.objects("customer").len(), 1);
    })
    .await;
}

/// A lookup that fails for one key from its second call on, and doesn't know addresses.
#[derive(Default)]
struct Failing(AtomicBool);

impl SubscriberLookup for Failing {
    async fn find(&self, key: &str, db: &mut Db<'_>) -> Result<Option<String>, BoxError> {
        if key != "broken" {
            return Users.find(key, db).await;
        }
        match self.0.swap(true, Ordering::Relaxed) {
            false => Ok(None),
            true => panic!("no such column"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_that_fails_holds_up_no_other_link() {
    on_both_backends(async |database| {
        let settings = MirrorSettings::default().subscriber_key("user_id");
        let shop = Shop::with(&database, settings.subscribers(Failing::default())).await;
        for (id, user) in [("cus_1", "broken"), ("cus_2", "8")] {
            let metadata = json!({ "user_id": user });
            shop.customer(id, metadata, json!(null)).await;
        }
        shop.add_user(8, "eight@example.com").await;

        let later = Timestamp::now() + Duration::from_secs(20);
        shop.app.work_until(later).await.unwrap();
        assert_eq!(shop.user_of("cus_2").await.as_deref(), Some("8"));
        assert_eq!(shop.waiting().await, 1);
        let error = shop.app.link("broken").await.unwrap_err();
        assert!(error_text(&error).contains("no such column"), "{error}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_can_not_link_say_what_is_missing() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let build = async |settings| {
            let builder = Shop::builder(&stripe, &database).mirror(settings);
            builder.build().await
        };
        let check = async |settings, expected: &str| {
            let error: BuildError = build(settings).await.unwrap_err();
            let error = error_text(&error);
            assert!(error.contains(expected), "{error}");
        };
        let settings = MirrorSettings::default;
        check(settings().link_by([LinkBy::Email]), "`.subscribers(Users)`").await;
        check(
            settings().link_by(ALL).subscribers(Users),
            "subscriber_key(\"user_id\")",
        )
        .await;

        let app = build(settings()).await.unwrap();
        let error = app.link("1").await.unwrap_err();
        assert!(matches!(error, UserError::NoLookup), "{error}");

        let settings = settings()
            .subscribers(Failing::default())
            .link_by([LinkBy::Email]);
        let shop = Shop::with(&database, settings).await;
        let customer = json!({ "object": "customer", "id": "cus_1", "email": "a@example.com" });
        let event = shop
            .stripe
            .emit("customer.updated", &shop.stripe.insert(customer));
        shop.stripe
            .deliver_to(&shop.app, std::slice::from_ref(&event))
            .await
            .unwrap();
        let id = event["id"].as_str().unwrap();
        let (stored, _) = shop.app.store().event(id).await.unwrap().unwrap();
        let error = stored.last_error.unwrap();
        assert!(error.contains(&NoEmailLookup.to_string()), "{error}");
    })
    .await;
}

/// An error with its sources.
fn error_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}
