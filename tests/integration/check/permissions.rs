//! `check --permissions`: what a restricted key needs, and what it lacks.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_restricted_key_needs_and_lacks_is_listed() {
    on_both_backends(async |database| {
        let stripe = stripe().await;
        let place = Place::new(&database)
            .stripe(&stripe)
            .with("STRIPE_SECRET_KEY", "rk_test_1");
        let arguments = ["check", "--permissions", "--json"];
        let states = |printed: &str| -> Vec<(String, String)> {
            let lines = printed.lines().map(|line| {
                let line: Value = serde_json::from_str(line).unwrap();
                let text = |field: &str| line[field].as_str().unwrap().to_owned();
                (text("permission"), text("state"))
            });
            lines.collect()
        };
        let has = |states: &[(String, String)], permission: &str, state: &str| {
            let found = states.iter().find(|(name, _)| name == permission);
            assert_eq!(found.map(|(_, state)| &**state), Some(state), "{permission}");
        };

        let (code, printed) = place.run(&arguments).await;
        assert_eq!(code, 0, "{printed}");
        let granted = states(&printed);
        for permission in ["charge_read", "plan_read", "event_read", "webhook_read"] {
            has(&granted, permission, "ok");
        }
        assert!(granted.len() > 30, "{granted:?}");

        let message = "The provided key 'rk_test_*' does not have the required permissions for this \
                       endpoint on account 'acct_shop'. Having the 'rak_plan_read' permission would \
                       allow this request to continue.";
        stripe.fail_next(Fault::error(403, "", message, None).on("/v1/prices"));
        let (code, printed) = place.run(&arguments).await;
        assert_eq!(code, 1, "{printed}");
        let lacking = states(&printed);
        has(&lacking, "plan_read", "lacking");
        has(&lacking, "charge_read", "ok");
        assert!(printed.contains("Stripe asks for plan_read"), "{printed}");
    })
    .await;
}
