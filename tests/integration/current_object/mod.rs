//! What `Object` is: the event's object as the mirror has it when the receiver runs, and at the
//! commit. On both backends.

mod saving;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use djstripe_core::mirror::{MirrorError, MirrorSettings};
use djstripe_core::models::{Balance, Charge, Customer, Decoded, Subscription};
use djstripe_core::store::diesel::result::Error;
use djstripe_core::store::{EventState, Rerun, Store};
use djstripe_core::testing::{FakeStripe, Fault};
use djstripe_core::{
    Builder, Db, Djstripe, DryOutcome, Object, Snapshot, State, Timestamp, receivers,
    stripe_receiver,
};
use djstripe_tests::{TestDatabase, client, delivery, on_both_backends, registry};
use serde_json::{Value, json};

/// What the receivers saw, in the order of their runs.
type Seen = Arc<Mutex<Vec<String>>>;

const SECRET: &str = "whsec_current";

/// A second in which the first event of a test happens.
const START: i64 = 1_700_000_000;

fn told(object: &Object<Subscription>) -> String {
    let mut told = object
        .status
        .as_ref()
        .map_or("no status", |status| status.as_str())
        .to_owned();
    if object.is_deleted() {
        told.push_str(", deleted");
    }
    if object.is_from_payload() {
        told.push_str(", from the payload");
    }
    told
}

#[stripe_receiver("customer.subscription.*", id = "current::in_transaction")]
async fn in_transaction(object: Object<Subscription>, _db: Db<'_>, seen: State<Seen>) {
    seen.lock().unwrap().push(told(&object));
}

#[stripe_receiver(
    "customer.subscription.*",
    id = "current::without_database",
    priority = 1
)]
async fn without_database(
    object: Object<Subscription>,
    sent: Snapshot<Subscription>,
    seen: State<Seen>,
) {
    let sent = sent
        .status
        .as_ref()
        .map_or("no status", |status| status.as_str());
    seen.lock()
        .unwrap()
        .push(format!("{}; sent {sent}", told(&object)));
}

/// Fails once.
#[stripe_receiver("charge.captured", id = "current::fails_once")]
async fn fails_once(object: Object<Charge>, seen: State<Seen>) -> Result<(), &'static str> {
    let mut seen = seen.lock().unwrap();
    seen.push(format!(
        "{:?}, deleted: {}",
        object.amount,
        object.is_deleted()
    ));
    if seen.len() == 1 { Err("once") } else { Ok(()) }
}

#[stripe_receiver("balance.available", id = "current::balance")]
async fn balance(object: Object<Balance>, seen: State<Seen>) {
    seen.lock()
        .unwrap()
        .push(format!("from the payload: {}", object.is_from_payload()));
}

/// What changes an object while a receiver runs.
struct Rival {
    store: Store,
    /// How often it still changes the object.
    left: Mutex<u32>,
}

fn customer(email: &str) -> Decoded<Customer> {
    let json = json!({ "id": "cus_1", "object": "customer", "email": email }).to_string();
    Decoded::from_json_text("customer", &json).unwrap()
}

/// Is overtaken by the rival, as long as that has changes left.
#[stripe_receiver("customer.updated", id = "current::overtaken")]
async fn overtaken(
    object: Object<Customer>,
    _db: Db<'_>,
    seen: State<Seen>,
    rival: State<Rival>,
) -> Result<(), MirrorError> {
    seen.lock().unwrap().push(format!("{:?}", object.email));
    let left = {
        let mut left = rival.left.lock().unwrap();
        *left = left.saturating_sub(1);
        *left
    };
    if left > 0 {
        let mut session = rival.store.session().await?;
        let newer = customer(&format!("{left}@example.com"));
        let mut db = session.db()?;
        db.save(&newer, None, false, Timestamp::now()).await?;
    }
    Ok(())
}

struct Shop {
    app: Djstripe,
    seen: Seen,
}

