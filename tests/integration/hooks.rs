//! Hooks: what they are told, and that they change nothing. On both backends.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use axum::http::HeaderMap;
use djstripe_core::signature::sign;
use djstripe_core::{
    Builder, Delivery, Djstripe, Event, HookContext, ProcessingMode, Registry, stripe_receiver,
};
use djstripe_tests::on_both_backends;

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

fn told(name: &str, context: &HookContext) -> String {
    let event = context.event.as_ref().map(Event::id).unwrap_or("-");
    format!(
        "{name} {event} {}",
        if context.delivery.is_some() {
            "with delivery"
        } else {
            "alone"
        }
    )
}

fn builder(url: &str, journal: &Journal) -> Builder {
    let note = |name: &'static str| {
        let journal = Arc::clone(journal);
        move |context: HookContext| {
            journal.lock().unwrap().push(told(name, &context));
            async {}
        }
    };
    let (valid, error) = (Arc::clone(journal), Arc::clone(journal));
    let fails = Registry::collect()
        .unwrap()
        .receivers()
        .iter()
        .copied()
        .find(|it| it.id == "hooks::fails");
    Djstripe::builder()
        .secret(SECRET)
        .database_url(url)
        .receivers(fails)
        .pre_validate(|_| async { panic!("a hook's panic stays with the hook") })
        .pre_validate(note("pre_validate"))
        .post_validate(move |context, is_valid| {
            valid
                .lock()
                .unwrap()
                .push(format!("{} {is_valid}", told("post_validate", &context)));
            async {}
        })
        .pre_process(note("pre_process"))
        .post_process(note("post_process"))
        .processing_error(move |context, text| {
            error
                .lock()
                .unwrap()
                .push(format!("{} {text}", told("processing_error", &context)));
            async {}
        })
}

fn delivery(id: &str, secret: &str) -> Delivery {
    let body = format!(r#"{{"id":"{id}","type":"topup.failed"}}"#);
    let mut headers = HeaderMap::new();
    headers.insert(
        "stripe-signature",
        sign(body.as_bytes(), secret, SystemTime::now())
            .parse()
            .unwrap(),
    );
    Delivery::new(headers, body)
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
        let told = journal.lock().unwrap().clone();
        assert_eq!(
            told[2..],
            [
                "pre_process evt_1 with delivery",
                "post_process evt_1 with delivery"
            ]
        );
    })
    .await;
}
