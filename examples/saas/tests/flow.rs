//! The whole flow, from sign-up to cancelled, on each kind of database.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

mod business;

use business::{Business, PRICE};
use djstripe_core::client::{Method, Request};
use djstripe_core::models::{PaymentIntent, Subscription};
use djstripe_core::testing::TestDatabase;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn from_sign_up_to_cancelled_on_sqlite() {
    from_sign_up_to_cancelled(TestDatabase::sqlite().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_sign_up_to_cancelled_on_postgresql() {
    let Ok(server) = std::env::var("DJSTRIPE_TEST_POSTGRES") else {
        panic!("this test needs PostgreSQL: run `cargo xtask test`");
    };
    from_sign_up_to_cancelled(TestDatabase::postgres(&server).await.unwrap()).await;
}

async fn from_sign_up_to_cancelled(database: TestDatabase) {
    let business = Business::open(&database, true).await;
    let stripe = &business.stripe;
    let client = business.app.client().unwrap();

    // Nobody is known yet.
    assert_eq!(business.get("/users/ann").await.0, 404);
    assert_eq!(business.post("/users/ann/checkout", "").await.0, 404);

    let (status, _) = business.post("/users/ann", "ann@example.com").await;
    assert_eq!(status, 201);
    let free = "ann@example.com is on free, workspace: none";
    assert_eq!(business.get("/users/ann").await, (200, free.to_owned()));

    // A second click leads to the same page.
    let (status, page) = business.post("/users/ann/checkout", "").await;
    assert_eq!(status, 303);
    assert_eq!(business.post("/users/ann/checkout", "").await.1, page);
    let session = page.rsplit('/').next().unwrap();

    // Ann pays, and Stripe tells of it: all events twice, the last ones first.
    let confirm = Request::new(
        Method::Post,
        &format!("/v1/payment_pages/{session}/confirm"),
    )
    .param("payment_method", "pm_card_visa");
    client.send(&confirm).await.unwrap();
    business.hears_all().await;
    let pro = "ann@example.com is on pro, workspace: open";
    assert_eq!(business.get("/users/ann").await, (200, pro.to_owned()));
    assert_eq!(business.subjects(), ["Welcome! Your workspace is ready"]);

    // Ann's bank disputes another payment; the evidence is submitted once.
    let customer = business.app.users().customer("ann").await.unwrap().unwrap();
    let payment = json!({
        "amount": 900, "currency": "eur", "customer": customer, "confirm": true,
        "payment_method": "pm_card_createDispute",
    });
    client.create::<PaymentIntent>(payment).await.unwrap();
    business.hears_all().await;
    let disputes = stripe.objects("dispute");
    let evidence = &disputes[0]["evidence"]["product_description"];
    assert!(
        evidence
            .as_str()
            .unwrap()
            .starts_with("Access to the workspace")
    );
    let submissions = stripe.count_requests(|request| {
        request.method == "POST" && request.path.starts_with("/v1/disputes/")
    });
    assert_eq!((disputes.len(), submissions), (1, 1));

    // The portal is where Ann cancels.
    let (status, page) = business.post("/users/ann/portal", "").await;
    assert!(status == 303 && page.starts_with("https://"), "{page}");
    let subscriptions = stripe.objects("subscription");
    let id = subscriptions[0]["id"].as_str().unwrap();
    client.delete::<Subscription>(id).await.unwrap();
    business.hears_all().await;
    let closed = "ann@example.com is on free, workspace: closed";
    assert_eq!(business.get("/users/ann").await, (200, closed.to_owned()));
    assert_eq!(
        business.subjects(),
        [
            "Welcome! Your workspace is ready",
            "Your subscription has ended"
        ]
    );
    assert_eq!(business.failed().await, 0);

    // Ann comes back: the same workspace, another subscription.
    let (_, page) = business.post("/users/ann/checkout", "").await;
    let again = page.rsplit('/').next().unwrap();
    assert_ne!(again, session);
    let confirm = Request::new(Method::Post, &format!("/v1/payment_pages/{again}/confirm"))
        .param("payment_method", "pm_card_visa");
    client.send(&confirm).await.unwrap();
    business.hears_all().await;
    assert_eq!(business.get("/users/ann").await, (200, pro.to_owned()));
    assert_eq!(business.subjects().len(), 2, "one welcome is enough");
    assert!(business.app.is_on("ann", PRICE).await.unwrap());
}
