//! Pages of Stripe's to which an application sends a user.

use djstripe_core::client::{Method, Request};
use djstripe_core::mirror::{MirrorSettings, Subscriber};
use djstripe_core::users::{Checkout, UserError};
use djstripe_tests::on_both_backends;
use serde_json::json;

use super::*;

fn ann() -> Subscriber {
    Subscriber {
        email: Some("ann@example.com".to_owned()),
        ..Subscriber::from("1")
    }
}

fn checkout(shop: &Shop, price: &str) -> Checkout {
    let checkout = shop.app.checkout(ann(), price);
    checkout.success_url("https://shop.example/welcome")
}

impl Shop {
    /// The user pays on the page of a session.
    async fn pay(&self, session: &str) {
        let path = format!("/v1/payment_pages/{session}/confirm");
        let pay = Request::new(Method::Post, &path).param("payment_method", "pm_card_visa");
        self.app.client().unwrap().send(&pay).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_subscribes_and_is_on_the_price() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await.with_prices();
        assert!(!shop.app.is_on("1", "price_pro").await.unwrap());

        let session = checkout(&shop, "price_pro").await.unwrap();
        assert!(session.url.is_some());
        assert_eq!(session.client_reference_id.as_deref(), Some("1"));
        let session = session.id.clone().unwrap();
        let at_stripe = shop.stripe.get("checkout.session", &session).unwrap();
        assert_eq!(at_stripe["mode"], "subscription");
        assert_eq!(at_stripe["metadata"], json!({ "user_id": "1" }));
        let customers = shop.stripe.objects("customer");
        assert_eq!(customers.len(), 1);
        assert_eq!(customers[0]["email"], "ann@example.com");
        assert_eq!(customers[0]["metadata"]["user_id"], "1");
        let customer = customers[0]["id"].as_str().unwrap();
        assert_eq!(
            shop.app.users().customer(1).await.unwrap().as_deref(),
            Some(customer)
        );

        shop.pay(&session).await;
        shop.hears_all().await;
        let is_on = async |user: i64, price: &str| shop.app.is_on(user, price).await.unwrap();
        assert!(is_on(1, "price_pro").await);
        assert!(
            is_on(1, "prod_pro").await,
            "a product stands for all of its prices"
        );
        assert!(!is_on(1, "price_once").await);
        assert!(!is_on(2, "price_pro").await);

        let portal = shop
            .app
            .portal(1)
            .return_url("https://shop.example")
            .await
            .unwrap();
        assert_eq!(portal.customer.as_deref(), Some(customer));
        assert!(portal.url.is_some());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_checkout_is_the_same_session_until_it_has_ended() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await.with_prices();
        let id = async |checkout: Checkout| checkout.await.unwrap().id.clone().unwrap();

        let first = id(checkout(&shop, "price_once")).await;
        assert_eq!(id(checkout(&shop, "price_once")).await, first);
        let at_stripe = shop.stripe.get("checkout.session", &first).unwrap();
        assert_eq!(at_stripe["mode"], "payment");
        let other = id(checkout(&shop, "price_pro")).await;
        assert_ne!(other, first, "another price is another session");
        let named = id(checkout(&shop, "price_once").attempt("cart-1")).await;
        assert_ne!(named, first);
        assert_eq!(
            id(checkout(&shop, "price_once").attempt("cart-1")).await,
            named
        );

        shop.pay(&first).await;
        shop.hears_all().await;
        let next = id(checkout(&shop, "price_once")).await;
        assert_ne!(next, first, "the user buys it again");
        assert_eq!(
            id(checkout(&shop, "price_once").attempt("cart-1")).await,
            named
        );
        assert_eq!(shop.stripe.objects("customer").len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_who_come_at_once_get_one_customer_each() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await.with_prices();
        let (one, two) = tokio::join!(async { checkout(&shop, "price_pro").await }, async {
            checkout(&shop, "price_once").await
        },);
        let customer = |session: &djstripe_core::models::CheckoutSession| {
            session
                .customer
                .as_ref()
                .and_then(|customer| customer.id().map(str::to_owned))
        };
        assert_eq!(customer(&one.unwrap()), customer(&two.unwrap()));
        assert_eq!(shop.stripe.objects("customer").len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirrored_customer_that_names_the_user_is_reused() {
    on_both_backends(async |database| {
        // No lookup: nothing links the customer when its event comes.
        let settings = MirrorSettings::default().subscriber_key("user_id");
        let shop = Shop::with(&database, settings).await.with_prices();
        let customer = shop.stripe.insert(json!({
            "object": "customer", "id": "cus_1", "metadata": { "user_id": "1" },
        }));
        let created = shop.stripe.emit("customer.created", &customer);
        shop.stripe.deliver_to(&shop.app, &[created]).await.unwrap();
        assert_eq!(shop.app.users().customer("1").await.unwrap(), None);

        checkout(&shop, "price_pro").await.unwrap();
        assert_eq!(
            shop.app.users().customer("1").await.unwrap().as_deref(),
            Some("cus_1")
        );
        assert_eq!(shop.stripe.objects("customer").len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_that_was_created_but_not_stored_is_found() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await.with_prices();
        checkout(&shop, "price_pro").await.unwrap();
        let customer = shop.stripe.objects("customer")[0]["id"].clone();

        // Another database: as if the process had died before it stored the customer.
        let other = TestDatabase::sqlite();
        let settings = Users::settings();
        let builder = Shop::builder(&shop.stripe, &other).secret_key(shop.stripe.api_key());
        let app = builder.mirror(settings).build().await.unwrap();
        let session = app
            .checkout("1", "price_pro")
            .success_url("https://shop.example")
            .await;
        assert_eq!(
            session.unwrap().customer.as_ref().and_then(|it| it.id()),
            customer.as_str()
        );
        assert_eq!(shop.stripe.objects("customer").len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_of_a_session_fits_its_price() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await.with_prices();
        let check = async |checkout: Checkout, expected: &str| {
            shop.stripe.clear_requests();
            checkout.await.unwrap();
            let requests = shop.stripe.requests();
            let created = requests
                .iter()
                .find(|it| it.path == "/v1/checkout/sessions");
            let body = &created.unwrap().body;
            let lines: Vec<&str> = body
                .split('&')
                .filter(|it| it.starts_with("line"))
                .collect();
            assert_eq!(lines.join("&"), expected);
        };

        let line = "line_items[0][price]";
        let quantity = "line_items[0][quantity]";
        check(
            checkout(&shop, "price_pro"),
            &format!("{line}=price_pro&{quantity}=1"),
        )
        .await;
        let three = checkout(&shop, "price_pro").quantity(3);
        check(three, &format!("{line}=price_pro&{quantity}=3")).await;
        check(checkout(&shop, "price_use"), &format!("{line}=price_use")).await;
        let own = checkout(&shop, "price_pro").params(json!({
            "line_items": [{ "price": "price_once", "quantity": 2 }],
        }));
        check(own, &format!("{line}=price_once&{quantity}=2")).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_can_not_be_made_says_what_to_do() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await.with_prices();
        let check = async |checkout: Checkout, expected: &str| {
            let error = checkout.await.unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };

        check(shop.app.checkout("1", "price_pro"), ".success_url(").await;
        check(checkout(&shop, "price_pro").params("x"), "json!({ … })").await;
        check(checkout(&shop, "price_none"), "No such price: 'price_none'").await;
        let empty = shop
            .app
            .checkout("", "price_pro")
            .success_url("https://a.example");
        check(empty, "set `Subscriber::id`").await;
        for name in ["customer", "mode", "client_reference_id"] {
            let params = json!({ name: "x" });
            check(
                checkout(&shop, "price_pro").params(params),
                &format!("`{name}`"),
            )
            .await;
        }
        let live = shop.app.users().livemode(true).checkout("1", "price_pro");
        check(live.success_url("https://a.example"), "STRIPE_SECRET_KEY").await;
        assert_eq!(
            shop.stripe.objects("customer").len(),
            0,
            "nothing was created"
        );

        let portal = shop.app.portal("2").await.unwrap_err();
        assert!(
            matches!(&portal, UserError::NoCustomer { user } if user == "2"),
            "{portal}"
        );
        let error = shop
            .app
            .portal("2")
            .params(json!({ "customer": "cus_1" }))
            .await;
        assert!(error.unwrap_err().to_string().contains("`customer`"));

        let keyless = TestDatabase::sqlite();
        let settings = MirrorSettings::default();
        let builder = Shop::builder(&shop.stripe, &keyless).secret_key(shop.stripe.api_key());
        let app = builder.mirror(settings).build().await.unwrap();
        let without_key = app
            .checkout("1", "price_pro")
            .success_url("https://a.example");
        check(without_key, "subscriber_key(\"user_id\")").await;
    })
    .await;
}
