//! The user of a customer does not depend on the order in which events arrive.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_source_replaces_the_links_of_those_after_it_in_any_order() {
    on_both_backends(async |database| {
        let shop = shop(&database, &ALL).await;
        let email = json!("user2@example.com");
        shop.customer("cus_1", json!({}), email.clone()).await;
        assert_eq!(shop.user_of("cus_1").await.as_deref(), Some("2"));
        shop.session("cus_1", json!("1"), json!({})).await;
        assert_eq!(shop.user_of("cus_1").await.as_deref(), Some("1"));

        // Nor does a later event of the same email, or another reference, move it back.
        shop.customer("cus_1", json!({}), email.clone()).await;
        shop.session("cus_1", json!("2"), json!({})).await;
        assert_eq!(shop.user_of("cus_1").await.as_deref(), Some("1"));

        // A reference to a user who isn't there yet keeps waiting beside the link of the email.
        shop.customer("cus_2", json!({}), email.clone()).await;
        shop.session("cus_2", json!("7"), json!({})).await;
        assert_eq!(shop.user_of("cus_2").await.as_deref(), Some("2"));
        shop.add_user(7, "seven@example.com").await;
        assert_eq!(shop.linked(7).await, ["cus_2"]);
        assert_eq!(shop.user_of("cus_2").await.as_deref(), Some("7"));

        // The same in the other order.
        shop.stripe
            .insert(json!({ "object": "customer", "id": "cus_3" }));
        shop.session("cus_3", json!("8"), json!({})).await;
        shop.customer("cus_3", json!({}), email).await;
        assert_eq!(shop.user_of("cus_3").await.as_deref(), Some("2"));
        shop.add_user(8, "eight@example.com").await;
        assert_eq!(shop.linked(8).await, ["cus_3"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_metadata_names_waits_whatever_an_email_links_meanwhile() {
    on_both_backends(async |database| {
        let shop = shop(&database, &ALL).await;
        shop.stripe
            .insert(json!({ "object": "customer", "id": "cus_1" }));
        shop.session("cus_1", json!(null), json!({ "user_id": "9" }))
            .await;
        shop.customer("cus_1", json!({}), json!("user2@example.com"))
            .await;
        assert_eq!(shop.user_of("cus_1").await.as_deref(), Some("2"));
        shop.add_user(9, "nine@example.com").await;
        assert_eq!(shop.linked(9).await, ["cus_1"]);
        assert_eq!(shop.user_of("cus_1").await.as_deref(), Some("9"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_event_of_a_customer_names_nobody() {
    on_both_backends(async |database| {
        let shop = shop(&database, &ALL).await;
        let customer = |email: &str, user: &str| {
            json!({
                "object": "customer", "id": "cus_1", "email": email,
                "metadata": { "user_id": user },
            })
        };
        let old = shop
            .stripe
            .emit("customer.created", &customer("old@example.com", "1"));
        shop.stripe.insert(customer("new@example.com", "2"));
        shop.tells("customer.updated", &customer("new@example.com", "2"))
            .await;
        shop.stripe.deliver_to(&shop.app, &[old]).await.unwrap();
        assert_eq!(shop.user_of("cus_1").await.as_deref(), Some("2"));

        let customer = |email: &str| json!({ "object": "customer", "id": "cus_2", "email": email });
        let old = shop
            .stripe
            .emit("customer.created", &customer("old@example.com"));
        shop.stripe.insert(customer("new@example.com"));
        shop.tells("customer.updated", &customer("new@example.com"))
            .await;
        shop.stripe.deliver_to(&shop.app, &[old]).await.unwrap();
        shop.add_user(5, "new@example.com").await;
        let five = Subscriber {
            email: Some("new@example.com".to_owned()),
            ..Subscriber::from(5)
        };
        assert_eq!(shop.linked(&five).await, ["cus_2"]);
    })
    .await;
}
