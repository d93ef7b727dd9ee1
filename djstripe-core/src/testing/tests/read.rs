use std::time::Duration;

use djstripe_models::DESCRIPTORS;
use serde_json::{Value, json};

use super::{FakeStripe, get, send};

/// One of each related object, with some references to objects that do not exist.
async fn shop() -> FakeStripe {
    let stripe = FakeStripe::start().await.unwrap();
    for object in [
        json!({ "object": "product", "id": "prod_1", "default_price": "price_1" }),
        json!({ "object": "price", "id": "price_1", "product": "prod_1" }),
        json!({ "object": "customer", "id": "cus_1", "default_source": null, "email": "a@example.com" }),
        json!({ "object": "tax_id", "id": "txi_1", "customer": "cus_1" }),
        json!({ "object": "invoice", "id": "in_1", "customer": "cus_1", "latest_revision": null }),
        json!({ "object": "subscription", "id": "sub_1", "customer": "cus_1", "latest_invoice": "in_1",
            "default_payment_method": "pm_gone", "status": "active", "discounts": ["di_1", "di_gone"],
            "items": { "object": "list", "data": [{ "id": "si_1", "object": "subscription_item",
                "price": { "id": "price_1", "object": "price", "product": "prod_1" } }] } }),
        json!({ "object": "discount", "id": "di_1", "customer": "cus_1" }),
        json!({ "object": "charge", "id": "ch_1", "customer": "cus_gone" }),
    ] {
        stripe.insert(object);
    }

    stripe.insert(json!({ "object": "customer", "id": "cus_gone" }));
    stripe.remove("customer", "cus_gone");
    stripe
}

#[tokio::test]
async fn every_object_is_retrieved_at_its_path() {
    let stripe = FakeStripe::start().await.unwrap();
    for descriptor in DESCRIPTORS {
        let Some(retrieve) = descriptor.retrieve else {
            continue;
        };
        let mut object = json!({ "object": descriptor.object, "id": "x_1" });
        let mut parts: Vec<&str> = retrieve.split('/').collect();
        for part in parts.iter_mut().filter(|part| part.starts_with('{')) {
            object[part.trim_matches(['{', '}'])] = "p_1".into();
            *part = "p_1";
        }
        object["id"] = "x_1".into();
        *parts.last_mut().unwrap() = "x_1";
        stripe.insert(object);
        let response = get(&stripe, &parts.join("/")).await;
        assert_eq!(
            (response.status, &response.body["object"]),
            (200, &json!(descriptor.object)),
            "{retrieve}"
        );
    }
}

#[tokio::test]
async fn what_is_missing_is_worded_as_stripe_does() {
    let stripe = shop().await;
    let check = async |path: &str, status: u16, message: &str, code: Value, param: Value| {
        let response = get(&stripe, path).await;
        let error = &response.body["error"];
        assert_eq!(
            (response.status, error["message"].as_str()),
            (status, Some(message)),
            "{path}"
        );
        assert_eq!((&error["code"], &error["param"]), (&code, &param), "{path}");
        assert_eq!(error["type"], "invalid_request_error", "{path}");

        let request = response.header("request-id").unwrap();
        assert!(
            error["request_log_url"]
                .as_str()
                .unwrap()
                .ends_with(request),
            "{path}"
        );
    };

    let missing = || json!("resource_missing");
    check(
        "/v1/customers/cus_x",
        404,
        "No such customer: 'cus_x'",
        missing(),
        json!("id"),
    )
    .await;
    check(
        "/v1/payment_methods/pm_x",
        404,
        "No such PaymentMethod: 'pm_x'",
        missing(),
        json!("id"),
    )
    .await;
    check(
        "/v1/customers/cus_2/tax_ids/txi_1",
        404,
        "No such tax_id: 'txi_1'",
        missing(),
        json!("id"),
    )
    .await;

    let no_discount = "No active discount for customer: cus_2";
    check(
        "/v1/customers/cus_2/discount",
        404,
        no_discount,
        missing(),
        Value::Null,
    )
    .await;

    let no_external = "No such external account: 'ba_1'";
    check(
        "/v1/accounts/acct_1/external_accounts/ba_1",
        404,
        no_external,
        missing(),
        json!("id"),
    )
    .await;

    let no_item = "Invalid subscription_item id: si_x";
    check(
        "/v1/subscription_items/si_x",
        404,
        no_item,
        Value::Null,
        json!("subscription_item"),
    )
    .await;

    let no_path = "Unrecognized request URL (GET: /v1/baskets).";
    check("/v1/baskets", 404, no_path, Value::Null, Value::Null).await;
}

