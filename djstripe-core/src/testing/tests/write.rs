use serde_json::{Value, json};

use super::{FakeStripe, delete, get, post, send};

#[tokio::test]
async fn objects_are_made_changed_and_deleted() {
    let stripe = FakeStripe::start().await.unwrap();
    let made = post(
        &stripe,
        "/v1/customers",
        "email=a%40example.com&metadata[a]=1&metadata[b]=2&address[city]=Ulm",
    )
    .await;

    let id = made.body["id"].as_str().unwrap();
    assert!(id.starts_with("cus_"), "{id}");
    assert_eq!(
        (&made.body["metadata"], &made.body["address"]["city"]),
        (&json!({ "a": "1", "b": "2" }), &json!("Ulm"))
    );

    let path = format!("/v1/customers/{id}");
    let changed = post(&stripe, &path, "email=&metadata[a]=&metadata[c]=3").await;
    assert_eq!(
        (&changed.body["email"], &changed.body["metadata"]),
        (&Value::Null, &json!({ "b": "2", "c": "3" }))
    );
    assert_eq!(
        post(&stripe, &path, "metadata=").await.body["metadata"],
        json!({})
    );
    assert_eq!(
        get(&stripe, &path).await.body,
        stripe.get("customer", id).unwrap()
    );

    let deleted = delete(&stripe, &path).await;
    assert_eq!(
        deleted.body,
        json!({ "id": id, "object": "customer", "deleted": true })
    );
    assert_eq!(get(&stripe, &path).await.body, deleted.body);
    assert_eq!(
        (
            delete(&stripe, &path).await.status,
            post(&stripe, &path, "email=b").await.status
        ),
        (404, 404)
    );
    assert_eq!(
        post(&stripe, "/v1/coupons", "id=half&percent_off=50")
            .await
            .body["percent_off"],
        50
    );

    let again = post(&stripe, "/v1/coupons", "id=half&percent_off=50").await;
    assert_eq!(
        again.error(),
        (400, Some("resource_already_exists"), Some("id"))
    );

    stripe.insert(json!({ "object": "charge", "id": "ch_1" }));
    assert_eq!(delete(&stripe, "/v1/charges/ch_1").await.status, 400);
}

#[tokio::test]
async fn subscriptions_have_a_list_of_items_and_are_canceled() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.insert(json!({ "object": "price", "id": "price_1", "unit_amount": 700 }));
    let made = post(
        &stripe,
        "/v1/subscriptions",
        "customer=cus_1&items[0][price]=price_1&expand[]=items.data.price",
    )
    .await;

    assert_eq!(
        made.body.pointer("/items/data/0/price/unit_amount"),
        Some(&json!(700)),
        "{}",
        made.body
    );

    let path = format!("/v1/subscriptions/{}", made.body["id"].as_str().unwrap());
    let canceled = delete(&stripe, &path).await;
    assert_eq!(
        (canceled.status, &canceled.body["status"]),
        (200, &json!("canceled"))
    );
    assert_eq!(get(&stripe, &path).await.body["status"], "canceled");
}

#[tokio::test]
async fn what_belongs_to_a_parent_is_made_below_it() {
    let stripe = FakeStripe::start().await.unwrap();
    let made = post(
        &stripe,
        "/v1/customers/cus_1/tax_ids",
        "type=eu_vat&value=DE1",
    )
    .await;

    assert_eq!(
        (&made.body["customer"], &made.body["type"]),
        (&json!("cus_1"), &json!("eu_vat"))
    );

    stripe.insert(json!({ "object": "card", "id": "card_1", "account": "acct_1" }));
    let card = "/v1/accounts/acct_1/external_accounts/card_1";
    assert_eq!(
        post(&stripe, card, "default_for_currency=true").await.body["default_for_currency"],
        true
    );
    assert_eq!(delete(&stripe, card).await.body["deleted"], true);

    stripe.insert(json!({ "object": "discount", "id": "di_1", "customer": "cus_1" }));
    assert_eq!(
        delete(&stripe, "/v1/customers/cus_2/discount").await.status,
        404
    );
    assert_eq!(
        delete(&stripe, "/v1/customers/cus_1/discount").await.body["id"],
        "di_1"
    );
    assert_eq!(
        get(&stripe, "/v1/customers/cus_1/discount").await.status,
        404
    );
}

