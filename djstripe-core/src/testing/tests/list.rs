use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{FakeStripe, TestResponse, get};

/// Customers `cus_0` to `cus_24`, created in the seconds 1000, 1000, 1001, 1001, …
async fn customers() -> FakeStripe {
    let stripe = FakeStripe::start().await.unwrap();
    for number in 0..25 {
        stripe.insert(json!({ "object": "customer", "id": format!("cus_{number}"), "created": 1000 + number / 2 }));
    }
    stripe
}

/// The ids of `count` customers from `cus_{from}` downwards.
fn down_from(from: usize, count: usize) -> Vec<String> {
    (0..count)
        .map(|back| format!("cus_{}", from - back))
        .collect()
}

/// Whether the list has another page.
fn is_followed(response: &TestResponse) -> bool {
    response.body["has_more"].as_bool().unwrap()
}

#[tokio::test]
async fn pages_go_both_ways_newest_first() {
    let stripe = customers().await;
    let check = async |query: &str, first: usize, count: usize, has_more: bool| {
        let response = get(&stripe, &format!("/v1/customers?{query}")).await;
        assert_eq!(response.ids(), down_from(first, count), "{query}");
        assert_eq!(is_followed(&response), has_more, "{query}");
    };

    check("", 24, 10, true).await;
    check("limit=3", 24, 3, true).await;
    check("limit=100", 24, 25, false).await;
    check("limit=25", 24, 25, false).await;
    check("limit=24", 24, 24, true).await;
    check("limit=3&starting_after=cus_22", 21, 3, true).await;
    check("limit=3&starting_after=cus_3", 2, 3, false).await;
    check("limit=3&starting_after=cus_1", 0, 1, false).await;

    // Stripe returns the page next to the cursor, not the newest page.
    check("limit=3&ending_before=cus_10", 13, 3, true).await;
    check("limit=3&ending_before=cus_21", 24, 3, false).await;
    check("limit=3&ending_before=cus_23", 24, 1, false).await;

    let none = get(&stripe, "/v1/customers?starting_after=cus_0").await;
    assert_eq!((none.ids().len(), is_followed(&none)), (0, false));

    let none = get(&stripe, "/v1/customers?ending_before=cus_24").await;
    assert_eq!((none.ids().len(), is_followed(&none)), (0, false));

    let empty = get(&stripe, "/v1/products").await;
    assert_eq!(
        empty.body,
        json!({ "object": "list", "data": [], "has_more": false, "url": "/v1/products" })
    );
}

#[tokio::test]
async fn what_is_made_while_paging_shifts_nothing() {
    let stripe = customers().await;
    let first = get(&stripe, "/v1/customers?limit=10").await;
    stripe.insert(json!({ "object": "customer", "id": "cus_new" }));
    stripe.remove("customer", "cus_14");
    let second = get(
        &stripe,
        &format!("/v1/customers?limit=10&starting_after={}", first.ids()[9]),
    )
    .await;

    assert_eq!(second.ids()[..2], ["cus_13", "cus_12"]);

    let newer = get(
        &stripe,
        &format!("/v1/customers?ending_before={}", first.ids()[0]),
    )
    .await;

    assert_eq!(newer.ids(), ["cus_new"]);

    stripe.update("customer", "cus_20", json!({ "name": "Ann" }));
    assert_eq!(
        get(&stripe, "/v1/customers?limit=1&starting_after=cus_21")
            .await
            .ids(),
        ["cus_20"]
    );
}

#[tokio::test]
async fn wrong_parameters_are_refused() {
    let stripe = customers().await;
    let check = async |path: &str, code: Option<&str>, param: Option<&str>| {
        assert_eq!(
            get(&stripe, path).await.error(),
            (400, code, param),
            "{path}"
        );
    };

    let (integer, missing) = (Some("parameter_invalid_integer"), Some("resource_missing"));
    check("/v1/customers?limit=0", integer, Some("limit")).await;
    check("/v1/customers?limit=101", integer, Some("limit")).await;
    check("/v1/customers?limit=ten", integer, Some("limit")).await;
    check(
        "/v1/customers?created[gte]=soon",
        integer,
        Some("created[gte]"),
    )
    .await;
    check(
        "/v1/customers?starting_after=cus_x",
        missing,
        Some("starting_after"),
    )
    .await;
    check(
        "/v1/customers?ending_before=cus_x",
        missing,
        Some("ending_before"),
    )
    .await;
    check(
        "/v1/products?starting_after=prod_x",
        missing,
        Some("starting_after"),
    )
    .await;
    check(
        "/v1/customers?starting_after=cus_1&ending_before=cus_2",
        None,
        None,
    )
    .await;

    let required = Some("parameter_missing");
    check(
        "/v1/entitlements/active_entitlements",
        required,
        Some("customer"),
    )
    .await;
    check(
        "/v1/subscription_items?limit=3",
        required,
        Some("subscription"),
    )
    .await;
}

