//! What `check` says of several Stripe accounts in one database.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_a_second_account_is_an_error_until_it_is_declared() {
    on_both_backends(async |database| {
        let stripe = stripe().await;
        let other = stripe.own_account("acct_2");
        insert_endpoint(&other, &EVERYTHING, API_VERSION);
        let place = Place::new(&database)
            .stripe(&stripe)
            .with("STRIPE_WEBHOOK_SECRET", "whsec_1");
        // A comparison is a start, which records whose the key is.
        place.migrate().await;
        assert_ne!(place.run(&["verify", "coupon"]).await.0, 2);

        let second = place.with("STRIPE_SECRET_KEY", &other.api_key());
        let ended = second.check().await;
        assert_eq!(ended.code, 1);
        ended.has(
            "error",
            "accounts",
            "belongs to acct_2, and this database mirrors acct_shop without a declaration",
            "`Builder::account`",
        );

        let keys = format!("acct_2={}", other.api_key());
        let declared = place.with("STRIPE_ACCOUNT_KEYS", &keys).check().await;
        assert_eq!(declared.code, 0, "{:?}", declared.findings);
        assert!(!declared.faults().contains(&"accounts"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_secrets_without_a_key_are_a_warning() {
    on_both_backends(async |database| {
        let place = Place::new(&database);
        place.migrate().await;
        let check = async |secrets: &str, warns: bool| {
            let ended = place.with("STRIPE_WEBHOOK_SECRET", secrets).check().await;
            assert_eq!(ended.faults().contains(&"accounts"), warns, "{secrets}");
        };

        check("whsec_1", false).await;
        check("whsec_1,whsec_2", true).await;
    })
    .await;
}
