//! The record of verifications, for operators.

use std::time::Duration;

use djstripe_core::testing::Fault;
use djstripe_core::verify::VerifyOptions;
use djstripe_tests::on_both_backends;

use super::{Shop, customer};

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_is_recorded() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        shop.stripe.insert(customer("cus_1"));
        let options = VerifyOptions {
            objects: vec!["customer".to_owned()],
            repair: true,
            ..VerifyOptions::default()
        };
        shop.app.verify(&options, |_| {}).await.unwrap();
        let message = "The provided key does not have the required permissions";
        let forbidden = Fault::error(403, "", message, None);
        shop.stripe.fail_next(forbidden.on("/v1/customers"));
        shop.app.verify(&options, |_| {}).await.unwrap_err();

        let operator = shop.app.store().operator(Duration::from_secs(60));
        let runs = operator.verify_runs(10).await.unwrap();
        let [failed, repaired] = &*runs else {
            panic!("{runs:?}");
        };
        assert_eq!(
            (repaired.compared, repaired.missing, repaired.repaired),
            (1, 1, 1)
        );
        assert!(repaired.finished_at.is_some() && repaired.error.is_none());
        assert_eq!((failed.compared, failed.skipped), (0, 1));
        assert!(
            failed
                .error
                .as_deref()
                .is_some_and(|it| it.contains("permissions")),
            "{failed:?}"
        );
        assert!(!failed.actor.is_empty());
    })
    .await;
}
