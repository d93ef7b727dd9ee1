//! Random histories whose happenings arrive as snapshot events, thin events and both, in any order,
//! some of them several times, and are processed in between.

use std::sync::Mutex;

use djstripe_core::EventName;
use djstripe_tests::BothBackends;
use djstripe_tests::history::{History, differences};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::Value;

use super::Shop;

/// As what a happening arrives.
#[derive(Clone, Copy, Debug)]
enum Form {
    Snapshot,
    Thin,
    /// Without the id of its snapshot event.
    ThinAlone,
}

/// One delivery.
#[derive(Clone, Debug)]
struct Arrival {
    form: Form,
    /// Its place among all of the history.
    place: u32,
    /// Whether the workers run before the next one.
    is_processed: bool,
}

/// For each change of a history, how it arrives.
fn changes() -> impl Strategy<Value = Vec<Vec<Arrival>>> {
    let form = prop_oneof![
        Just(Form::Snapshot),
        Just(Form::Thin),
        Just(Form::ThinAlone)
    ];
    let arrival = (form, any::<u32>(), prop::bool::weighted(0.3));
    let arrival = arrival.prop_map(|(form, place, is_processed)| Arrival {
        form,
        place,
        is_processed,
    });
    prop::collection::vec(prop::collection::vec(arrival, 1..4), 1..10)
}

struct Mixed {
    shop: Shop,
    history: Mutex<History>,
}

impl Mixed {
    fn change(&self) -> Value {
        self.history.lock().unwrap().change(&self.shop.stripe)
    }

    async fn check(&self, changes: &[Vec<Arrival>]) -> Result<(), TestCaseError> {
        let mut expected = Vec::new();
        let mut deliveries = Vec::new();
        for arrivals in changes {
            let event = self.change();
            let name = EventName::new(event["type"].as_str().unwrap());
            expected.push(format!("{} {name} {{}}", event["id"].as_str().unwrap()));
            for arrival in arrivals {
                let sent = match arrival.form {
                    Form::Snapshot => event.clone(),
                    Form::Thin => self.shop.stripe.thin(&event),
                    Form::ThinAlone => self.shop.stripe.thin_without_snapshot_id(&event),
                };
                deliveries.push((arrival.place, arrival.is_processed, sent));
            }
        }
        deliveries.sort_by_key(|(place, ..)| *place);
        for (_, is_processed, event) in &deliveries {
            self.shop.receive(event).await;
            if *is_processed {
                self.shop.app.work_until_idle().await.unwrap();
            }
        }
        self.shop.app.work_until_idle().await.unwrap();

        let mut seen = self.shop.take_seen();
        seen.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(seen, expected);
        let differences = differences(&self.shop.app, &self.shop.stripe)
            .await
            .unwrap();
        prop_assert!(differences.is_empty(), "{:?}", differences);
        Ok(())
    }
}

#[test]
fn in_any_mix_and_order_receivers_run_once_and_rows_are_stripes() {
    let both = BothBackends::open(async |database| Mixed {
        shop: Shop::open(database, &["thin::everything"]).await,
        history: Mutex::new(History::new(7, 4)),
    });
    let mut runner = TestRunner::new(Config {
        cases: 24,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    });
    let result = runner.run(&changes(), |changes| {
        for mixed in &both.opened {
            both.runtime.block_on(mixed.check(&changes))?;
        }
        Ok(())
    });
    result.unwrap();
}
