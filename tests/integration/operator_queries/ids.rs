//! What an id names.

use djstripe_core::__internals::{NewEffect, ObjectRow, request_effect, upsert_objects};
use djstripe_core::endpoint::Endpoint;
use djstripe_core::store::operator::FoundId;
use djstripe_core::store::{TableName, Timestamp};
use djstripe_tests::on_both_backends;
use serde_json::json;

use super::{execute, operator, store_event};

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_any_kind_is_found() {
    on_both_backends(async |database| {
        let store = database.store().await;
        store_event(&store, 1, "customer.updated", json!({ "id": "cus_1", "object": "customer" })).await;
        execute(
            &store,
            "UPDATE djstripe_event SET account = 'acct_1', thin_id = 'evt_thin', request_id = 'req_1', \
             idempotency_key = 'key-1' WHERE id = 'evt_001'",
        )
        .await;
        let row = |account, livemode| ObjectRow {
            account,
            livemode,
            id: "cus_1",
            stripe_data: r#"{"id": "cus_1", "object": "customer"}"#,
            observed_at: Timestamp::now(),
            ..ObjectRow::default()
        };
        let rows = [row("", true), row("acct_1", false), row("acct_2", false)];
        let table = TableName::new("stripe_customer");
        upsert_objects(&store, table, &rows).await.unwrap();
        let mut endpoint = Endpoint::new();
        endpoint.stripe_id = Some("we_1".to_owned());
        store.insert_endpoint(&endpoint).await.unwrap();
        let effect = NewEffect {
            key: "evt_001:mail:1".to_owned(),
            event_id: "evt_001".to_owned(),
            receiver: "shop::ship".to_owned(),
            effect: "mail".to_owned(),
            payload: "null".to_owned(),
        };
        let mut session = store.session().await.unwrap();
        request_effect(&mut session.db().unwrap(), effect).await.unwrap();
        drop(session);

        let owned = |text: &str| text.to_owned();
        let object = |account: &str, livemode| FoundId::Object {
            object: "customer",
            account: owned(account),
            livemode,
            id: owned("cus_1"),
        };
        let event = FoundId::Event { id: owned("evt_001") };
        let endpoint_id = endpoint.id.to_string();
        let of_endpoint = FoundId::Endpoint { id: endpoint_id.clone() };
        let delivery = FoundId::Delivery {
            id: 1,
            event_id: Some(owned("evt_001")),
        };
        let request = FoundId::Request {
            event_ids: vec![owned("evt_001")],
        };
        for (id, expected) in [
            ("evt_001", vec![event.clone()]),
            (" evt_thin ", vec![event]),
            (
                "cus_1",
                vec![
                    object("", true),
                    object("acct_1", false),
                    FoundId::ObjectOfEvents { id: owned("cus_1") },
                ],
            ),
            ("acct_1", vec![FoundId::Account { id: owned("acct_1") }]),
            ("evt_001:mail:1", vec![FoundId::Effect { key: owned("evt_001:mail:1") }]),
            (&*endpoint_id, vec![of_endpoint.clone()]),
            ("we_1", vec![of_endpoint]),
            ("1", vec![delivery]),
            ("req_1", vec![request.clone()]),
            ("key-1", vec![request]),
            ("", vec![]),
            ("' OR true --", vec![]),
            ("cus_\0", vec![]),
        ] {
            let mut found = operator(&store).find_id(id).await.unwrap();
            found.sort_by_key(|it| format!("{it:?}"));
            let mut expected = expected;
            expected.sort_by_key(|it| format!("{it:?}"));
            assert_eq!(found, expected, "{id}");
        }
    })
    .await;
}