#[tokio::test]
async fn removed_customers_say_so_until_they_are_purged() {
    let stripe = shop().await;
    let gone = get(&stripe, "/v1/customers/cus_gone").await;
    assert_eq!(
        (gone.status, gone.body),
        (
            200,
            json!({ "id": "cus_gone", "object": "customer", "deleted": true })
        )
    );

    stripe.purge("customer", "cus_1");
    assert_eq!(get(&stripe, "/v1/customers/cus_1").await.status, 404);

    stripe.remove("product", "prod_1");
    assert_eq!(get(&stripe, "/v1/products/prod_1").await.status, 404);

    stripe.insert(json!({ "object": "customer", "id": "cus_gone" }));
    assert_eq!(
        get(&stripe, "/v1/customers/cus_gone").await.body["deleted"],
        Value::Null
    );
}

#[tokio::test]
async fn what_there_is_once_needs_no_id() {
    let stripe = shop().await;
    let check = async |path: &str, pointer: &str, expected: Value| {
        let response = get(&stripe, path).await;
        assert_eq!(
            (response.status, response.body.pointer(pointer)),
            (200, Some(&expected)),
            "{path}"
        );
    };

    check("/v1/balance", "/object", json!("balance")).await;
    check("/v1/customers/cus_1/discount", "/id", json!("di_1")).await;
    check(
        "/v1/customers/cus_1/cash_balance",
        "/customer",
        json!("cus_1"),
    )
    .await;

    let balance = stripe.insert(json!({ "object": "balance", "available": [{ "amount": 7 }] }));
    assert_eq!(balance.get("id"), None);
    check("/v1/balance", "/available/0/amount", json!(7)).await;
}

#[tokio::test]
async fn expand_puts_objects_in_place_of_ids() {
    let stripe = shop().await;
    let check = async |path: &str, pointer: &str, expected: Value| {
        let response = get(&stripe, path).await;
        assert_eq!(
            (response.status, response.body.pointer(pointer)),
            (200, Some(&expected)),
            "{path}"
        );
    };

    check("/v1/subscriptions/sub_1", "/customer", json!("cus_1")).await;
    check(
        "/v1/subscriptions/sub_1?expand[]=customer",
        "/customer/email",
        json!("a@example.com"),
    )
    .await;
    check(
        "/v1/subscriptions/sub_1?expand[0]=latest_invoice.customer",
        "/latest_invoice/customer/id",
        json!("cus_1"),
    )
    .await;
    check(
        "/v1/subscriptions/sub_1?expand%5B%5D=items.data.price.product",
        "/items/data/0/price/product/id",
        json!("prod_1"),
    )
    .await;
    check(
        "/v1/subscriptions/sub_1?expand[]=discounts",
        "/discounts/0/id",
        json!("di_1"),
    )
    .await;
    check(
        "/v1/subscriptions/sub_1?expand[]=discounts",
        "/discounts/1",
        json!("di_gone"),
    )
    .await;
    check(
        "/v1/subscriptions/sub_1?expand[]=default_payment_method.customer",
        "/default_payment_method",
        json!("pm_gone"),
    )
    .await;
    check(
        "/v1/customers/cus_1?expand[]=default_source.customer",
        "/default_source",
        Value::Null,
    )
    .await;
    check(
        "/v1/subscriptions?expand[]=data.customer&expand[]=data.latest_invoice",
        "/data/0/latest_invoice/id",
        json!("in_1"),
    )
    .await;
    check(
        "/v1/subscriptions?expand[]=data.items.data.price",
        "/data/0/items/data/0/price/product",
        json!("prod_1"),
    )
    .await;
    check(
        "/v1/charges/ch_1?expand[]=customer",
        "/customer/deleted",
        json!(true),
    )
    .await;
    check(
        "/v1/customers/cus_1?expand[]=tax_ids",
        "/tax_ids/data/0/id",
        json!("txi_1"),
    )
    .await;
    check(
        "/v1/customers/cus_1?expand[]=subscriptions.data.latest_invoice",
        "/subscriptions/data/0/latest_invoice/id",
        json!("in_1"),
    )
    .await;
}

#[tokio::test]
async fn what_cant_be_expanded_is_refused() {
    let stripe = shop().await;
    for expand in ["email", "created", "baskets", "data.customer", "a.b.c.d.e"] {
        let response = get(&stripe, &format!("/v1/customers/cus_1?expand[]={expand}")).await;
        assert_eq!(response.error(), (400, None, Some("expand")), "{expand}");
    }
    let response = get(&stripe, "/v1/customers?expand[]=default_source").await;
    assert_eq!(response.error(), (400, None, Some("expand")));
}