impl Shop {
    /// An application with these receivers.
    async fn open(
        database: &TestDatabase,
        wanted: &[&str],
        configure: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let seen = Seen::default();
        let own = registry::receivers(|id| wanted.contains(&id));
        let builder = Djstripe::builder()
            .webhook_secret(SECRET)
            .database_url(database.url())
            .client_options(client::fast)
            .client_options(|options| options.retries = 0)
            .retry_schedule([Duration::ZERO])
            .state(Arc::clone(&seen))
            .state(Rival {
                store: database.store().await,
                left: Mutex::new(0),
            })
            .receivers(receivers::built_in().chain(own));
        let app = configure(builder).build().await.unwrap();
        Self { app, seen }
    }

    /// Delivers an event that happened so many seconds after the start, and processes it.
    async fn deliver(&self, after: i64, name: &str, object: &Value) -> String {
        let id = format!("evt_{after}_{}", name.replace('.', "_"));
        let event = json!({
            "id": id, "object": "event", "type": name, "created": START + after,
            "livemode": false, "api_version": djstripe_core::API_VERSION,
            "data": { "object": object },
        });
        let delivery = delivery::signed(event.to_string(), SECRET);
        self.app.receive(delivery).await.unwrap();
        self.app.work_until_idle().await.unwrap();
        id
    }

    fn take_seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

fn with_key(stripe: &FakeStripe) -> impl FnOnce(Builder) -> Builder {
    let (key, base) = (stripe.api_key(), stripe.base_url().to_owned());
    move |builder| builder.secret_key(key).api_base(base)
}

fn subscription(status: &str) -> Value {
    json!({ "id": "sub_1", "object": "subscription", "status": status })
}

const SUBSCRIPTION_RECEIVERS: [&str; 2] = ["current::in_transaction", "current::without_database"];

#[tokio::test(flavor = "multi_thread")]
async fn a_late_event_shows_the_state_of_the_mirror() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &SUBSCRIPTION_RECEIVERS, |builder| builder).await;
        let created = subscription("active");
        shop.deliver(0, "customer.subscription.created", &created)
            .await;
        assert_eq!(shop.take_seen(), ["active", "active; sent active"]);

        let ended = subscription("canceled");
        shop.deliver(20, "customer.subscription.deleted", &ended)
            .await;
        let canceled = ["canceled", "canceled; sent canceled"];
        assert_eq!(shop.take_seen(), canceled);

        let late = subscription("past_due");
        shop.deliver(10, "customer.subscription.updated", &late)
            .await;
        let late = ["canceled", "canceled; sent past_due"];
        assert_eq!(shop.take_seen(), late);
    })
    .await;
}

