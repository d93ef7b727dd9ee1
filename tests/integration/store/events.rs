//! Events are stored once and as received; the last refused requests are recorded.

use djstripe_core::__internals::{Insertion, NewDelivery, missing_events, queue};
use djstripe_core::store::{EventFilter, EventState, StoreOptions, Timestamp};
use djstripe_tests::on_both_backends;

use super::{ARRIVAL, event, insert, new_event};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_delivery_is_a_duplicate_also_within_one_batch() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let [a, b, c] = ["evt_a", "evt_b", "evt_c"].map(|id| event(id, "cus_1", 1));
        use Insertion::{Duplicate, Waiting};

        assert_eq!(
            insert(&store, &[b.clone(), a.clone(), b.clone()]).await,
            [Waiting, Waiting, Duplicate]
        );
        assert_eq!(insert(&store, &[c, a.clone()]).await, [Waiting, Duplicate]);
        assert_eq!(insert(&store, &[]).await, []);

        assert_eq!(
            store.deliveries(Some("evt_a"), 10).await.unwrap().len(),
            2,
            "each delivery is on record"
        );
        assert_eq!(
            store.state_counts().await.unwrap().get(EventState::Pending),
            3
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_deliveries_of_the_same_events_at_once_store_each_once() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let deliver = |offset: usize| {
            let store = store.clone();
            tokio::spawn(async move {
                let events: Vec<_> = (0..20)
                    .map(|index| event(&format!("evt_{}", (index * 7 + offset) % 20), "cus_1", 1))
                    .collect();
                insert(&store, &events)
                    .await
                    .into_iter()
                    .filter(|insertion| insertion.is_new())
                    .count()
            })
        };

        let tasks: Vec<_> = (0..8).map(deliver).collect();
        let mut stored = 0;
        for task in tasks {
            stored += task.await.unwrap();
        }
        assert_eq!(stored, 20);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_an_event_is_kept() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let json = r#"{"id":"evt_1","object":"event","account":"acct_1","api_version":"2026-05-27.dahlia",
            "created":1600000000,"livemode":true,"type":"invoice.paid","request":{"id":"req_1","idempotency_key":"key_1"},
            "data":{"object":{"id":"in_1","object":"invoice","total":1e2}}}"#;

        insert(&store, &[new_event(json)]).await;

        let (stored, payload) = store.event("evt_1").await.unwrap().unwrap();
        assert_eq!(payload, json);
        assert_eq!((&*stored.name, stored.account.as_deref()), ("invoice.paid", Some("acct_1")));
        assert_eq!(stored.api_version.as_deref(), Some("2026-05-27.dahlia"));
        assert_eq!((stored.created, stored.livemode), (1_600_000_000, true));
        assert_eq!(stored.request_id.as_deref(), Some("req_1"));
        assert_eq!(stored.idempotency_key.as_deref(), Some("key_1"));
        assert_eq!(stored.object_id.as_deref(), Some("in_1"));
        assert_eq!((stored.state, stored.attempts, stored.received_at), (EventState::Pending, 0, ARRIVAL));
        assert_eq!(store.event("evt_2").await.unwrap(), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_payloads_are_stored_as_received() {
    let nested = format!("{}1{}", "[".repeat(2_000), "]".repeat(2_000));
    let items = vec![r#"{"id":"li_1"}"#; 10_000].join(",");
    let odd = [
        r#""a\u0000b""#.to_owned(),
        r#""\ud800""#.to_owned(),
        r#""\udc00\ud800""#.to_owned(),
        "123456789012345678901234567890".to_owned(),
        "1e400".to_owned(),
        format!("[{items}]"),
        nested,
    ];

    on_both_backends(async |database| {
        let store = database.store().await;
        for (index, value) in odd.iter().enumerate() {
            let json = format!(
                r#"{{"id":"evt_{index}","type":"customer.updated","data":{{"object":{{"id":"cus_{index}","odd":{value}}}}}}}"#
            );
            assert_eq!(insert(&store, &[new_event(&json)]).await, [Insertion::Waiting]);
            let (_, payload) = store.event(&format!("evt_{index}")).await.unwrap().unwrap();
            assert!(payload == json, "{}", &json[..json.len().min(200)]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_in_an_identifier_is_replaced() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let json = r#"{"id":"evt_\u0000","type":"a\u0000","account":"\u0000","data":{"object":{"id":"cus_\u0000"}}}"#;

        insert(&store, &[new_event(json)]).await;

        let (stored, payload) = store.event("evt_\u{fffd}").await.unwrap().unwrap();
        assert_eq!((&*stored.name, stored.object_id.as_deref()), ("a\u{fffd}", Some("cus_\u{fffd}")));
        assert_eq!(payload, json);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_listed_newest_first_and_page_by_page() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let events: Vec<_> = (0..5)
            .map(|index| {
                let mut event = event(&format!("evt_{index}"), "cus_1", index);
                event.received_at = Timestamp::from_seconds(index / 2);
                event
            })
            .collect();
        insert(&store, &events).await;
        insert(
            &store,
            &[new_event(
                r#"{"id":"evt_other","type":"invoice.paid","account":"acct_1"}"#,
            )],
        )
        .await;

        let list = async |filter: EventFilter| {
            let events = store.events(&filter).await.unwrap();
            (
                events
                    .last()
                    .map(|event| (event.received_at, event.id.clone())),
                join(events.into_iter().map(|e| e.id)),
            )
        };

        let customers = EventFilter {
            name: Some("customer.updated".to_owned()),
            ..EventFilter::default()
        };
        assert_eq!(
            list(customers.clone()).await.1,
            "evt_4 evt_3 evt_2 evt_1 evt_0"
        );
        let (last, first_page) = list(EventFilter {
            limit: Some(3),
            ..customers.clone()
        })
        .await;
        assert_eq!(first_page, "evt_4 evt_3 evt_2");
        assert_eq!(
            list(EventFilter {
                after: last,
                ..customers
            })
            .await
            .1,
            "evt_1 evt_0"
        );

        let account = EventFilter {
            account: Some("acct_1".to_owned()),
            ..EventFilter::default()
        };
        assert_eq!(list(account).await.1, "evt_other");
        let dead = EventFilter {
            state: Some(EventState::Dead),
            ..EventFilter::default()
        };
        assert_eq!(list(dead).await.1, "");
    })
    .await;
}

fn join(ids: impl Iterator<Item = String>) -> String {
    ids.collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_deliveries_are_capped_in_size_and_number() {
    on_both_backends(async |database| {
        let mut options = StoreOptions::default();
        options.refused_deliveries = 3;
        options.refused_body_bytes = 4;
        let store = database.connect(options).await;
        store.migrate().await.unwrap();

        insert(&store, &[event("evt_1", "cus_1", 1)]).await;
        for index in 0..5 {
            let delivery = NewDelivery {
                received_at: ARRIVAL,
                reason: format!("reason {index}\0"),
                remote_address: Some("192.0.2.1".to_owned()),
                endpoint: None,
                headers: vec![("user-agent".to_owned(), "\"odd\"\0".to_owned())],
                body: b"\xff\0body".to_vec(),
            };
            queue(&store).record_delivery(delivery).await.unwrap();
        }

        let kept = store.deliveries(None, 10).await.unwrap();
        let reasons: Vec<_> = kept
            .iter()
            .map(|delivery| delivery.reason.as_deref().unwrap())
            .collect();
        assert_eq!(
            reasons,
            ["reason 4\u{fffd}", "reason 3\u{fffd}", "reason 2\u{fffd}"]
        );
        assert_eq!(kept[0].body.as_deref(), Some(&b"\xff\0bo"[..]));
        assert_eq!(
            kept[0].headers.as_deref(),
            Some(r#"[["user-agent","\"odd\"\u0000"]]"#)
        );
        assert_eq!(
            store.deliveries(Some("evt_1"), 10).await.unwrap().len(),
            1,
            "accepted ones don't count"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_events_are_those_that_were_never_stored() {
    on_both_backends(async |database| {
        let store = database.store().await;
        insert(
            &store,
            &[event("evt_1", "cus_1", 1), event("evt_\\u0000", "cus_1", 2)],
        )
        .await;
        let check = async |ids: &[&str], expected: &[&str]| {
            assert_eq!(
                missing_events(&store, ids).await.unwrap(),
                expected,
                "{ids:?}"
            );
        };

        check(&[], &[]).await;
        check(&["evt_1"], &[]).await;
        check(&["evt_2", "evt_1", "evt_3"], &["evt_2", "evt_3"]).await;
        check(&["evt_\0", "evt_'"], &["evt_'"]).await;
    })
    .await;
}
