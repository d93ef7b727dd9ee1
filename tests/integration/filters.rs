//! Filters of receivers: what runs, and how the operator sees what does not. On both backends.

use std::process::Command;

use djstripe_core::{Djstripe, Event, stripe_receiver};
use djstripe_tests::delivery::signed;
use djstripe_tests::process::output;
use djstripe_tests::{on_both_backends, registry};
use serde_json::Value;

const SECRET: &str = "whsec_filters";

#[stripe_receiver(
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    id = "filters::provision",
    when(changed("status"))
)]
fn provision(_event: &Event) {}

fn json_of(database_url: &str, arguments: &[&str]) -> Vec<Value> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_with-library"));
    let program = program.args(arguments).env("DATABASE_URL", database_url);
    let printed = output(program);
    let values = printed.lines().map(serde_json::from_str);
    values.collect::<Result<_, _>>().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn created_and_deleted_objects_have_changed_and_what_is_skipped_is_shown() {
    on_both_backends(async |database| {
        let app = Djstripe::builder()
            .webhook_secret(SECRET)
            .database_url(database.url())
            .receivers(registry::receivers(|id| id == "filters::provision"))
            .build()
            .await
            .unwrap();

        let past_due = r#","previous_attributes":{"status":"active"}"#;
        let renamed = r#","previous_attributes":{"description":null}"#;
        let unchanged = r#"when(changed("status")), and nothing of it changed"#;
        let untold = r#"when(changed("status")), and the event has no previous_attributes"#;
        let cases = [
            ("evt_created", "created", "", None),
            ("evt_past_due", "updated", past_due, None),
            ("evt_renamed", "updated", renamed, Some(unchanged)),
            ("evt_untold", "updated", "", Some(untold)),
            ("evt_deleted", "deleted", "", None),
        ];
        for (id, verb, previous, _) in cases {
            let body = format!(
                r#"{{"id":"{id}","type":"customer.subscription.{verb}","api_version":null,
                    "data":{{"object":{{"id":"sub_1","object":"subscription"}}{previous}}}}}"#
            );
            app.receive(signed(body, SECRET)).await.unwrap();
        }
        app.work_until_idle().await.unwrap();

        for (id, _, _, skipped) in cases {
            let runs = app.store().receiver_runs(id).await.unwrap();
            assert_eq!(runs.is_empty(), skipped.is_some(), "{id}");

            let shown = &json_of(database.url(), &["events", "show", id, "--json"])[0];
            let reason = shown["skipped"][0]["reason"].as_str();
            assert_eq!(reason, skipped, "{id}");
            let receiver = shown["skipped"][0]["receiver"].as_str();
            assert_eq!(receiver, skipped.map(|_| "library::plan"), "{id}");
        }

        let receivers = json_of(database.url(), &["receivers", "--json"]);
        let listed = receivers.iter().find(|it| it["id"] == "library::plan");
        let listed = listed.unwrap();
        assert_eq!(listed["changed"], serde_json::json!(["status"]));
        assert_eq!(
            (&listed["mirror"], &listed["replies"]),
            (&"required".into(), &false.into())
        );
    })
    .await;
}