/// Says whether its object is deleted.
#[stripe_receiver("customer.*", id = "current::tells_deletion", union = OfCustomer)]
async fn tells_deletion(object: Object<OfCustomer>, seen: State<Seen>) {
    seen.lock()
        .unwrap()
        .push(format!("deleted: {}", object.is_deleted()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_after_the_deletion_shows_a_deleted_object() {
    on_both_backends(async |database| {
        for (mirror, start) in [(MirrorSettings::default(), 0), (MirrorSettings::off(), 100)] {
            let is_mirrored = start == 0;
            let configure = |builder: Builder| builder.mirror(mirror);
            let shop = Shop::open(&database, &["current::tells_deletion"], configure).await;
            let object = json!({ "id": "cus_1", "object": "customer", "email": "a@example.com" });
            shop.deliver(start, "customer.created", &object).await;
            shop.deliver(start + 20, "customer.deleted", &object).await;
            shop.deliver(start + 10, "customer.updated", &object).await;
            let seen = [false, true, is_mirrored].map(|deleted| format!("deleted: {deleted}"));
            assert_eq!(shop.take_seen(), seen);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_key_the_object_is_what_stripe_has_and_in_a_replay_what_it_has_today() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        stripe.insert(subscription("active"));
        let shop = Shop::open(&database, &SUBSCRIPTION_RECEIVERS, with_key(&stripe)).await;
        let sent = subscription("trialing");
        let id = shop
            .deliver(0, "customer.subscription.updated", &sent)
            .await;
        assert_eq!(shop.take_seen(), ["active", "active; sent trialing"]);

        stripe.update("subscription", "sub_1", json!({ "status": "unpaid" }));
        let store = shop.app.store();
        store
            .rerun(&[&id], Rerun::All, Timestamp::now())
            .await
            .unwrap();
        shop.app.work_until_idle().await.unwrap();
        assert_eq!(shop.take_seen(), ["unpaid", "unpaid; sent trialing"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_the_object_that_the_mirror_would_write() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        stripe.insert(subscription("active"));
        let shop = Shop::open(&database, &SUBSCRIPTION_RECEIVERS, with_key(&stripe)).await;
        let sent = subscription("trialing");
        let id = shop
            .deliver(0, "customer.subscription.updated", &sent)
            .await;
        shop.take_seen();

        stripe.update("subscription", "sub_1", json!({ "status": "unpaid" }));
        let runs = shop.app.dry_run(&id, None).await.unwrap().unwrap();
        assert!(runs.iter().any(|run| run.outcome == DryOutcome::Succeeds));
        assert_eq!(shop.take_seen(), ["unpaid"]);
    })
    .await;
}

/// Changes what is stored after the mirror has written it, as nothing else does.
const CHANGE_STORED: &str = "UPDATE stripe_subscription SET stripe_data = \
    '{\"id\":\"sub_1\",\"object\":\"subscription\",\"status\":\"incomplete\"}'";

#[tokio::test(flavor = "multi_thread")]
async fn the_first_receiver_after_the_mirror_needs_no_query() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &SUBSCRIPTION_RECEIVERS, |builder| builder).await;
        let trigger = if database.path().is_some() {
            format!(
                "CREATE TRIGGER later AFTER INSERT ON stripe_subscription BEGIN {CHANGE_STORED}; END"
            )
        } else {
            format!(
                "CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS \
                     $$ BEGIN {CHANGE_STORED}; RETURN NULL; END $$; \
                 CREATE TRIGGER later AFTER INSERT ON stripe_subscription \
                     FOR EACH ROW EXECUTE FUNCTION later()"
            )
        };
        let mut session = shop.app.store().session().await.unwrap();
        session.db().unwrap().batch_execute(&trigger).await.unwrap();
        drop(session);

        let created = subscription("active");
        shop.deliver(0, "customer.subscription.created", &created).await;
        assert_eq!(shop.take_seen(), ["active", "incomplete; sent active"]);
    })
    .await;
}

/// Changes the row, and takes no object.
#[stripe_receiver("customer.subscription.created", id = "current::changes_stored")]
async fn changes_stored(mut db: Db<'_>) -> Result<(), Error> {
    db.batch_execute(CHANGE_STORED).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_receiver_without_the_object_changes_is_seen_by_the_next_one() {
    on_both_backends(async |database| {
        let wanted = ["current::changes_stored", "current::without_database"];
        let shop = Shop::open(&database, &wanted, |builder| builder).await;
        let created = subscription("active");
        shop.deliver(0, "customer.subscription.created", &created)
            .await;
        assert_eq!(shop.take_seen(), ["incomplete; sent active"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_whose_object_changed_meanwhile_runs_again_and_no_failure_is_counted() {
    // On SQLite nobody writes while the transaction of a receiver is open.
    let database = TestDatabase::postgres().await;
    let shop = Shop::open(&database, &["current::overtaken"], |builder| {
        builder.retry_schedule([])
    })
    .await;
    *shop.app.state::<Rival>().unwrap().left.lock().unwrap() = 3;

    let object = json!({ "id": "cus_1", "object": "customer", "email": "a@example.com" });
    let id = shop.deliver(0, "customer.updated", &object).await;
    let seen = ["a@example.com", "2@example.com", "1@example.com"];
    assert_eq!(
        shop.take_seen(),
        seen.map(|email| format!("Some({email:?})"))
    );

    let (stored, _) = shop.app.store().event(&id).await.unwrap().unwrap();
    assert_eq!(stored.state, EventState::Processed);
    let runs = shop.app.store().receiver_runs(&id).await.unwrap();
    let run = runs
        .iter()
        .find(|run| run.receiver == "current::overtaken")
        .unwrap();
    assert!(run.outcome.is_success() && run.attempts == 1, "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_built_in_receivers_an_older_row_is_not_the_object() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["current::in_transaction"], |builder| builder).await;
        shop.deliver(0, "customer.subscription.created", &subscription("active"))
            .await;
        shop.take_seen();

        let alone = |builder: Builder| {
            builder.receivers(registry::receivers(|id| id == "current::in_transaction"))
        };
        let shop = Shop::open(&database, &[], alone).await;
        shop.deliver(
            10,
            "customer.subscription.updated",
            &subscription("past_due"),
        )
        .await;
        assert_eq!(shop.take_seen(), ["past_due, from the payload"]);
        // The row knows more than an event that is older than it.
        shop.deliver(
            -10,
            "customer.subscription.paused",
            &subscription("trialing"),
        )
        .await;
        assert_eq!(shop.take_seen(), ["active"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_at_stripe_is_the_last_known_content_in_every_run() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let shop = Shop::open(&database, &["current::fails_once"], with_key(&stripe)).await;
        let charge = json!({ "id": "ch_1", "object": "charge", "amount": 7 });
        let id = shop.deliver(0, "charge.captured", &charge).await;
        assert_eq!(shop.take_seen(), ["Some(7), deleted: true"; 2]);

        // Only the receiver itself runs again.
        let store = shop.app.store();
        let rerun = Rerun::Receiver("current::fails_once".to_owned());
        store.rerun(&[&id], rerun, Timestamp::now()).await.unwrap();
        shop.seen.lock().unwrap().push("a replay".to_owned());
        shop.app.work_until_idle().await.unwrap();
        assert_eq!(shop.take_seen(), ["a replay", "Some(7), deleted: true"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_mirror_does_not_have_is_the_payload() {
    on_both_backends(async |database| {
        let without =
            |builder: Builder| builder.mirror(MirrorSettings::default().without("subscription"));
        let shop = Shop::open(&database, &["current::in_transaction"], without).await;
        let created = subscription("active");
        shop.deliver(0, "customer.subscription.created", &created)
            .await;
        assert_eq!(shop.take_seen(), ["active, from the payload"]);
        let ended = subscription("canceled");
        shop.deliver(1, "customer.subscription.deleted", &ended)
            .await;
        assert_eq!(shop.take_seen(), ["canceled, from the payload"]);

        let shop = Shop::open(&database, &["current::balance"], |builder| builder).await;
        let object = json!({ "object": "balance", "available": [] });
        shop.deliver(2, "balance.available", &object).await;
        assert_eq!(shop.take_seen(), ["from the payload: true"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn once_the_mirror_has_given_up_the_newer_of_row_and_payload_counts() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        stripe.insert(subscription("active"));
        let shop = Shop::open(&database, &["current::in_transaction"], with_key(&stripe)).await;
        let fail = || stripe.fail_next(Fault::status(503).on("/v1/subscriptions").times(2));

        fail();
        let sent = subscription("trialing");
        shop.deliver(0, "customer.subscription.updated", &sent)
            .await;
        assert_eq!(shop.take_seen(), ["trialing, from the payload"]);

        // The row is of now, and the next event of years ago.
        shop.deliver(1, "customer.subscription.updated", &sent)
            .await;
        assert_eq!(shop.take_seen(), ["active"]);
        fail();
        shop.deliver(2, "customer.subscription.updated", &sent)
            .await;
        assert_eq!(shop.take_seen(), ["active"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_mirrored_object_can_be_loaded() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &[], |builder| builder).await;
        let object = json!({ "id": "cus_1", "object": "customer", "email": "a@example.com" });
        shop.deliver(0, "customer.created", &object).await;

        let mut session = shop.app.store().session().await.unwrap();
        let refused = session.db().unwrap().load::<Customer>("cus_1").await;
        assert!(matches!(refused, Err(MirrorError::NoScope)), "{refused:?}");
        for (account, livemode, email) in [
            (None, false, Some("a@example.com")),
            (None, true, None),
            (Some("acct_1"), false, None),
        ] {
            let mut db = session.db().unwrap().scoped_to(account, livemode);
            let loaded = db.load::<Customer>("cus_1").await.unwrap();
            let loaded = loaded.and_then(|customer| customer.email.clone());
            assert_eq!(loaded.as_deref(), email, "{account:?} {livemode}");
        }
    })
    .await;
}
