//! Lists that the key may not read are skipped and reported.

use djstripe_core::AccountScope;
use djstripe_core::testing::Fault;
use djstripe_core::verify::{VerifyError, VerifyOptions};
use djstripe_tests::TestDatabase;
use serde_json::json;

use super::{Shop, of};

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_read_is_skipped_and_nothing_at_all_is_an_error() {
    let database = TestDatabase::sqlite();
    let shop = Shop::new(&database).await;
    shop.write("", &json!({ "object": "charge", "id": "ch_1" }), false)
        .await;
    let forbidden = || Fault::error(403, "", "The provided key does not have access.", None);
    shop.stripe.fail_next(forbidden().on("/v1/charges"));

    let (findings, summary) = shop.verify(&of(&["charge", "customer"])).await;
    assert!(
        findings.is_empty(),
        "a row of an unreadable list is not extra: {findings:?}"
    );
    assert_eq!(
        summary
            .skipped
            .iter()
            .map(|skipped| skipped.object)
            .collect::<Vec<_>>(),
        ["charge"]
    );
    assert!(!summary.is_complete() && summary.skipped[0].is_omission);

    let connect = "Only Stripe Connect platforms can work with other accounts.";
    shop.stripe
        .fail_next(Fault::error(403, "", connect, None).on("/v1/charges"));
    let (_, summary) = shop.verify(&of(&["charge", "customer"])).await;
    assert_eq!(summary.skipped.len(), 1);
    assert!(summary.is_complete(), "{summary:?}");

    // A list that fails doesn't keep the others from being compared.
    shop.stripe
        .fail_next(Fault::status(500).on("/v1/charges").times(10));
    let (_, summary) = shop.verify(&of(&["charge", "customer"])).await;
    shop.stripe.clear_faults();
    assert!(!summary.is_complete(), "{summary:?}");

    shop.stripe.fail_next(forbidden().on("/v1/charges"));
    let error = shop.app.verify(&of(&["charge"]), |_| {}).await.unwrap_err();
    assert!(
        matches!(
            error,
            VerifyError::NothingReadable {
                object: "charge",
                ..
            }
        ),
        "{error}"
    );

    // An inaccessible account is reported once, not for each of its lists.
    shop.stripe
        .insert(json!({ "object": "account", "id": "acct_gone" }));
    shop.stripe.disconnect("acct_gone");
    shop.mirror("").await;
    let everything = VerifyOptions {
        accounts: AccountScope::All,
        ..of(&["account", "customer", "product"])
    };
    let (_, summary) = shop.verify(&everything).await;

    let skipped: Vec<_> = summary
        .skipped
        .iter()
        .map(|skipped| (skipped.object, &*skipped.account))
        .collect();

    assert_eq!(skipped, [("account", "acct_gone")]);

    // A wrong key is an error of the whole run, and a malformed response does not mean a deletion.
    shop.stripe.fail_next(Fault::status(401));
    assert!(matches!(
        shop.app.verify(&of(&["charge"]), |_| {}).await,
        Err(VerifyError::Client { .. })
    ));

    shop.stripe
        .fail_next(Fault::malformed().on("/v1/charges/ch_1").times(10));
    assert!(matches!(
        shop.app.verify(&of(&["charge"]), |_| {}).await,
        Err(VerifyError::Client { .. })
    ));
}