#[tokio::test]
async fn created_narrows_a_list() {
    let stripe = customers().await;
    let check = async |query: &str, first: usize, count: usize| {
        let response = get(&stripe, &format!("/v1/customers?limit=100&{query}")).await;
        assert_eq!(response.ids(), down_from(first, count), "{query}");
    };

    check("created[gte]=1011", 24, 3).await;
    check("created[gt]=1011", 24, 1).await;
    check("created[lt]=1001", 1, 2).await;
    check("created[lte]=1001", 3, 4).await;
    check("created=1005", 11, 2).await;
    check("created[gte]=1002&created[lt]=1003", 5, 2).await;
    check("created[gte]=1002&starting_after=cus_6", 5, 2).await;
    check("created[lte]=1002&ending_before=cus_3", 5, 2).await;
    check("created[gt]=1002&created[lt]=1001", 0, 0).await;
    check("created%5Bgt%5D=5000", 0, 0).await;
}

#[tokio::test]
async fn fields_narrow_a_list() {
    let stripe = FakeStripe::start().await.unwrap();
    let price = |id: &str| json!({ "object": "list", "data": [{ "id": format!("si_{id}"), "price": { "id": id } }] });
    for object in [
        json!({ "object": "subscription", "id": "sub_1", "customer": "cus_1", "status": "active", "items": price("p_1") }),
        json!({ "object": "subscription", "id": "sub_2", "customer": "cus_1", "status": "canceled", "items": price("p_2") }),
        json!({ "object": "subscription", "id": "sub_3", "customer": { "id": "cus_2" }, "status": "past_due" }),
        json!({ "object": "subscription", "id": "sub_4", "customer": "cus_4", "test_clock": "clock_1" }),
        json!({ "object": "invoice", "id": "in_1", "subscription": "sub_1", "due_date": 50 }),
        json!({ "object": "invoice", "id": "in_2", "due_date": 60,
            "parent": { "subscription_details": { "subscription": "sub_2" } } }),
        json!({ "object": "price", "id": "price_1", "product": "prod_1", "active": true, "lookup_key": "gold",
            "type": "recurring", "recurring": { "interval": "month" } }),
        json!({ "object": "price", "id": "price_2", "product": "prod_1", "active": false, "lookup_key": "iron",
            "type": "one_time" }),
        json!({ "object": "entitlements.active_entitlement", "id": "ent_1", "customer": "cus_1" }),
        json!({ "object": "entitlements.active_entitlement", "id": "ent_2", "customer": "cus_2" }),
        json!({ "object": "event", "id": "evt_1", "type": "customer.created" }),
        json!({ "object": "event", "id": "evt_2", "type": "customer.tax_id.created" }),
        json!({ "object": "event", "id": "evt_3", "type": "price.created" }),
    ] {
        stripe.insert(object);
    }

    let check = async |path: &str, expected: &[&str]| {
        assert_eq!(get(&stripe, path).await.ids(), expected, "{path}")
    };

    check("/v1/subscriptions", &["sub_3", "sub_1"]).await;
    check("/v1/subscriptions?status=all", &["sub_3", "sub_2", "sub_1"]).await;
    check("/v1/subscriptions?status=canceled", &["sub_2"]).await;
    check("/v1/subscriptions?status=ended", &["sub_2"]).await;
    check("/v1/subscriptions?customer=cus_1", &["sub_1"]).await;
    check(
        "/v1/subscriptions?customer=cus_1&status=all",
        &["sub_2", "sub_1"],
    )
    .await;
    check("/v1/subscriptions?customer=cus_2", &["sub_3"]).await;
    check("/v1/subscriptions?customer=cus_3", &[]).await;
    check("/v1/subscriptions?price=p_1", &["sub_1"]).await;
    check("/v1/invoices?subscription=sub_1", &["in_1"]).await;
    check("/v1/invoices?subscription=sub_2", &["in_2"]).await;
    check("/v1/invoices?due_date[gt]=50", &["in_2"]).await;
    check("/v1/prices?active=true", &["price_1"]).await;
    // Archived ones are left out, unless they are asked for.
    check("/v1/prices?product=prod_1", &["price_1"]).await;
    check("/v1/prices?type=one_time&active=false", &["price_2"]).await;
    check("/v1/subscriptions?test_clock=clock_1", &["sub_4"]).await;
    check("/v1/prices?recurring[interval]=month", &["price_1"]).await;
    check(
        "/v1/prices?active=false&lookup_keys[]=iron&lookup_keys[]=tin",
        &["price_2"],
    )
    .await;
    check(
        "/v1/entitlements/active_entitlements?customer=cus_1",
        &["ent_1"],
    )
    .await;
    check("/v1/events?type=customer.created", &["evt_1"]).await;
    check("/v1/events?type=customer.*", &["evt_2", "evt_1"]).await;
    check(
        "/v1/events?types[]=price.created&types[]=customer.created",
        &["evt_3", "evt_1"],
    )
    .await;
    check(
        "/v1/events?types[0]=price.created&types[1]=customer.created",
        &["evt_3", "evt_1"],
    )
    .await;
}

