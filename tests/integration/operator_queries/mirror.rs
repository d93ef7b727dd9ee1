//! The mirror's tables, what refers to an object, and facts about the database and its jobs.

use djstripe_core::__internals::{ObjectRow, upsert_objects};
use djstripe_core::store::operator::{Counted, READ_LIMIT, Referrer};
use djstripe_core::store::{Backend, ObjectFilter, Store, TableName, Timestamp};
use djstripe_tests::on_both_backends;

use super::{execute, numbers, operator};

const INVOICES: TableName = TableName::new("stripe_invoice");

async fn write(store: &Store, table: TableName, objects: &[(&str, String)]) {
    let rows: Vec<ObjectRow<'_>> = objects
        .iter()
        .map(|(id, stripe_data)| ObjectRow {
            livemode: true,
            id,
            stripe_data,
            observed_at: Timestamp::now(),
            ..ObjectRow::default()
        })
        .collect();
    let written = upsert_objects(store, table, &rows).await.unwrap();
    assert!(written.iter().all(Result::is_ok));
}

fn invoice(id: &'static str, customer: &str, status: &str) -> (&'static str, String) {
    let json = format!(
        r#"{{"id": "{id}", "object": "invoice", "customer": "{customer}", "status": "{status}", "created": 42}}"#
    );
    (id, json)
}

