//! Thin events of which `check` and `events show` tell.

use djstripe_core::{Djstripe, receivers};
use djstripe_tests::{delivery, on_both_backends};
use serde_json::{Value, json};

use super::Place;

#[tokio::test(flavor = "multi_thread")]
async fn thin_events_that_wait_for_the_id_of_their_snapshot_event_are_told() {
    on_both_backends(async |database| {
        let place = Place::new(&database).with("STRIPE_WEBHOOK_SECRET", "whsec_1");
        place.migrate().await;
        let app = Djstripe::builder()
            .webhook_secret("whsec_1")
            .database_url(database.url())
            .receivers(receivers::built_in())
            .build()
            .await
            .unwrap();
        // The second one names its snapshot event, and doesn't have to wait.
        for (id, snapshot) in [("evt_thin_1", Value::Null), ("evt_thin_2", json!("evt_2"))] {
            let event = json!({
                "id": id, "object": "v2.core.event", "type": "v1.customer.updated",
                "created": "2026-11-01T12:00:00.250Z", "livemode": false, "snapshot_event": snapshot,
                "related_object": { "id": "cus_1", "type": "customer", "url": "/v1/customers/cus_1" },
            });
            let delivery = delivery::signed(event.to_string(), "whsec_1");
            app.receive(delivery).await.unwrap();
        }
        app.work_until_idle().await.unwrap();

        let ended = place.check().await;
        let what = "1 thin events wait for the id of their snapshot event: evt_thin_1; the first because";
        ended.has("warning", "events", what, "set STRIPE_SECRET_KEY");
        let tells_versions = |finding: &Value| finding["point"] == "versions";
        assert!(!ended.findings.iter().any(tells_versions));

        let (_, shown) = place.run(&["events", "show", "evt_2"]).await;
        assert!(shown.contains("  sent as the thin event evt_thin_2"), "{shown}");
        let (_, shown) = place.run(&["events", "show", "evt_2", "--json"]).await;
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown["sent_as"], json!(["thin"]));
        assert_eq!(shown["thin_id"], "evt_thin_2");
    })
    .await;
}
