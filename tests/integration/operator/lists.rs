//! Lists say how much they leave out, continue where a page ended, and have no endless lines.

use std::time::Duration;

use djstripe_core::__internals::{
    EventOutcome, NewDelivery, ObjectRow, Settlement, queue, upsert_objects,
};
use djstripe_core::store::{TableName, Timestamp};
use djstripe_tests::{TestDatabase, on_both_backends};
use serde_json::Value;

use super::{store_effects, store_events};
use crate::operate::Operator;

/// Reads a list page by page as its notes say, and returns the ids and the notes.
async fn read(operator: &Operator<'_>, list: &[&str], id: &str) -> (Vec<Value>, Vec<String>) {
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    let mut after: Option<String> = None;
    loop {
        let mut arguments = [list, &["--json", "--limit", "2"]].concat();
        if let Some(after) = &after {
            arguments.extend(["--after", after]);
        }
        let page = operator.run(&arguments).await;
        assert_eq!(page.code, 0, "{arguments:?}: {}", page.err);
        found.extend(page.json().into_iter().map(|row| row[id].clone()));

        let Some((_, rest)) = page.err.split_once("--after ") else {
            assert_eq!(page.err, "", "{arguments:?}");
            return (found, notes);
        };
        after = rest.split_once('`').map(|(after, _)| after.to_owned());
        notes.push(page.err);
        assert!(notes.len() < 5, "{notes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_continue_after_the_last_row_of_a_page() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let store = &operator.store;
        store_events(store, "", "invoice.paid", 5).await;
        store_effects(store, "mail", 5).await;
        for number in 1..=5 {
            let refused = NewDelivery {
                received_at: Timestamp::now(),
                reason: format!("reason {number}"),
                remote_address: None,
                endpoint: None,
                headers: Vec::new(),
                body: b"{}".to_vec(),
            };
            queue(store).record_delivery(refused).await.unwrap();
        }
        for (account, livemode, id) in [
            ("", true, "prod_1"),
            ("acct_1", false, "gold"),
            ("acct_1", true, "gold"),
            ("acct_1", true, "prod_2"),
            ("acct_2", true, "prod_3"),
        ] {
            let data = format!(r#"{{"id":"{id}","object":"product"}}"#);
            let row = ObjectRow {
                account,
                livemode,
                id,
                stripe_data: &data,
                observed_at: Timestamp::now(),
                ..ObjectRow::default()
            };
            let table = TableName::new("stripe_product");
            upsert_objects(store, table, &[row]).await.unwrap()[0]
                .as_ref()
                .unwrap();
        }

        for (list, id) in [
            (&["events"][..], "id"),
            (&["effects"], "key"),
            (&["deliveries"], "reason"),
            (&["objects", "product"], "id"),
        ] {
            let noun = if list.len() > 1 { "objects" } else { list[0] };
            let (found, notes) = read(&operator, list, id).await;
            let whole = operator.run(&[list, &["--json"]].concat()).await.json();
            let whole: Vec<Value> = whole.into_iter().map(|row| row[id].clone()).collect();
            assert_eq!((found.len(), &found), (5, &whole), "{list:?}");
            assert_eq!(notes.len(), 2);
            let expected = format!("2 of 5 {noun} shown; add `--after ");
            assert!(
                notes.iter().all(|note| note.contains(&expected)),
                "{notes:?}"
            );
        }

        for unknown in [
            ["events", "--after", "evt_x"],
            ["effects", "--after", "key_x"],
        ] {
            assert_eq!(operator.run(&unknown).await.code, 2, "{unknown:?}");
        }
        let ambiguous = operator
            .run(&["objects", "product", "--after", "gold"])
            .await;
        assert!(
            ambiguous.code == 2 && ambiguous.err.contains("write test/acct_1/gold"),
            "{}",
            ambiguous.err
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_waits_says_until_when_in_short_lines() {
    let database = TestDatabase::sqlite();
    let operator = Operator::new(&database).await;
    operator.store("evt_1", "invoice.paid", 0).await;
    let queue = queue(&operator.store);
    let claim = queue
        .claim_event("evt_1", "test", Timestamp::now(), Duration::from_secs(60))
        .await;
    let claim = claim.unwrap().unwrap();
    let settlement = Settlement {
        event_id: "evt_1".to_owned(),
        fence: claim.fence,
        outcome: EventOutcome::Retrying {
            at: Timestamp::from_seconds(4_000_000_000),
        },
        error: Some("x".repeat(100_000)),
        at: Timestamp::now(),
    };
    queue.settle(&[settlement]).await.unwrap();

    let shown = operator.run(&["events", "show", "evt_1"]).await;
    let due = "  retry due at 2096-10-02T07:06:40.000000Z, after attempt 1\n";
    assert!(shown.out.contains(due), "{}", shown.out);
    let listed = operator.run(&["events"]).await;
    for line in shown.out.lines().chain(listed.out.lines()) {
        assert!(line.chars().count() <= 300, "{line}");
    }
    let whole = operator.run(&["events", "--json"]).await.json();
    assert_eq!(whole[0]["last_error"].as_str().unwrap().len(), 100_000);
}
