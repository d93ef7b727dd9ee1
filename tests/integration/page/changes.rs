//! Changes: each shows what it would do, does it, and leaves a row in the audit.

use djstripe_core::page::Access;
use djstripe_core::store::{EffectState, EventState};
use djstripe_tests::on_both_backends;
use djstripe_tests::wait::until;

use super::{Server, builder, fields_of, is_recent, product_event};

/// A server with a dead event.
async fn with_dead_event(database: &djstripe_tests::TestDatabase, ids: &[&str]) -> Server {
    let app = builder(database).build().await.unwrap();
    let server = Server::start(app, Access::All).await;
    for id in ids {
        let event = product_event(id, &format!("prod_{id}"), "out of stock");
        server.deliver(&event).await;
    }
    server.app.work_until_idle().await.unwrap();
    for id in ids {
        assert_eq!(server.state(id).await, EventState::Dead);
    }
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_event_is_found_tried_and_retried() {
    on_both_backends(async |database| {
        let server = with_dead_event(&database, &["evt_1"]).await;
        let overview = server.get("/").await.has("no stock for").has("page::ship");
        overview.has("1 event is dead");
        server
            .get("/events?state=dead")
            .await
            .has("evt_1")
            .has("dead");
        let page = server.get("/event?id=evt_1").await;
        let page = page
            .has("no stock for evt_1")
            .has("previous_attributes")
            .has("skipped");

        let proposed = server
            .post(
                "/propose",
                &fields_of(&page.body, "propose", "retry-events"),
            )
            .await
            .has("Dry run")
            .has("receiver failed: no stock for evt_1")
            .has("page::ship");
        assert_eq!(proposed.status, 200);
        assert_eq!(server.state("evt_1").await, EventState::Dead);
        assert!(
            server
                .app
                .store()
                .actions(None, 1)
                .await
                .unwrap()
                .is_empty()
        );

        let fields = fields_of(&proposed.body, "perform", "retry-events");
        let performed = server.post("/perform", &fields).await;
        assert_eq!(performed.status, 303);
        assert_eq!(
            performed.header("location"),
            "./event?id=evt_1&done=retried"
        );
        assert_eq!(server.state("evt_1").await, EventState::Pending);
        let (actor, action, subject) = server.last_action().await;
        assert_eq!(
            (&*actor, &*action, &*subject),
            ("ann", "events retry", "evt_1")
        );
        let actions = server.app.store().actions(None, 10).await.unwrap();
        assert!(actions.len() == 1 && is_recent(actions[0].at));
        server.get("/audit").await.has("events retry").has("evt_1");
        server
            .get("/event?id=evt_1&done=retried")
            .await
            .has("is due again");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_one_of_all_receivers_or_of_one() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let server = Server::start(app, Access::All).await;
        server
            .deliver(&product_event("evt_1", "prod_1", "lamp"))
            .await;
        let page = server.get("/event?id=evt_1").await;
        let fields = fields_of(&page.body, "propose", "retry-events");
        server.post("/propose", &fields).await.has("page_note");
        assert!(
            server
                .app
                .store()
                .effects("evt_1")
                .await
                .unwrap()
                .is_empty()
        );
        server.app.work_until_idle().await.unwrap();
        assert_eq!(server.state("evt_1").await, EventState::Processed);

        let page = server.get("/event?id=evt_1").await.lacks("Retry…");
        let fields = fields_of(&page.body, "propose", "replay-events");
        let proposed = server.post("/propose", &fields).await.has("stripe_product");
        // Its effect is requested already, and is not due again.
        let proposed = proposed.lacks("page_note");
        let mut fields = fields_of(&proposed.body, "propose", "replay-events");
        fields.push(("only".to_owned(), "page::ship".to_owned()));
        let proposed = server.post("/propose", &fields).await.has("left as it is");
        let fields = fields_of(&proposed.body, "perform", "replay-events");
        assert!(fields.contains(&("only".to_owned(), "page::ship".to_owned())));
        let performed = server.post("/perform", &fields).await;
        assert_eq!(
            performed.header("location"),
            "./event?id=evt_1&done=replayed"
        );
        assert_eq!(server.last_action().await.1, "events replay");

        server.app.work_until_idle().await.unwrap();
        let runs = server.app.store().receiver_runs("evt_1").await.unwrap();
        assert!(runs.iter().all(|run| run.outcome.is_success()), "{runs:?}");
        server
            .get("/event?id=evt_1")
            .await
            .has("page_note")
            .has("done");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn checked_rows_and_all_that_match_are_changed() {
    on_both_backends(async |database| {
        let ids = ["evt_1", "evt_2", "evt_3"];
        let server = with_dead_event(&database, &ids).await;
        let list = server.get("/events?state=dead").await.body;
        let mut fields = fields_of(&list, "propose", "retry-events");
        // Nothing is checked.
        assert_eq!(server.post("/propose", &fields).await.status, 400);
        fields.push(("id".to_owned(), "evt_1".to_owned()));
        fields.push(("id".to_owned(), "evt_2".to_owned()));
        let proposed = server.post("/propose", &fields).await.has("Retry 2 events");
        let fields = fields_of(&proposed.body, "perform", "retry-events");
        let performed = server.post("/perform", &fields).await;
        let location = performed
            .header("location")
            .trim_start_matches('.')
            .to_owned();
        server.get(&location).await.has("2 retried");
        assert_eq!(server.state("evt_3").await, EventState::Dead);
        assert_eq!(server.last_action().await.2, "evt_1 evt_2");

        server.app.work_until_idle().await.unwrap();
        let mut fields = fields_of(&list, "propose", "retry-events");
        fields.retain(|(name, _)| name != "scope");
        fields.push(("scope".to_owned(), "all".to_owned()));
        let proposed = server.post("/propose", &fields).await.has("Retry 3 events");
        let fields = fields_of(&proposed.body, "perform", "retry-events");
        let performed = server.post("/perform", &fields).await;
        let location = performed
            .header("location")
            .trim_start_matches('.')
            .to_owned();
        assert!(location.starts_with("/job?id="), "{location}");
        until(async || server.get(&location).await.body.contains("finished")).await;
        for id in ids {
            assert_eq!(server.state(id).await, EventState::Pending, "{id}");
        }
        let actions = server.app.store().actions(None, 2).await.unwrap();
        assert_eq!(actions[0].subject, "state=dead");
        assert!(
            actions[0]
                .detail
                .as_deref()
                .unwrap()
                .starts_with("finished: 3 retried")
        );
        assert!(actions[1].detail.as_deref().unwrap().starts_with("begun"));
        // A job that has ended can't be stopped, and nobody is recorded for that.
        let job = location.split("id=").nth(1).unwrap().to_owned();
        let stopped = server.post("/stop", &[("job".to_owned(), job)]).await;
        assert_eq!(stopped.status, 303);
        assert_eq!(
            server.app.store().actions(None, 1).await.unwrap()[0],
            actions[0]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_failures_is_retried_at_once() {
    on_both_backends(async |database| {
        let server = with_dead_event(&database, &["evt_1", "evt_2"]).await;
        let overview = server.get("/").await.body;
        let fields = fields_of(&overview, "propose", "retry-events");
        let proposed = server.post("/propose", &fields).await.has("Retry 2 events");
        let fields = fields_of(&proposed.body, "perform", "retry-events");
        let performed = server.post("/perform", &fields).await;
        assert_eq!(performed.status, 303);
        let is_pending = async |id: &str| server.state(id).await == EventState::Pending;
        until(async || is_pending("evt_1").await && is_pending("evt_2").await).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn effects_are_given_up_and_retried() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let server = Server::start(app, Access::All).await;
        server
            .deliver(&product_event("evt_1", "prod_1", "lamp"))
            .await;
        server.app.store().resume().await.unwrap();
        server.app.work_until_idle().await.unwrap();
        let effect = server.app.store().effects("evt_1").await.unwrap().remove(0);
        // It is done, and can't be changed any more.
        assert_eq!(effect.state, EffectState::Done);
        let page = server
            .get(&format!("/effect?key={}", super::encoded(&effect.key)))
            .await;
        page.has("page_note").lacks("Discard…");
        let fields = [
            ("change".to_owned(), "discard-effects".to_owned()),
            ("id".to_owned(), super::encoded(&effect.key)),
        ];
        let proposed = server.post("/propose", &fields).await;
        proposed.has("Nothing to discard");
        let performed = server.post("/perform", &fields).await;
        assert!(performed.header("location").ends_with("done=skipped"));
        assert_eq!(server.last_action().await.1, "effects discard");
    })
    .await;
}

#[tokio::test]
async fn the_workers_are_paused_and_resumed() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let server = Server::start(app, Access::All).await;
        for (button, is_paused) in [("pause", true), ("resume", false)] {
            let overview = server.get("/").await.body;
            let fields = fields_of(&overview, "propose", button);
            let proposed = server.post("/propose", &fields).await;
            let performed = server
                .post("/perform", &fields_of(&proposed.body, "perform", button))
                .await;
            assert_eq!(performed.status, 303);
            let since = server.app.store().paused_since().await.unwrap();
            assert_eq!(since.is_some(), is_paused);
            assert_eq!(server.last_action().await.1, button);
        }
        server.get("/").await.lacks("are paused since");
    })
    .await;
}
