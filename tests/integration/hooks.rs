//! Hooks: what they are called with, and that they do not change the outcome. On both backends.

use std::sync::{Arc, Mutex};

use djstripe_core::{
    Builder, Delivery, Djstripe, Event, HookContext, ProcessingMode, stripe_receiver,
};
use djstripe_tests::delivery::signed;
use djstripe_tests::{on_both_backends, registry};

const SECRET: &str = "whsec_hooks";

#[stripe_receiver("topup.failed", id = "hooks::fails")]
fn fails(event: &Event) -> Result<(), String> {
    if event.id() == "evt_bad" {
        Err("out of paper".to_owned())
    } else {
        Ok(())
    }
}

type Journal = Arc<Mutex<Vec<String>>>;

/// The line that the journal gets for a hook's call.
fn line(name: &str, context: &HookContext) -> String {
    let event = context.event.as_ref().map(Event::id).unwrap_or("-");
    let delivery = if context.delivery.is_some() {
        "with delivery"
    } else {
        "alone"
    };
    format!("{name} {event} {delivery}")
}

fn builder(url: &str, journal: &Journal) -> Builder {
    let record = |name: &'static str| {
        let journal = Arc::clone(journal);
        move |context: HookContext| {
            journal.lock().unwrap().push(line(name, &context));
            async {}
        }
    };

    let (valid, error) = (Arc::clone(journal), Arc::clone(journal));
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(url)
        .receivers(registry::receivers(|id| id == "hooks::fails"))
        .pre_validate(|_| async { panic!("the panic of a hook") })
        .pre_validate(record("pre_validate"))
        .post_validate(move |context, is_valid| {
            valid
                .lock()
                .unwrap()
                .push(format!("{} {is_valid}", line("post_validate", &context)));
            async {}
        })
        .pre_process(record("pre_process"))
        .post_process(record("post_process"))
        .processing_error(move |context, message| {
            error
                .lock()
                .unwrap()
                .push(format!("{} {message}", line("processing_error", &context)));
            async {}
        })
}

fn delivery(id: &str, secret: &str) -> Delivery {
    signed(format!(r#"{{"id":"{id}","type":"topup.failed"}}"#), secret)
}

#[tokio::test(flavor = "multi_thread")]
async fn hooks_are_told_in_order() {
    on_both_backends(async |database| {
        let journal = Journal::default();
        let app = builder(database.url(), &journal).build().await.unwrap();
        let taken = || std::mem::take(&mut *journal.lock().unwrap());

        app.receive(delivery("evt_1", "whsec_other"))
            .await
            .unwrap_err();
        assert_eq!(
            taken(),
            [
                "pre_validate - with delivery",
                "post_validate - with delivery false"
            ]
        );

        app.receive(delivery("evt_1", SECRET)).await.unwrap();
        assert_eq!(
            taken(),
            [
                "pre_validate - with delivery",
                "post_validate evt_1 with delivery true"
            ]
        );

        app.work_until_idle().await.unwrap();
        assert_eq!(
            taken(),
            ["pre_process evt_1 alone", "post_process evt_1 alone"]
        );

        app.receive(delivery("evt_bad", SECRET)).await.unwrap();
        app.work_until_idle().await.unwrap();
        let error = "processing_error evt_bad alone hooks::fails: receiver failed: out of paper";
        assert_eq!(taken()[2..], ["pre_process evt_bad alone", error]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inline_hooks_know_the_delivery_to_the_end() {
    on_both_backends(async |database| {
        let journal = Journal::default();
        let app = builder(database.url(), &journal)
            .mode(ProcessingMode::Inline)
            .build()
            .await
            .unwrap();
        app.receive(delivery("evt_1", SECRET)).await.unwrap();

        let lines = journal.lock().unwrap().clone();
        assert_eq!(
            lines[2..],
            [
                "pre_process evt_1 with delivery",
                "post_process evt_1 with delivery"
            ]
        );
    })
    .await;
}