#[tokio::test(flavor = "multi_thread")]
async fn types_and_rows_are_counted_and_filtered() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let invoices = [
            invoice("in_1", "cus_1", "open"),
            invoice("in_2", "cus_1", "paid"),
            invoice("in_3", "cus_2", "open"),
        ];
        write(&store, INVOICES, &invoices).await;

        let types = operator(&store).object_types().await.unwrap();
        assert!(types.len() > 100 && types.is_sorted_by_key(|it| it.object));
        let of_invoices = types.iter().find(|it| it.object == "invoice").unwrap();
        let exactly = |number| Counted {
            number,
            is_more: false,
        };
        assert_eq!(
            (of_invoices.rows, of_invoices.is_estimate),
            (exactly(3), false)
        );
        assert_eq!(of_invoices.table, "stripe_invoice");

        for (columns, expected) in [
            (&[][..], &["in_1", "in_2", "in_3"][..]),
            (&[("status", "open")], &["in_1", "in_3"]),
            (&[("status", "open"), ("customer", "cus_1")], &["in_1"]),
            (&[("created", "42")], &["in_1", "in_2", "in_3"]),
            (&[("created", "soon")], &[]),
            (&[("no\" OR true --", "x")], &[]),
        ] {
            let columns = columns.iter();
            let filter = ObjectFilter {
                columns: columns
                    .map(|(name, value)| (*name, (*value).to_owned()))
                    .collect(),
                ..ObjectFilter::default()
            };
            let page = operator(&store).row_page(INVOICES, &filter).await.unwrap();
            let ids: Vec<&str> = page.rows.iter().map(|row| &*row.id).collect();
            assert_eq!((ids, page.next), (expected.to_vec(), None), "{filter:?}");
            assert_eq!(page.rows, store.objects(INVOICES, &filter).await.unwrap());
            let counted = operator(&store)
                .count_object_rows(INVOICES, &filter, 2)
                .await
                .unwrap();
            assert_eq!(counted.number, expected.len().min(2) as u64);
            assert_eq!(counted.is_more, expected.len() > 2);
        }

        let last = ObjectFilter {
            after: Some((String::new(), true, "in_2".to_owned())),
            ..ObjectFilter::default()
        };
        let page = operator(&store).row_page(INVOICES, &last).await.unwrap();
        assert_eq!(page.rows.len(), 1);
        let full = ObjectFilter {
            limit: Some(2),
            ..ObjectFilter::default()
        };
        let page = operator(&store).row_page(INVOICES, &full).await.unwrap();
        assert_eq!((page.rows.len(), page.read), (2, None));
        assert_eq!(page.next, last.after);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_rows_that_finds_little_says_that_it_is_cut() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let numbers = numbers(&store, READ_LIMIT + 10);
        let (json, name) = match store.backend() {
            Backend::Postgres => ("jsonb", "true"),
            _ => ("text", "1"),
        };
        let sql = format!(
            "INSERT INTO stripe_product (account, livemode, id, stripe_data, observed_at, djstripe_created, \
                 djstripe_updated) \
             SELECT '', true, 'prod_' || (100000 + number), \
                 CAST('{{\"object\": \"product\", \"name\": \"' || (number % 20005 = 3) || '\"}}' AS {json}), \
                 1, 1, 1 FROM {numbers}"
        );
        execute(&store, &sql).await;
        let products = TableName::new("stripe_product");

        let mut filter = ObjectFilter {
            columns: vec![("name", name.to_owned())],
            ..ObjectFilter::default()
        };
        let page = operator(&store).row_page(products, &filter).await.unwrap();
        let ids: Vec<&str> = page.rows.iter().map(|row| &*row.id).collect();
        assert_eq!((ids, page.read), (vec!["prod_100003"], Some(READ_LIMIT)));
        let counted = operator(&store)
            .count_object_rows(products, &filter, 100)
            .await
            .unwrap();
        assert_eq!(counted.to_string(), "1+");

        filter.after = page.next;
        let page = operator(&store).row_page(products, &filter).await.unwrap();
        let ids: Vec<&str> = page.rows.iter().map(|row| &*row.id).collect();
        assert_eq!((ids, page.next), (vec!["prod_120008"], None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_refers_to_an_object_is_listed() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let invoices = [
            invoice("in_1", "cus_1", "open"),
            invoice("in_2", "cus_1", "paid"),
            invoice("in_3", "cus_1", "paid"),
            invoice("in_4", "cus_2", "paid"),
        ];
        write(&store, INVOICES, &invoices).await;
        let charge = r#"{"id": "ch_1", "object": "charge", "customer": "cus_1"}"#.to_owned();
        write(&store, TableName::new("stripe_charge"), &[("ch_1", charge)]).await;

        let referrers = operator(&store)
            .referrers("customer", "", true, "cus_1", 2)
            .await;
        let referrers = referrers.unwrap();
        let referrer = |object, id: &str| Referrer {
            object,
            column: "customer",
            id: id.to_owned(),
        };
        let expected = [
            referrer("charge", "ch_1"),
            referrer("invoice", "in_1"),
            referrer("invoice", "in_2"),
        ];
        let mut rows = referrers.rows;
        rows.sort_by(|one, other| (one.object, &one.id).cmp(&(other.object, &other.id)));
        assert_eq!(rows, expected);
        assert_eq!(referrers.cut, [("invoice", "customer")]);

        let none = operator(&store)
            .referrers("customer", "acct_1", true, "cus_1", 2)
            .await;
        assert!(none.unwrap().rows.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_about_the_database_are_read() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let facts = operator(&store).database().await.unwrap();

        assert!(
            facts
                .tables
                .iter()
                .any(|table| table.name == "djstripe_event")
        );
        assert!(facts.size.is_some_and(|size| size > 0));
        assert!(
            facts
                .version
                .starts_with(|first: char| first.is_ascii_digit())
        );
        match facts.backend {
            Backend::Postgres => {
                assert_eq!(facts.route, Some("server"));
                assert!(facts.file.is_none());
                assert!(facts.tables.iter().all(|table| table.size.is_some()));
            }
            _ => {
                let file = facts.file.unwrap();
                assert!(file.pages > 0 && file.page_size >= 512 && file.free_pages < file.pages);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_syncs_are_listed() {
    on_both_backends(async |database| {
        let store = database.store().await;
        for (number, object) in [(1, "customer"), (2, "invoice")] {
            let sql = format!(
                "INSERT INTO djstripe_sync_list (account, livemode, object, since, receivers, run_id, state, owner, \
                     fence, lease_until, to_at, pages, inserted, started_at) \
                 VALUES ('', true, '{object}', 0, false, 'run_{number}', 'running', 'me', 1, 0, 0, 3, 250, {number})"
            );
            execute(&store, &sql).await;
        }
        let runs = operator(&store).sync_runs(10).await.unwrap();
        let objects: Vec<&str> = runs.iter().map(|run| &*run.object).collect();
        assert_eq!(objects, ["invoice", "customer"]);
        assert_eq!((runs[0].pages, runs[0].inserted), (3, 250));
        assert_eq!(runs[0].finished_at, None);
        assert_eq!(operator(&store).sync_runs(1).await.unwrap().len(), 1);
    })
    .await;
}
