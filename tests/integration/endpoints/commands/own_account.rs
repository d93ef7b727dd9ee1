//! `endpoints create --own-account`: which of several Stripe accounts an endpoint belongs to.

use djstripe_tests::on_both_backends;
use serde_json::json;

use super::Operator;

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_made_with_the_key_of_its_account() {
    on_both_backends(async |database| {
        let mut operator = Operator::new(&database).await;
        let two = operator.stripe.own_account("acct_2");

        let without_key = ["endpoints", "create", "--url", "https://shop.example"];
        let without_key = [&without_key[..], &["--own-account", "acct_2"]].concat();
        let refused = operator.run(&without_key).await;
        let expected = "no secret key of acct_2: set STRIPE_ACCOUNT_KEYS=acct_2=sk_…";
        assert!(
            !refused.succeeded && refused.err.contains(expected),
            "{}",
            refused.err
        );

        let keys = format!("acct_2={}", two.api_key());
        operator.variables.push(("STRIPE_ACCOUNT_KEYS", keys));
        let id = operator.create(&["--own-account", "acct_2"]).await;
        let at_stripe = two.objects("webhook_endpoint");
        assert_eq!(
            at_stripe[0]["metadata"]["djstripe_endpoint"],
            id.to_string()
        );
        assert!(operator.stripe.objects("webhook_endpoint").is_empty());
        assert_eq!(operator.list().await[0]["own_account"], json!("acct_2"));

        // Each command about it uses the same account.
        for command in ["sync", "doctor"] {
            let ended = operator
                .run(&["endpoints", command, "--without-mirror"])
                .await;
            assert!(ended.succeeded, "{command}: {}{}", ended.out, ended.err);
        }
        let offline = operator.without("STRIPE_ACCOUNT_KEYS");
        let listed = offline.run(&["endpoints", "list", "--at-stripe"]).await;
        let expected = "not retrieved from Stripe: no secret key of acct_2";
        assert!(
            !listed.succeeded && listed.out.contains(expected),
            "{}{}",
            listed.out,
            listed.err
        );
        let ended = operator
            .run(&["endpoints", "delete", &id.to_string(), "--yes"])
            .await;
        assert!(ended.succeeded, "{}", ended.err);
        assert!(two.objects("webhook_endpoint").is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_account_is_refused() {
    on_both_backends(async |database| {
        let mut operator = Operator::new(&database).await;
        let local = ["endpoints", "create", "--local", "--secret"];
        let local = [&local[..], &["env:CARGO_PKG_NAME", "--own-account", "shop"]].concat();
        let refused = operator.run(&local).await;
        let expected = "a Stripe account is declared without its id";
        assert!(
            !refused.succeeded && refused.err.contains(expected),
            "{}",
            refused.err
        );
        assert!(operator.list().await.is_empty());

        let variable = ("STRIPE_ACCOUNT_KEYS", "sk_test_without_account".to_owned());
        operator.variables.push(variable);
        let refused = operator.run(&["endpoints", "doctor"]).await;
        assert!(
            !refused.succeeded && refused.err.contains(expected),
            "{}",
            refused.err
        );
        assert!(!refused.err.contains("without_account"), "{}", refused.err);
    })
    .await;
}
