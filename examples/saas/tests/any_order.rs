//! The application's tables end right in whatever order events come, however often, and whenever the
//! application hears of them.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]
#![expect(missing_docs, reason = "`table!` generates items without docs")]

mod business;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use business::Business;
use djstripe_core::store::prelude::*;
use djstripe_core::testing::TestDatabase;
use djstripe_core::{Timestamp, with_db};
use proptest::prelude::*;
use serde_json::{Value, json};

const CUSTOMERS: usize = 2;
const SUBSCRIPTIONS: usize = 3;

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// A subscription gets another status at Stripe. A canceled one stays canceled.
    Status(usize, &'static str),
    /// Stripe announces the end of a trial.
    TrialWillEnd(usize),
    /// Some of the events so far are delivered: those whose number fits the mask, the last ones first
    /// or in their order.
    Deliver { mask: u64, backwards: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let status = prop::sample::select(vec![
        "active", "trialing", "past_due", "paused", "unpaid", "canceled",
    ]);
    prop_oneof![
        4 => (0..SUBSCRIPTIONS, status).prop_map(|(which, status)| Step::Status(which, status)),
        1 => (0..SUBSCRIPTIONS).prop_map(Step::TrialWillEnd),
        2 => (any::<u64>(), any::<bool>())
            .prop_map(|(mask, backwards)| Step::Deliver { mask, backwards }),
    ]
}

diesel::table! {
    access (subscription) { subscription -> Text, customer -> Text, open -> Bool }
}
diesel::table! {
    workspaces (customer) { customer -> Text }
}

impl Business {
    /// The rows of the application's tables.
    async fn rows(&self) -> (BTreeMap<String, bool>, BTreeSet<String>) {
        let mut session = self.app.store().session().await.unwrap();
        let mut db = session.db().unwrap();
        let open = access::table.select((access::subscription, access::open));
        let open: Vec<(String, bool)> =
            with_db!(db, connection => open.load(connection).await).unwrap();
        let set_up = workspaces::table.select(workspaces::customer);
        let set_up: Vec<String> =
            with_db!(db, connection => set_up.load(connection).await).unwrap();
        (open.into_iter().collect(), set_up.into_iter().collect())
    }
}

async fn check(steps: Vec<Step>, order: u64, fetches: bool) {
    let database = TestDatabase::sqlite().unwrap();
    let business = Business::open(&database, fetches).await;
    let stripe = &business.stripe;
    let mut events: Vec<Value> = Vec::new();
    let mut ids = Vec::new();
    for number in 0..CUSTOMERS {
        let id = format!("cus_{number}");
        let email = format!("{number}@example.com");
        let customer = json!({ "object": "customer", "id": id, "email": email });
        let customer = stripe.insert(customer);
        events.push(stripe.emit("customer.created", &customer));
    }
    for number in 0..SUBSCRIPTIONS {
        let customer = format!("cus_{}", number % CUSTOMERS);
        let fields = json!({ "customer": customer, "status": "incomplete" });
        let subscription = stripe.fixture("subscription", fields);
        ids.push(subscription["id"].as_str().unwrap().to_owned());
        events.push(stripe.emit("customer.subscription.created", &subscription));
    }

    for step in steps {
        // Where nothing is fetched, the order of two events of one second may be undecided.
        stripe.advance(Duration::from_secs(2));
        match step {
            Step::Status(which, status) => {
                let id = &ids[which];
                let fields = json!({ "status": status });
                let before = stripe.get("subscription", id).unwrap();
                match status {
                    _ if before["status"] == "canceled" => {}
                    "canceled" => {
                        let after = stripe.update("subscription", id, fields).unwrap();
                        events.push(stripe.emit("customer.subscription.deleted", &after));
                    }
                    _ => events.extend(stripe.update_and_emit("subscription", id, fields)),
                }
            }
            Step::TrialWillEnd(which) => {
                let now = stripe.get("subscription", &ids[which]).unwrap();
                events.push(stripe.emit("customer.subscription.trial_will_end", &now));
            }
            Step::Deliver { mask, backwards } => {
                let numbered = events.iter().enumerate();
                let chosen = numbered.filter(|(number, _)| mask >> (number % 64) & 1 == 1);
                let mut chosen: Vec<Value> = chosen.map(|(_, event)| event.clone()).collect();
                if backwards {
                    chosen.reverse();
                }
                stripe.deliver_to(&business.app, &chosen).await.unwrap();
            }
        }
    }

    // In the end each event has come at least once, in some order.
    let mut rest: Vec<(u64, &Value)> = events
        .iter()
        .zip(1_u64..)
        .map(|(event, number)| (number.wrapping_mul(order | 1).rotate_left(17), event))
        .collect();
    rest.sort_by_key(|(key, _)| *key);
    let rest: Vec<Value> = rest.into_iter().map(|(_, event)| event.clone()).collect();
    stripe.deliver_to(&business.app, &rest).await.unwrap();
    // What failed for want of another event runs again.
    let later = Timestamp::now() + Duration::from_secs(24 * 3600);
    business.app.work_until(later).await.unwrap();
    assert_eq!(business.failed().await, 0);

    let (open, set_up) = business.rows().await;
    let now = |id: &str| stripe.get("subscription", id).unwrap();
    let expected: BTreeMap<String, bool> = ids
        .iter()
        .map(|id| {
            let status = &now(id)["status"];
            (id.clone(), status == "active" || status == "trialing")
        })
        .collect();
    assert_eq!(open, expected);

    // A workspace for each customer with access, one welcome for each workspace.
    for id in ids.iter().filter(|id| expected[*id]) {
        let customer = now(id)["customer"].as_str().unwrap().to_owned();
        assert!(set_up.contains(&customer), "{id} of {customer} is open");
    }
    let subjects = business.subjects();
    let welcomes = subjects
        .iter()
        .filter(|subject| subject.starts_with("Welcome"));
    assert_eq!(welcomes.count(), set_up.len());
    let ended = subjects
        .iter()
        .filter(|subject| subject.ends_with("has ended"));
    let canceled = ids.iter().filter(|id| now(id)["status"] == "canceled");
    assert_eq!(ended.count(), canceled.count());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn any_order_of_any_history_ends_right(
        steps in prop::collection::vec(step(), 1..16),
        order: u64,
        fetches: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(check(steps, order, fetches));
    }
}
