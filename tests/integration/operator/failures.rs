//! Failures in groups, each with the command that retries it.

use djstripe_core::__internals::EventOutcome;
use djstripe_core::store::EventState;
use djstripe_tests::on_both_backends;

use super::execute;
use crate::operate::{Operator, RECEIVER};

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_one_group_whatever_their_ids_and_are_retried_together() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        for number in 1..=3 {
            let id = format!("evt_{number}");
            operator
                .leave(&id, "invoice.paid", 1, EventOutcome::Dead)
                .await;
        }
        operator.store("evt_4", "invoice.paid", 0).await;
        for (table, column, event, error) in [
            (
                "djstripe_receiver_run",
                "error",
                "evt_1",
                "no price price_1 for 100 %",
            ),
            (
                "djstripe_receiver_run",
                "error",
                "evt_2",
                "no price price_2 for 7 %",
            ),
            ("djstripe_receiver_run", "error", "evt_3", "it''s closed"),
            (
                "djstripe_queue",
                "last_error",
                "evt_4",
                "not an event: line 7",
            ),
        ] {
            let sql = format!("UPDATE {table} SET {column} = '{error}' WHERE event_id = '{event}'");
            execute(&operator.store, &sql).await;
        }

        let listed = operator.run(&["events", "failures", "--json"]).await;
        let groups = listed.json();
        assert_eq!((listed.code, groups.len()), (0, 3), "{}", listed.out);
        let group = &groups[0];
        assert_eq!(group["receiver"], RECEIVER);
        assert_eq!(group["error"], "no price … for … %");
        assert_eq!((&group["events"], &group["dead"]), (&2.into(), &2.into()));
        let first = [&group["first_at"], &group["last_at"]];
        assert!(first.iter().all(|time| time.is_string()), "{group}");
        let others: Vec<&str> = groups[1..]
            .iter()
            .map(|group| group["error"].as_str().unwrap())
            .collect();
        assert!(
            others.contains(&"it's closed") && others.contains(&"not an event: line …"),
            "{others:?}"
        );

        let text = operator
            .run(&["events", "failures", "--receiver", RECEIVER])
            .await;
        for expected in [
            "2 events  counter::count (2 dead)",
            "  no price … for … %",
            "events retry --receiver counter::count --error 'no price … for … %'",
            r"--error 'it'\''s closed'",
        ] {
            assert!(text.out.contains(expected), "{}", text.out);
        }
        let misspelt = operator
            .run(&["events", "failures", "--receiver", "count"])
            .await;
        assert_eq!(misspelt.code, 2, "{}", misspelt.err);

        let retry = group["retry"].as_str().unwrap();
        let (_, arguments) = retry.split_once(" --error ").unwrap();
        let retried = operator
            .run(&[
                "events",
                "retry",
                "--receiver",
                RECEIVER,
                "--error",
                arguments.trim_matches('\''),
            ])
            .await;
        assert!(
            retried.code == 0 && retried.out.ends_with("retried 2 events\n"),
            "{}{}",
            retried.out,
            retried.err
        );
        assert_eq!(operator.state("evt_1").await, EventState::Pending);
        assert_eq!(operator.state("evt_3").await, EventState::Dead);

        let others = operator.run(&["events", "failures", "--json"]).await;
        assert_eq!(others.json().len(), 2, "{}", others.out);
    })
    .await;
}
