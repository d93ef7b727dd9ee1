//! The record of what operators did.

use djstripe_core::__internals::EventOutcome;
use djstripe_core::store::NewAction;
use djstripe_tests::on_both_backends;
use serde_json::Value;

use crate::operate::Operator;

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_change_something_are_recorded() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        operator
            .leave("evt_1", "invoice.paid", 0, EventOutcome::Dead)
            .await;
        operator
            .leave("evt_2", "invoice.paid", 100, EventOutcome::Processed)
            .await;
        for (arguments, code) in [
            (&["pause"][..], 0),
            (&["pause"], 0),
            (&["resume"], 0),
            (&["events", "retry", "evt_1"], 0),
            (&["events", "replay", "evt_none"], 1),
            (&["events", "replay", "--state", "processed"], 0),
            (&["effects", "discard", "nothing"], 1),
            (&["prune", "--older-than", "90d", "--dry-run"], 0),
            (&["prune", "--older-than", "200d"], 0),
            (
                &["endpoints", "create", "--local", "--validation", "none"],
                0,
            ),
            (&["stats"], 0),
        ] {
            let ended = operator.run(arguments).await;
            assert_eq!(
                ended.code, code,
                "{arguments:?} {} {}",
                ended.out, ended.err
            );
        }

        let listed = operator.run(&["audit", "--json"]).await;
        let actions = listed.json();
        let field = |name: &str| -> Vec<&str> {
            let values = actions.iter().map(|action| action[name].as_str());
            values.map(Option::unwrap_or_default).collect()
        };
        assert_eq!(
            field("action"),
            [
                "endpoints create",
                "prune",
                "events replay",
                "events retry",
                "resume",
                "pause"
            ]
        );
        assert!(field("subject")[1].starts_with("older than "));
        assert_eq!(field("subject")[2..4], ["--state processed", "evt_1"]);
        assert_eq!(
            field("detail")[2..4],
            ["replayed 1, skipped 0", "retried 1, skipped 0"]
        );
        assert!(field("actor").iter().all(|actor| !actor.is_empty()));

        let page = operator.run(&["audit", "list", "--limit", "2"]).await;
        assert_eq!((page.code, page.out.lines().count()), (0, 2));
        assert!(
            page.err.contains("2 of 6 actions shown; add `--after "),
            "{}",
            page.err
        );
        let last: &Value = &actions[1]["id"];
        let next = operator
            .run(&["audit", "--json", "--after", &last.to_string()])
            .await;
        assert_eq!(next.json(), actions[2..]);

        let forged = NewAction {
            actor: "\u{1b}[31mroot".to_owned(),
            action: "pause\nline".to_owned(),
            ..NewAction::default()
        };
        operator.store.record_action(&forged).await.unwrap();
        let shown = operator.run(&["audit", "--limit", "1"]).await;
        assert!(shown.out.contains(r"\u001b[31mroot"), "{}", shown.out);
        assert_eq!(shown.out.lines().count(), 1);
    })
    .await;
}
