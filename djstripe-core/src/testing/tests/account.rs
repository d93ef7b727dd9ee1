use serde_json::json;

use super::{FakeStripe, delete, get, post, send};

async fn status_on(stripe: &FakeStripe, account: &str, path: &str) -> u16 {
    send(stripe, "GET", path, "", &[("stripe-account", account)])
        .await
        .unwrap()
        .status
}

#[tokio::test]
async fn accounts_are_kept_apart() {
    let stripe = FakeStripe::start().await.unwrap();
    let connected = stripe.on("acct_1");
    stripe.insert(json!({ "object": "customer", "id": "cus_own" }));
    connected.insert(json!({ "object": "customer", "id": "cus_theirs" }));

    let check = async |account: &str, path: &str, status: u16| {
        assert_eq!(
            status_on(&stripe, account, path).await,
            status,
            "{account} {path}"
        );
    };

    check("acct_1", "/v1/customers/cus_theirs", 200).await;
    check("acct_1", "/v1/customers/cus_own", 404).await;
    check("acct_2", "/v1/customers/cus_own", 403).await;
    assert_eq!(get(&stripe, "/v1/customers/cus_theirs").await.status, 404);
    assert_eq!(connected.objects("customer").len(), 1);
    assert_eq!(
        (connected.base_url(), connected.now() - stripe.now() < 2),
        (stripe.base_url(), true)
    );
}

#[tokio::test]
async fn strangers_accounts_are_refused() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.on("acct_1");
    let response = send(
        &stripe,
        "GET",
        "/v1/balance",
        "",
        &[("stripe-account", "acct_2")],
    )
    .await
    .unwrap();

    assert_eq!(response.error(), (403, Some("account_invalid"), None));
    assert!(
        response.body["error"]["message"]
            .as_str()
            .unwrap()
            .contains("'acct_2'")
    );
    assert_eq!(status_on(&stripe, "acct_1", "/v1/balance").await, 200);

    stripe.disconnect("acct_1");
    assert_eq!(status_on(&stripe, "acct_1", "/v1/balance").await, 403);
    assert_eq!(get(&stripe, "/v1/accounts/acct_1").await.status, 403);
}

#[tokio::test]
async fn accounts_are_objects_too() {
    let stripe = FakeStripe::start().await.unwrap();
    assert_eq!(get(&stripe, "/v1/account").await.body["id"], "acct_fake");

    stripe.insert(json!({ "object": "account", "id": "acct_me" }));
    let connected = stripe.on("acct_1");
    let own = async |account: &str| {
        let response = send(
            &stripe,
            "GET",
            "/v1/account",
            "",
            &[("stripe-account", account)],
        )
        .await
        .unwrap();
        response.body["id"].clone()
    };

    assert_eq!(
        (own("").await, own("acct_1").await),
        (json!("acct_me"), json!("acct_1"))
    );
    assert_eq!(
        get(&stripe, "/v1/accounts/acct_1").await.body,
        json!({ "id": "acct_1", "object": "account" })
    );

    connected.insert(json!({ "object": "account", "id": "acct_1", "email": "shop@example.com" }));
    assert_eq!(
        get(&stripe, "/v1/accounts/acct_1").await.body["email"],
        "shop@example.com"
    );
    assert_eq!(
        get(&stripe, "/v1/accounts/acct_9").await.error(),
        (404, Some("resource_missing"), Some("id"))
    );

    let made = post(&stripe, "/v1/accounts", "type=express").await;
    let id = made.body["id"].as_str().unwrap();
    assert_eq!(status_on(&stripe, id, "/v1/balance").await, 200);
    assert_eq!(
        delete(&stripe, &format!("/v1/accounts/{id}")).await.body["deleted"],
        true
    );
    assert_eq!(status_on(&stripe, id, "/v1/balance").await, 403);
}

#[tokio::test]
async fn keys_reach_a_connected_account_in_both_modes() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe
        .on("acct_1")
        .live()
        .insert(json!({ "object": "customer", "id": "cus_live" }));

    assert_eq!(
        status_on(&stripe.live(), "acct_1", "/v1/customers/cus_live").await,
        200
    );
    assert_eq!(
        status_on(&stripe, "acct_1", "/v1/customers/cus_live").await,
        404
    );
}