#[tokio::test]
async fn keys_decide_the_mode_and_strangers_are_refused() {
    let stripe = shop().await;
    stripe
        .live()
        .insert(json!({ "object": "customer", "id": "cus_live" }));

    let check = async |authorization: &str, path: &str, status: u16| {
        let response = send(
            &stripe,
            "GET",
            path,
            "",
            &[("authorization", authorization)],
        )
        .await
        .unwrap();

        assert_eq!(response.status, status, "{authorization} {path}");
        assert!(
            !response.body.to_string().contains("sk_"),
            "the error repeats the key: {}",
            response.body
        );
        stripe.requests().pop().unwrap()
    };

    assert!(
        !check("Bearer sk_test_any", "/v1/customers/cus_1", 200)
            .await
            .livemode
    );
    assert!(
        !check("Bearer rk_test_any", "/v1/customers/cus_1", 200)
            .await
            .livemode
    );
    assert!(
        check("Bearer sk_live_any", "/v1/customers/cus_live", 200)
            .await
            .livemode
    );
    check("Bearer sk_live_any", "/v1/customers/cus_1", 404).await;
    check("Bearer sk_test_any", "/v1/customers/cus_live", 404).await;

    for wrong in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer pk_test_any",
        "Bearer sk_test_",
        "Bearer sk_any",
        "sk_test_any",
    ] {
        check(wrong, "/v1/customers/cus_1", 401).await;
    }
}

#[tokio::test]
async fn requests_are_written_down_without_keys() {
    let stripe = shop().await;
    let headers = [
        ("stripe-version", "2024-06-20"),
        ("stripe-account", "acct_x"),
        ("idempotency-key", "k_1"),
    ];
    let response = send(&stripe, "POST", "/v1/customers?a=b", "email=c", &headers)
        .await
        .unwrap();

    assert_eq!(response.header("stripe-version"), Some("2024-06-20"));
    assert_eq!(response.header("content-type"), Some("application/json"));

    let requests = stripe.requests();
    let [request] = &requests[..] else {
        panic!("{requests:?}")
    };
    assert_eq!(
        (
            &*request.method,
            &*request.path,
            &*request.query,
            &*request.body
        ),
        ("POST", "/v1/customers", "a=b", "email=c")
    );
    assert_eq!(
        (request.account.as_deref(), request.api_version.as_deref()),
        (Some("acct_x"), Some("2024-06-20"))
    );
    assert_eq!(
        (request.idempotency_key.as_deref(), request.status),
        (Some("k_1"), 403)
    );
    assert_eq!(Some(&*request.request_id), response.header("request-id"));
    assert!(!format!("{request:?}").contains("sk_test"));

    stripe.clear_requests();
    assert!(stripe.requests().is_empty());
}

#[tokio::test]
async fn the_clock_is_turned_forwards_only_when_asked() {
    let stripe = FakeStripe::start().await.unwrap();
    let before = stripe.now();
    let first = stripe.insert(json!({ "object": "customer", "id": "cus_1" }));
    stripe.advance(Duration::from_secs(86_400));
    let second = stripe.insert(json!({ "object": "customer" }));

    assert!((before..before + 60).contains(&first["created"].as_i64().unwrap()));
    assert!(second["created"].as_i64().unwrap() >= before + 86_400);
    assert!(second["id"].as_str().unwrap().starts_with("cus_"));

    let replaced = stripe.insert(json!({ "object": "customer", "id": "cus_1", "name": "Ann" }));
    assert_eq!(
        (&replaced["created"], stripe.objects("customer").len()),
        (&first["created"], 2)
    );
}

#[tokio::test]
async fn objects_of_api_v2_have_their_times_as_text() {
    let stripe = FakeStripe::start().await.unwrap();
    let created = "2023-11-14T22:13:20.000Z";
    stripe.insert(json!({ "object": "v2.core.account", "id": "acct_1" }));
    stripe.insert(json!({ "object": "v2.core.account", "id": "acct_2", "created": created }));

    let account = get(&stripe, "/v2/core/accounts/acct_1").await;
    let made = account.body["created"].as_str().unwrap();
    let made = humantime::parse_rfc3339(made).unwrap();
    assert!((stripe.now() - crate::timestamp::unix_seconds(made)).abs() < 60);

    // They are ordered by it like all others.
    let ids = stripe.objects("v2.core.account");
    let ids: Vec<&Value> = ids.iter().map(|account| &account["id"]).collect();
    assert_eq!(ids, ["acct_1", "acct_2"]);

    let destination = stripe.fixture("v2.core.event_destination", json!({ "id": "ed_1" }));
    assert!(
        destination["updated"].as_str().unwrap().ends_with('Z'),
        "{destination}"
    );
}

#[tokio::test]
async fn dropping_the_last_handle_stops_it() {
    let stripe = shop().await;
    let (other, url, client) = (
        stripe.clone(),
        format!("{}/v1/balance", stripe.base_url()),
        super::http_client(),
    );
    let request = async || client.get(&url).bearer_auth("sk_test_1").send().await;
    drop(stripe);

    assert_eq!(
        request().await.unwrap().bytes().await.map(|_| ()).ok(),
        Some(())
    );

    drop(other);
    for _ in 0..100 {
        if request().await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    panic!("the server still answers on an open connection");
}
