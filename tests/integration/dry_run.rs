//! A dry run reports what a rerun of an event would do, and rolls everything back. On both
//! backends.

use djstripe_core::__internals::{NewEvent, queue};
use djstripe_core::store::diesel::result::Error;
use djstripe_core::store::{EventState, Timestamp};
use djstripe_core::{Db, Djstripe, DryOutcome, Event, stripe_receiver};
use djstripe_tests::{on_both_backends, registry};

#[stripe_receiver("price.created", id = "dry::writes")]
async fn writes(mut db: Db<'_>) -> Result<(), Error> {
    db.batch_execute("CREATE TABLE dry (id text)").await
}

#[stripe_receiver("price.created", id = "dry::fails", priority = 1)]
async fn fails(mut db: Db<'_>) -> Result<(), std::io::Error> {
    let sees_the_first = db
        .batch_execute("INSERT INTO dry (id) VALUES ('a')")
        .await
        .is_ok();
    Err(std::io::Error::other(format!(
        "sees the first: {sees_the_first}"
    )))
}

#[stripe_receiver("price.created", id = "dry::panics", priority = 2)]
async fn panics(_db: Db<'_>) {
    panic!("out of paper");
}

/// The panic has rolled back everything before it, including the table.
#[stripe_receiver("price.created", id = "dry::writes_again", priority = 3)]
async fn writes_again(mut db: Db<'_>) -> Result<(), Error> {
    db.batch_execute("CREATE TABLE dry (id text)").await
}

#[stripe_receiver("price.created", id = "dry::mails", priority = 4)]
async fn mails() {
    unreachable!("a dry run can't roll this back");
}

#[stripe_receiver("price.created", id = "dry::keeps", priority = 5, transaction = false)]
async fn keeps(_db: Db<'_>) {
    unreachable!("a dry run can't roll this back");
}

/// The id does not make this a built-in receiver, which a dry run would run without a database
/// connection.
#[stripe_receiver("price.created", id = "djstripe::x", priority = 6)]
async fn named_like_a_built_in_one() {
    unreachable!("a dry run can't roll this back");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_outcome_is_told_and_nothing_is_kept() {
    on_both_backends(async |database| {
        let receivers = registry::receivers(|id| id.starts_with("dry::") || id == "djstripe::x");
        let builder = Djstripe::builder()
            .database_url(database.url())
            .receivers(receivers);
        let app = builder.workers_only().build().await.unwrap();
        let event = Event::from_json(r#"{"id":"evt_1","type":"price.created"}"#).unwrap();
        let event = NewEvent {
            event,
            received_at: Timestamp::now(),
            remote_address: None,
            endpoint: None,
        };
        queue(app.store()).insert_events(&[event]).await.unwrap();

        let failed = |error: &str| DryOutcome::Fails {
            error: error.to_owned(),
        };

        let runs = app.dry_run("evt_1", None).await.unwrap().unwrap();
        let outcomes: Vec<_> = runs
            .into_iter()
            .map(|run| (run.receiver, run.outcome))
            .collect();
        let expected = [
            ("dry::writes", DryOutcome::Succeeds),
            (
                "dry::fails",
                failed("receiver failed: sees the first: true"),
            ),
            ("dry::panics", failed("receiver panicked: out of paper")),
            ("dry::writes_again", DryOutcome::Succeeds),
            ("dry::mails", DryOutcome::NotRun),
            ("dry::keeps", DryOutcome::NotRun),
            ("djstripe::x", DryOutcome::NotRun),
        ];

        assert_eq!(outcomes, expected);

        let alone = app
            .dry_run("evt_1", Some("dry::writes"))
            .await
            .unwrap()
            .unwrap();

        assert_eq!((alone.len(), &alone[0].outcome), (1, &DryOutcome::Succeeds));
        assert_eq!(app.dry_run("evt_2", None).await.unwrap(), None);

        let (event, _) = app.store().event("evt_1").await.unwrap().unwrap();
        assert_eq!((event.state, event.attempts), (EventState::Pending, 0));
        assert_eq!(app.store().receiver_runs("evt_1").await.unwrap(), []);

        let mut session = app.store().session().await.unwrap();
        session
            .db()
            .unwrap()
            .batch_execute("CREATE TABLE dry (id text)")
            .await
            .unwrap();
    })
    .await;
}