#[tokio::test]
async fn nested_lists_are_found_below_their_parents() {
    let stripe = FakeStripe::start().await.unwrap();
    let lines: Vec<Value> = (0..12)
        .map(|number| json!({ "id": format!("il_{number}"), "object": "line_item" }))
        .collect();

    for object in [
        json!({ "object": "tax_id", "id": "txi_1", "customer": "cus_1" }),
        json!({ "object": "tax_id", "id": "txi_2", "customer": "cus_2" }),
        json!({ "object": "card", "id": "card_1", "customer": "cus_1" }),
        json!({ "object": "bank_account", "id": "ba_2", "customer": "cus_1" }),
        json!({ "object": "card", "id": "card_3", "customer": "cus_1" }),
        json!({ "object": "invoice", "id": "in_1", "lines": { "object": "list", "data": lines } }),
        json!({ "object": "subscription", "id": "sub_1",
            "items": { "object": "list", "data": [{ "id": "si_1" }, { "id": "si_2" }] } }),
        json!({ "object": "subscription_item", "id": "si_9", "subscription": "sub_2" }),
    ] {
        stripe.insert(object);
    }

    let check = async |path: &str, expected: &[&str], has_more: bool| {
        let response = get(&stripe, path).await;
        assert_eq!(
            (response.ids(), is_followed(&response)),
            (expected.to_vec(), has_more),
            "{path}"
        );
    };

    check("/v1/customers/cus_1/tax_ids", &["txi_1"], false).await;
    check(
        "/v1/customers/cus_1/sources",
        &["card_3", "ba_2", "card_1"],
        false,
    )
    .await;
    check(
        "/v1/customers/cus_1/sources?limit=2",
        &["card_3", "ba_2"],
        true,
    )
    .await;
    check(
        "/v1/customers/cus_1/sources?starting_after=ba_2",
        &["card_1"],
        false,
    )
    .await;
    check(
        "/v1/customers/cus_1/sources?ending_before=ba_2",
        &["card_3"],
        false,
    )
    .await;
    check("/v1/customers/cus_1/cards", &["card_3", "card_1"], false).await;
    check("/v1/invoices/in_1/lines?limit=2", &["il_0", "il_1"], true).await;
    let gone = get(&stripe, "/v1/invoices/in_1/lines?starting_after=il_x").await;
    let message = "Invoice in_1 does not have a line item with ID il_x";
    assert_eq!(
        (gone.status, &gone.body["error"]["message"]),
        (400, &message.into())
    );
    check(
        "/v1/invoices/in_1/lines?limit=5&starting_after=il_9",
        &["il_10", "il_11"],
        false,
    )
    .await;
    check(
        "/v1/invoices/in_1/lines?limit=2&ending_before=il_9",
        &["il_7", "il_8"],
        true,
    )
    .await;
    check(
        "/v1/subscription_items?subscription=sub_1",
        &["si_1", "si_2"],
        false,
    )
    .await;
    check(
        "/v1/subscription_items?subscription=sub_2",
        &["si_9"],
        false,
    )
    .await;

    let shown = get(&stripe, "/v1/invoices/in_1").await.body;
    assert_eq!(
        (
            shown["lines"]["data"].as_array().map(Vec::len),
            &shown["lines"]["has_more"]
        ),
        (Some(10), &json!(true))
    );
}

#[tokio::test]
async fn lists_stay_fast_with_200_000_objects() {
    let stripe = FakeStripe::start().await.unwrap();
    for number in 0..200_000 {
        let customer = format!("cus_{}", number % 2);
        stripe.insert(
            json!({ "object": "charge", "id": format!("ch_{number}"), "created": number, "customer": customer }),
        );
    }

    let begin = Instant::now();
    for query in [
        "",
        "&customer=cus_0",
        "&created[lt]=150000",
        "&customer=cus_1&created[gte]=5000",
    ] {
        for cursor in [
            "starting_after=ch_100000",
            "ending_before=ch_100000",
            "limit=1",
        ] {
            let response = get(&stripe, &format!("/v1/charges?{cursor}{query}")).await;
            assert!(
                !response.ids().is_empty() && is_followed(&response),
                "{cursor}{query}"
            );
        }
    }

    // With the indexes each request reads about a dozen objects. Twelve scans of all objects would
    // take many times as long.
    assert!(
        begin.elapsed() < Duration::from_secs(2),
        "{:?}",
        begin.elapsed()
    );
}
