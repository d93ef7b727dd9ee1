//! Pages and counts of events.

use djstripe_core::__internals::{NewEffect, ObjectRow, request_effect, upsert_objects};
use djstripe_core::store::operator::{Counted, EffectPage, READ_LIMIT};
use djstripe_core::store::{EffectFilter, EventFilter, EventState, Store, TableName, Timestamp};
use djstripe_tests::on_both_backends;
use serde_json::json;

use super::{arrival, execute, ids, numbers, operator, store_event, store_many};

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

async fn store_invoices(store: &Store, count: u32) {
    for number in 1..=count {
        let id = format!("in_{}", number % 7);
        let object = json!({ "id": id, "object": "invoice" });
        store_event(store, number, "invoice.paid", object).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_one_another_without_gaps() {
    on_both_backends(async |database| {
        let store = database.store().await;
        store_invoices(&store, 25).await;
        let mut filter = EventFilter {
            limit: Some(10),
            ..EventFilter::default()
        };

        let mut found = Vec::new();
        let mut lengths = Vec::new();
        loop {
            let page = operator(&store).event_page(&filter).await.unwrap();
            assert_eq!(page.read, None);
            lengths.push(page.events.len());
            found.extend(page.events.into_iter().map(|event| event.id));
            filter.after = page.next;
            if filter.after.is_none() {
                break;
            }
        }
        let expected: Vec<String> = (1..=25).rev().map(|it| format!("evt_{it:03}")).collect();
        assert_eq!((found, lengths), (expected, vec![10, 10, 5]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_a_list_and_a_count_agree_for_each_filter() {
    on_both_backends(async |database| {
        let store = database.store().await;
        store_invoices(&store, 12).await;
        store_event(&store, 13, "customer.updated", json!({ "id": "cus_1", "object": "customer" })).await;
        for sql in [
            "UPDATE djstripe_event SET account = 'acct_1' WHERE id IN ('evt_002', 'evt_003')",
            "UPDATE djstripe_event SET own_account = 'acct_2' WHERE id = 'evt_004'",
            "UPDATE djstripe_queue SET state = 'dead', next_attempt_at = NULL, last_error = 'no price in_1 for x' \
             WHERE event_id IN ('evt_005', 'evt_006')",
            "UPDATE djstripe_queue SET state = 'retrying' WHERE event_id IN ('evt_007', 'evt_002')",
            "DELETE FROM djstripe_queue WHERE event_id IN ('evt_008', 'evt_009')",
            "INSERT INTO djstripe_receiver_run (event_id, receiver, outcome, attempts, error, finished_at) \
             VALUES ('evt_008', 'shop::ship', 'failed', 1, 'No price at all', 1)",
        ] {
            execute(&store, sql).await;
        }
        let effect = NewEffect {
            key: "mail_1".to_owned(),
            event_id: "evt_009".to_owned(),
            receiver: "shop::ship".to_owned(),
            effect: "mail".to_owned(),
            payload: "null".to_owned(),
        };
        let mut session = store.session().await.unwrap();
        request_effect(&mut session.db().unwrap(), effect).await.unwrap();
        drop(session);

        let default = EventFilter::default;
        for (filter, expected) in [
            (default(), 13),
            (EventFilter { state: Some(EventState::Dead), ..default() }, 2),
            (EventFilter { state: Some(EventState::Retrying), ..default() }, 2),
            (EventFilter { state: Some(EventState::Pending), ..default() }, 7),
            (EventFilter { state: Some(EventState::Processed), ..default() }, 2),
            (EventFilter { dead: true, ..default() }, 2),
            (EventFilter { name: text("invoice.paid"), ..default() }, 12),
            (EventFilter { name: text("customer.*"), ..default() }, 1),
            (EventFilter { account: text("acct_1"), ..default() }, 2),
            (EventFilter { account: text("acct_2"), ..default() }, 1),
            (EventFilter { livemode: Some(true), ..default() }, 6),
            (EventFilter { object_id: text("in_1"), ..default() }, 2),
            (EventFilter { receiver: text("shop::ship"), ..default() }, 1),
            (EventFilter { error: text("no price"), ..default() }, 3),
            (EventFilter { error: text("no price … for"), ..default() }, 2),
            (EventFilter { has_effects: Some(true), ..default() }, 1),
            (EventFilter { has_effects: Some(false), ..default() }, 12),
            (EventFilter { since: Some(arrival(12)), ..default() }, 2),
            (EventFilter { until: Some(arrival(12)), ..default() }, 11),
            (EventFilter { since: Some(arrival(2)), until: Some(arrival(4)), ..default() }, 2),
            (
                EventFilter { state: Some(EventState::Retrying), account: text("acct_1"), ..default() },
                1,
            ),
            (
                EventFilter { name: text("invoice.paid"), error: text("no price"), ..default() },
                3,
            ),
            (EventFilter { after: Some((arrival(3), "evt_003".to_owned())), ..default() }, 2),
        ] {
            let page = operator(&store).event_page(&filter).await.unwrap();
            assert_eq!((page.events.len(), page.next), (expected, None), "{filter:?}");
            assert_eq!(page.events, store.events(&filter).await.unwrap(), "{filter:?}");
            let counted = operator(&store).count_events(&filter, 100).await.unwrap();
            let exact = Counted { number: expected as u64, is_more: false };
            assert_eq!(counted, exact, "{filter:?}");
        }

        let more = operator(&store).count_events(&default(), 10).await.unwrap();
        assert_eq!(more.to_string(), "10+");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_has_the_names_that_events_have() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let names = [
            "invoice.paid",
            "customer.updated",
            "invoice.of.another.release",
            "invoice.created",
            "invoiceitem.created",
        ];
        for number in 1..=15 {
            let object = json!({ "id": "in_1", "object": "invoice" });
            store_event(&store, number, names[number as usize % 5], object).await;
        }
        let of_family = EventFilter {
            name: text("invoice.*"),
            ..EventFilter::default()
        };
        let expected = [
            "evt_015", "evt_013", "evt_012", "evt_010", "evt_008", "evt_007", "evt_005", "evt_003",
            "evt_002",
        ];
        assert_eq!(ids(&store.events(&of_family).await.unwrap()), expected);
        let counted = operator(&store).count_events(&of_family, 5).await.unwrap();
        assert_eq!(counted.to_string(), "5+");
        let counted = operator(&store).count_events(&of_family, 9).await.unwrap();
        assert_eq!(counted.to_string(), "9");

        let mut found = Vec::new();
        let mut filter = EventFilter {
            limit: Some(2),
            ..of_family.clone()
        };
        loop {
            let page = operator(&store).event_page(&filter).await.unwrap();
            found.extend(page.events);
            filter.after = page.next;
            if filter.after.is_none() {
                break;
            }
        }
        assert_eq!(ids(&found), expected);

        for (filter, expected) in [
            (
                EventFilter {
                    livemode: Some(false),
                    ..of_family.clone()
                },
                &["evt_015", "evt_013", "evt_007", "evt_005", "evt_003"][..],
            ),
            (
                EventFilter {
                    since: Some(arrival(5)),
                    until: Some(arrival(12)),
                    ..of_family.clone()
                },
                &["evt_010", "evt_008", "evt_007", "evt_005"],
            ),
            (
                EventFilter {
                    object_id: text("in_2"),
                    ..of_family
                },
                &[],
            ),
            (
                EventFilter {
                    name: text("charge.*"),
                    ..EventFilter::default()
                },
                &[],
            ),
        ] {
            let page = operator(&store).event_page(&filter).await.unwrap();
            assert_eq!(ids(&page.events), expected, "{filter:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_events_are_those_of_its_objects_too() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let row = |id: &'static str, stripe_data: &'static str| ObjectRow {
            livemode: true,
            id,
            stripe_data,
            observed_at: Timestamp::now(),
            ..ObjectRow::default()
        };
        let invoices = [
            row(
                "in_1",
                r#"{"id": "in_1", "object": "invoice", "customer": "cus_1"}"#,
            ),
            row(
                "in_2",
                r#"{"id": "in_2", "object": "invoice", "customer": "cus_2"}"#,
            ),
        ];
        let table = TableName::new("stripe_invoice");
        upsert_objects(&store, table, &invoices).await.unwrap();
        let objects = [
            ("customer", "cus_1"),
            ("invoice", "in_1"),
            ("invoice", "in_2"),
        ];
        for (number, (object, id)) in (1..).zip(objects) {
            let name = format!("{object}.updated");
            store_event(&store, number, &name, json!({ "id": id, "object": object })).await;
        }

        let of_customer = EventFilter {
            customer: text("cus_1"),
            ..EventFilter::default()
        };
        let page = operator(&store).event_page(&of_customer).await.unwrap();
        assert_eq!(ids(&page.events), ["evt_002", "evt_001"]);
        assert_eq!(
            ids(&store.events(&of_customer).await.unwrap()),
            ["evt_002", "evt_001"]
        );
        let one = EventFilter {
            limit: Some(1),
            ..of_customer.clone()
        };
        let page = operator(&store).event_page(&one).await.unwrap();
        assert_eq!(ids(&page.events), ["evt_002"]);
        let of_one = EventFilter {
            object_id: text("in_2"),
            ..of_customer
        };
        assert!(
            operator(&store)
                .event_page(&of_one)
                .await
                .unwrap()
                .events
                .is_empty()
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_finds_little_says_how_far_it_has_read() {
    on_both_backends(async |database| {
        let store = database.store().await;
        store_many(&store, READ_LIMIT + 10).await;
        execute(
            &store,
            "UPDATE djstripe_event SET livemode = false WHERE id IN ('bulk_3', 'bulk_20000')",
        )
        .await;

        let mut filter = EventFilter {
            livemode: Some(false),
            ..EventFilter::default()
        };
        let page = operator(&store).event_page(&filter).await.unwrap();
        assert_eq!(
            (ids(&page.events), page.read),
            (vec!["bulk_20000"], Some(READ_LIMIT))
        );
        let counted = operator(&store).count_events(&filter, 100).await.unwrap();
        assert_eq!(
            counted,
            Counted {
                number: 1,
                is_more: true
            }
        );

        filter.after = page.next;
        let page = operator(&store).event_page(&filter).await.unwrap();
        assert_eq!((ids(&page.events), page.next), (vec!["bulk_3"], None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_are_the_same_objects_events() {
    on_both_backends(async |database| {
        let store = database.store().await;
        store_invoices(&store, 30).await;
        let (event, _) = store.event("evt_016").await.unwrap().unwrap();
        let around = operator(&store).neighbours(&event, 1).await.unwrap();
        assert_eq!(ids(&around.later), ["evt_023"]);
        assert_eq!(ids(&around.earlier), ["evt_009"]);
        let around = operator(&store).neighbours(&event, 9).await.unwrap();
        assert_eq!(ids(&around.later), ["evt_023", "evt_030"]);
        assert_eq!(ids(&around.earlier), ["evt_009", "evt_002"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_effects_that_finds_little_says_how_far_it_has_read() {
    on_both_backends(async |database| {
        let store = database.store().await;
        store_invoices(&store, 1).await;
        let sql = format!(
            "INSERT INTO djstripe_outbox (key, event_id, receiver, effect, payload, attempts, created_at, done_at) \
             SELECT 'key_' || (100000 + number), 'evt_001', 'shop::ship', \
                 CASE WHEN number IN (3, 20008) THEN 'rare' ELSE 'mail' END, 'null', 1, 1000 + number, 1 \
             FROM {}",
            numbers(&store, READ_LIMIT + 10)
        );
        execute(&store, &sql).await;
        let keys = |page: &EffectPage| -> Vec<String> {
            page.effects.iter().map(|it| it.key.clone()).collect()
        };

        let mut filter = EffectFilter {
            name: text("rare"),
            ..EffectFilter::default()
        };
        let page = operator(&store).effect_page(&filter).await.unwrap();
        assert_eq!((keys(&page), page.read), (vec!["key_120008".to_owned()], Some(READ_LIMIT)));
        filter.after = page.next;
        let page = operator(&store).effect_page(&filter).await.unwrap();
        assert_eq!((keys(&page), page.next), (vec!["key_100003".to_owned()], None));

        let full = EffectFilter {
            name: text("mail"),
            limit: Some(2),
            ..EffectFilter::default()
        };
        let page = operator(&store).effect_page(&full).await.unwrap();
        assert_eq!((keys(&page), page.read), (vec!["key_120010".to_owned(), "key_120009".to_owned()], None));
        assert_eq!(page.next.map(|(_, key)| key), text("key_120009"));
    })
    .await;
}