#[tokio::test]
async fn an_endpoint_shows_its_secret_once() {
    let stripe = FakeStripe::start().await.unwrap();
    let form = "url=https%3A%2F%2Fexample.com%2Fhook&enabled_events[]=customer.created\
                &enabled_events[]=*&api_version=2024-06-20";
    let made = post(&stripe, "/v1/webhook_endpoints", form).await;
    assert!(
        made.body["secret"].as_str().unwrap().starts_with("whsec_"),
        "{}",
        made.body
    );
    assert_eq!(
        made.body["enabled_events"],
        json!(["customer.created", "*"])
    );
    assert_eq!(
        (&made.body["api_version"], &made.body["status"]),
        (&json!("2024-06-20"), &json!("enabled"))
    );

    let path = format!(
        "/v1/webhook_endpoints/{}",
        made.body["id"].as_str().unwrap()
    );
    assert_eq!(get(&stripe, &path).await.body.get("secret"), None);
    assert_eq!(
        get(&stripe, "/v1/webhook_endpoints").await.body["data"][0].get("secret"),
        None
    );

    let changed = post(
        &stripe,
        &path,
        "disabled=true&enabled_events[0]=price.created",
    )
    .await
    .body;

    assert_eq!(
        (changed.get("secret"), &changed["status"]),
        (None, &json!("disabled"))
    );
    assert_eq!(changed["enabled_events"], json!(["price.created"]));
    assert_eq!(delete(&stripe, &path).await.body["deleted"], true);
    assert_eq!(get(&stripe, &path).await.status, 404);

    let incomplete = post(&stripe, "/v1/webhook_endpoints", "url=x").await;
    assert_eq!(
        incomplete.error(),
        (400, Some("parameter_missing"), Some("enabled_events"))
    );
}

#[tokio::test]
async fn the_same_key_with_the_same_parameters_is_the_same_request() {
    let stripe = FakeStripe::start().await.unwrap();
    let make = async |body: &str, key: &str| {
        send(
            &stripe,
            "POST",
            "/v1/customers",
            body,
            &[("idempotency-key", key)],
        )
        .await
        .unwrap()
    };

    let first = make("name=Ann", "k_1").await;
    let again = make("name=Ann", "k_1").await;
    assert_eq!(
        (
            first.header("idempotent-replayed"),
            again.header("idempotent-replayed")
        ),
        (None, Some("true"))
    );
    assert_eq!(
        (&first.body, first.header("request-id")),
        (&again.body, again.header("original-request"))
    );
    assert_ne!(first.body["id"], make("name=Ann", "k_2").await.body["id"]);
    assert_eq!(stripe.objects("customer").len(), 2);

    let other = make("name=Bob", "k_1").await;
    assert_eq!(
        (other.status, &other.body["error"]["type"]),
        (400, &json!("idempotency_error"))
    );
    assert_eq!(other.header("stripe-should-retry"), Some("false"));

    // A refused request leaves nothing under its key.
    let path = "/v1/customers/cus_x";
    let change = async || {
        send(
            &stripe,
            "POST",
            path,
            "name=Eve",
            &[("idempotency-key", "k_3")],
        )
        .await
        .unwrap()
        .status
    };

    assert_eq!(change().await, 404);

    stripe.insert(json!({ "object": "customer", "id": "cus_x" }));
    assert_eq!(change().await, 200);

    // Each account has idempotency keys of its own.
    stripe.on("acct_1");
    let headers = [("idempotency-key", "k_1"), ("stripe-account", "acct_1")];
    let elsewhere = send(&stripe, "POST", "/v1/customers", "name=Ann", &headers)
        .await
        .unwrap();

    assert_eq!(
        (elsewhere.status, elsewhere.header("idempotent-replayed")),
        (200, None)
    );
}

#[tokio::test]
async fn no_id_comes_twice_from_another_fake_stripe() {
    let made = async || {
        let stripe = FakeStripe::start().await.unwrap();
        let customer = post(&stripe, "/v1/customers", "email=a%40example.com").await;
        customer.body["id"].as_str().unwrap().to_owned()
    };
    let (first, second) = (made().await, made().await);
    assert!(first != second, "{first}");
}

#[tokio::test]
async fn a_form_nested_too_deep_is_refused_and_the_fake_goes_on() {
    let stripe = FakeStripe::start().await.unwrap();
    let nested = format!("metadata{}=1", "[a]".repeat(100_000));
    for path in ["/v1/customers", "/v1/payment_intents/pi_1/confirm"] {
        let refused = post(&stripe, path, &nested).await;
        assert_eq!(refused.error(), (400, None, Some("metadata")), "{path}");
        assert_eq!(refused.body["error"]["type"], "invalid_request_error");
    }
    let query = format!("/v1/customers?created{}=1", "[a]".repeat(1_000));
    assert_eq!(get(&stripe, &query).await.status, 400);
    assert_eq!(post(&stripe, "/v1/customers", "name=Ann").await.status, 200);
}
