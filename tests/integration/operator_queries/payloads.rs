//! The search for a value in payloads, and the time limit.

use std::time::Duration;

use djstripe_core::store::operator::{PayloadCondition, PayloadPage};
use djstripe_core::store::{EventFilter, Store, StoreError};
use djstripe_tests::on_both_backends;
use serde_json::json;

use super::{ids, operator, store_event, store_many, store_payload};

async fn search(store: &Store, filter: &EventFilter, condition: &str) -> PayloadPage {
    let condition: PayloadCondition = condition.parse().unwrap();
    let page = operator(store).search_payloads(filter, &condition).await;
    page.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_found_by_values_in_their_payloads() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let order = |id: &str, order| json!({ "id": id, "object": "invoice", "metadata": { "order": order } });
        store_event(&store, 1, "invoice.paid", order("in_1", json!("7"))).await;
        store_event(&store, 2, "invoice.paid", order("in_2", json!(7))).await;
        store_event(&store, 3, "invoice.paid", order("in_3", json!(9_007_199_254_740_993_u64))).await;
        store_event(&store, 4, "customer.updated", order("in_4", json!("größe 'A'"))).await;
        let escaped = r#"{"id": "evt_005", "type": "invoice.paid", "data": {"object": {"id": "in_5",
            "met\u0061data": {"order": "\u0037"}, "note": "%_'\"\\ \u0000"}}}"#;
        store_payload(&store, 5, escaped).await;

        let all = EventFilter::default();
        for (condition, expected) in [
            ("data.object.metadata.order = 7", &["evt_005", "evt_002", "evt_001"][..]),
            ("data.object.metadata.order = \"7\"", &["evt_005", "evt_001"]),
            ("data.object.metadata.order = 7.0", &["evt_002"]),
            ("data.object.metadata.order = 9007199254740993", &["evt_003"]),
            ("data.object.metadata.order = 9007199254740992", &[]),
            ("data.object.metadata.order = größe 'A'", &["evt_004"]),
            ("data.object.metadata = 7", &[]),
            ("data.object.id = in_5", &["evt_005"]),
            ("data.object.note = \"%_'\\\"\\\\ \\u0000\"", &["evt_005"]),
        ] {
            let page = search(&store, &all, condition).await;
            assert_eq!(ids(&page.events), expected, "{condition}");
            assert_eq!((page.read, page.next), (5, None), "{condition}");
        }

        let filter = EventFilter {
            name: Some("customer.*".to_owned()),
            ..EventFilter::default()
        };
        let page = search(&store, &filter, "data.object.object = invoice").await;
        assert_eq!(ids(&page.events), ["evt_004"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_continues_where_its_page_was_full() {
    on_both_backends(async |database| {
        let store = database.store().await;
        store_many(&store, 4_500).await;
        let page = search(&store, &EventFilter::default(), "data.object.number = 17").await;
        assert_eq!((ids(&page.events), page.read), (vec!["bulk_17"], 4_500));

        let mut filter = EventFilter {
            limit: Some(2_500),
            ..EventFilter::default()
        };
        let page = search(&store, &filter, "data.object.number = 1").await;
        assert_eq!((page.events.len(), page.next), (1, None));
        filter.limit = Some(1);
        let mut found = Vec::new();
        while found.len() < 3 {
            let page = search(&store, &filter, "id = bulk_4499").await;
            found.extend(page.events.into_iter().map(|event| event.id));
            filter.after = page.next;
            if filter.after.is_none() {
                break;
            }
        }
        assert_eq!(found, ["bulk_4499"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_takes_too_long_is_told_apart() {
    on_both_backends(async |database| {
        let store = database.store().await;
        store_many(&store, 20_000).await;
        let filter = EventFilter {
            error: Some("nothing".to_owned()),
            ..EventFilter::default()
        };
        let hurried = store.operator(Duration::from_millis(1));
        let error = hurried.event_page(&filter).await.unwrap_err();
        assert!(matches!(error, StoreError::TooSlow { .. }), "{error:?}");
        assert!(error.to_string().contains("within 1ms"), "{error}");

        // Nothing of it stays, on any connection.
        for _ in 0..20 {
            assert_eq!(
                operator(&store).event_page(&filter).await.unwrap().events,
                []
            );
        }
        assert_eq!(store.events(&filter).await.unwrap(), []);
    })
    .await;
}
