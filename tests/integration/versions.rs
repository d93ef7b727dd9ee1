//! One event in two API versions, which two endpoints deliver: the catalogue's version is kept,
//! whichever comes first. On both backends.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use djstripe_core::__internals::{EventOutcome, Settlement, queue};
use djstripe_core::models::descriptor;
use djstripe_core::store::{EventState, ObjectFilter, TableName, Timestamp};
use djstripe_core::{Djstripe, State, receivers, stripe_receiver};
use djstripe_tests::{TestDatabase, delivery, on_both_backends};
use serde_json::{Value, json};

const SECRET: &str = "whsec_of_both_endpoints";

const PINNED: &str = djstripe_core::API_VERSION;

#[stripe_receiver("tax_rate.updated", id = "versions::counts")]
fn counts(runs: State<AtomicUsize>) {
    runs.fetch_add(1, Ordering::Relaxed);
}

/// An application without a key that counts the runs of its one receiver.
async fn app(database: &TestDatabase) -> Djstripe {
    let own = djstripe_tests::registry::receivers(|id| id == "versions::counts");
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(database.url())
        .state(AtomicUsize::new(0))
        .receivers(own.into_iter().chain(receivers::built_in()))
        .build()
        .await
        .unwrap()
}

/// The event `id` in an API version, with the version as the tax rate's name.
fn event(id: &str, version: &str) -> String {
    let rate = json!({ "id": format!("txr_{id}"), "object": "tax_rate", "display_name": version });
    json!({
        "id": id,
        "object": "event",
        "type": "tax_rate.updated",
        "api_version": version,
        "created": 1_700_000_000,
        "livemode": false,
        "data": { "object": rate },
    })
    .to_string()
}

async fn receive(app: &Djstripe, id: &str, version: &str) {
    let delivery = delivery::signed(event(id, version), SECRET);
    app.receive(delivery).await.unwrap();
}

/// Checks that the pinned version is stored and mirrored, and that the application's receiver has
/// run `runs` times.
async fn check(app: &Djstripe, id: &str, runs: usize) {
    let (stored, payload) = app.store().event(id).await.unwrap().unwrap();
    let payload: Value = serde_json::from_str(&payload).unwrap();
    assert_eq!(stored.state, EventState::Processed, "{id}");
    assert_eq!(stored.api_version.as_deref(), Some(PINNED), "{id}");
    assert_eq!(payload["api_version"], PINNED, "{id}");

    let table = TableName::new(descriptor("tax_rate").unwrap().table.unwrap());
    let rows = app
        .store()
        .objects(table, &ObjectFilter::default())
        .await
        .unwrap();
    let rows = rows
        .iter()
        .map(|row| serde_json::from_str::<Value>(&row.json).unwrap());
    let names: Vec<Value> = rows
        .filter(|row| row["id"] == format!("txr_{id}"))
        .map(|row| row["stripe_data"]["display_name"].clone())
        .collect();
    assert_eq!(names, [PINNED], "{id}");

    let counted = app.state::<AtomicUsize>().unwrap();
    assert_eq!(AtomicUsize::load(&counted, Ordering::Relaxed), runs, "{id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_api_versions_of_one_event_the_pinned_one_is_kept() {
    on_both_backends(async |database| {
        let app = app(&database).await;
        let cases: [(&str, &[&str]); 4] = [
            ("evt_1", &["2019-12-03", PINNED]),
            ("evt_2", &[PINNED, "2019-12-03"]),
            ("evt_3", &["2019-12-03", PINNED, "2020-08-27", PINNED]),
            ("evt_4", &["2019-12-03", "2020-08-27", PINNED, "2019-12-03"]),
        ];

        for (number, (id, versions)) in cases.into_iter().enumerate() {
            for version in versions {
                receive(&app, id, version).await;
                app.work_until_idle().await.unwrap();
            }
            check(&app, id, number + 1).await;
        }

        receive(&app, "evt_5", "2019-12-03").await;
        receive(&app, "evt_5", PINNED).await;
        app.work_until_idle().await.unwrap();
        check(&app, "evt_5", 5).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_of_the_replaced_version_loses_its_lease() {
    on_both_backends(async |database| {
        let app = app(&database).await;
        receive(&app, "evt_1", "2019-12-03").await;
        let (now, lease) = (Timestamp::now(), Duration::from_secs(60));
        let claims = queue(app.store()).claim("worker", 1, now, lease).await;
        let claim = claims.unwrap().remove(0);

        receive(&app, "evt_1", PINNED).await;
        let settlement = Settlement {
            event_id: claim.event_id,
            fence: claim.fence,
            outcome: EventOutcome::Processed,
            error: None,
            at: Timestamp::now(),
        };
        let lost = queue(app.store()).settle(&[settlement]).await.unwrap();
        assert_eq!(lost, ["evt_1"]);

        app.work_until_idle().await.unwrap();
        check(&app, "evt_1", 1).await;
    })
    .await;
}
