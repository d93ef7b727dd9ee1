//! `events --object ID`: the stored events of an object, and those that Stripe has.

use std::process::Command;

use djstripe_core::testing::{FakeStripe, Fault};
use djstripe_tests::on_both_backends;
use djstripe_tests::process::{quickstart, run};
use serde_json::{Value, json};

use super::Shop;

fn events(stripe: &FakeStripe, database_url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(quickstart());
    command
        .envs([
            ("STRIPE_SECRET_KEY", stripe.api_key().as_str()),
            ("STRIPE_API_BASE", stripe.base_url()),
            ("RUST_LOG", "off"),
        ])
        .args(["events", "list", "--database-url", database_url])
        .args(arguments);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_an_object_are_listed_as_stored_and_as_stripe_has_them() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &[]).await;
        let customer = shop.stripe.fixture("customer", json!({}));
        let other = shop.stripe.fixture("customer", json!({}));
        let id = customer["id"].as_str().unwrap();
        let created = shop.stripe.emit("customer.created", &customer);
        let updated = shop.stripe.emit("customer.updated", &customer);
        let unrelated = shop.stripe.emit("customer.updated", &other);
        for event in [&created, &unrelated] {
            shop.deliver(event).await;
        }

        let list = async |arguments: &[&str]| {
            let arguments = [&["--object", id, "--json"], arguments].concat();
            let (code, out, err) = run(events(&shop.stripe, database.url(), &arguments)).await;
            assert_eq!(code, 0, "{err}");
            let lines = out.lines().map(|line| serde_json::from_str(line).unwrap());
            (lines.collect::<Vec<Value>>(), err)
        };
        let (stored, _) = list(&[]).await;
        assert_eq!(stored.len(), 1);
        assert_eq!(stored[0]["id"], created["id"]);

        let (listed, _) = list(&["--at-stripe"]).await;
        let listed = listed.iter().map(|event| {
            let fields = ["id", "name", "created", "stored"];
            fields.map(|field| event[field].clone())
        });
        let expected = [(&updated, false), (&created, true)].map(|(event, is_stored)| {
            let [id, name, created] = ["id", "type", "created"].map(|field| event[field].clone());
            [id, name, created, is_stored.into()]
        });
        assert_eq!(listed.collect::<Vec<_>>(), expected);
        let (first, err) = list(&["--at-stripe", "--limit", "1"]).await;
        assert_eq!(first.len(), 1);
        assert!(err.contains("there are more"), "{err}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_is_asked_for_the_account_that_an_option_names() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &[]).await;
        shop.stripe
            .insert(json!({ "object": "account", "id": "acct_2" }));
        let theirs = shop.stripe.on("acct_2");
        let customer = theirs.fixture("customer", json!({}));
        let id = customer["id"].as_str().unwrap();
        let event = theirs.emit("customer.created", &customer);
        let at_stripe = ["--object", id, "--at-stripe"];
        let (_, own, _) = run(events(&shop.stripe, database.url(), &at_stripe)).await;
        assert_eq!(own, "");
        let of_account = [&at_stripe[..], &["--account", "acct_2"]].concat();
        let (_, listed, _) = run(events(&shop.stripe, database.url(), &of_account)).await;
        let event = event["id"].as_str().unwrap();
        assert!(listed.contains("not stored  customer.created"), "{listed}");
        assert!(listed.trim_end().ends_with(event), "{listed}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_listed_at_stripe_is_refused() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &[]).await;
        let check = async |arguments: &[&str], code: i32, expected: &str| {
            let (status, out, err) = run(events(&shop.stripe, database.url(), arguments)).await;
            assert_eq!((status, &*out), (code, ""), "{arguments:?} {err}");
            assert!(err.contains(expected), "{arguments:?} {err}");
        };
        check(&["--at-stripe"], 2, "--object").await;
        check(
            &["--object", "cus_1", "--own-account", "acct_1"],
            2,
            "--at-stripe",
        )
        .await;
        check(&["--object", "cus_1", "--at-stripe", "--dead"], 2, "--dead").await;
        let at_stripe = ["--object", "cus_1", "--at-stripe"];
        let live = [&at_stripe[..], &["--live"]].concat();
        check(&live, 1, "no secret key for live mode").await;
        let refused = Fault::status(403).on("/v2/core/events");
        shop.stripe.fail_next(refused);
        check(&at_stripe, 1, "403").await;
    })
    .await;
}
