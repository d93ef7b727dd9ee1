//! The operator on call finds, fixes and retries a dead event.

use djstripe_core::store::EventState;
use djstripe_tests::TestDatabase;

use super::session::{Look, Session};
use super::{IN_STOCK, deliver, server};
use crate::page::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_event_is_found_fixed_and_retried() {
    let database = TestDatabase::postgres().await;
    let server = server(&database).await;
    for number in 0..5 {
        deliver(&server, &format!("evt_before_{number}"), "lamp", "in stock").await;
    }
    let session = Session::start().await;
    for has_scripts in [true, false] {
        for look in Look::all() {
            let look = Look {
                has_scripts,
                ..look
            };
            tell(&server, &session, look).await;
        }
    }
}

/// A view is as expected, and has its picture.
async fn see(session: &Session, step: &str, look: Look, texts: &[&str]) {
    for text in texts {
        session.has(text).await;
    }
    session.is_sound(&format!("{step}-{look}")).await;
    session.take_picture(&format!("{step}-{look}")).await;
}

async fn tell(server: &Server, session: &Session, look: Look) {
    let product = format!("chair_{look}");
    let id = format!("evt_{look}");
    let error = format!("the warehouse has no prod_{product}");
    deliver(server, &id, &product, "out of stock").await;
    assert_eq!(server.state(&id).await, EventState::Dead);

    session.look(look).await;
    session.open(&format!("http://{}/", server.address)).await;
    // Failures are grouped by what their errors have in common.
    let group = "the warehouse has no …";
    let dead = [
        "1 event is dead: nobody retries it",
        "warehouse::ship",
        group,
    ];
    see(session, "1-overview", look, &dead).await;
    let toggle = "return document.getElementById('pause-refresh').hidden";
    assert_eq!(session.run(toggle).await, !look.has_scripts, "{look}");
    let background = "return getComputedStyle(document.documentElement).backgroundColor";
    let is_dark = session.run(background).await != "rgb(255, 255, 255)";
    assert_eq!(is_dark, look.scheme == "dark", "{look}");

    session.click("//td[@class='long']/a").await;
    see(session, "2-failing-events", look, &["1 match", &id, &error]).await;
    session.click("//tbody//th/a").await;
    let way = [
        "after 1 tries; nobody retries it",
        &error,
        "Delivered",
        "Stored",
    ];
    see(session, "3-event", look, &way).await;

    IN_STOCK.lock().unwrap().insert(product);
    session.click("//button[@value='retry-events']").await;
    let proposed = ["1 event would be retried", "Dry run", "succeeds"];
    see(session, "4-proposal", look, &proposed).await;
    assert_eq!(server.state(&id).await, EventState::Dead);
    session
        .click("//form[contains(@action, 'perform')]//button")
        .await;
    see(
        session,
        "5-retried",
        look,
        &["is due again", "waits for a worker"],
    )
    .await;

    server.app.work_until_idle().await.unwrap();
    assert_eq!(server.state(&id).await, EventState::Processed);
    // The module refreshes the view.
    if !look.has_scripts {
        session
            .open(&format!("http://{}/event?id={id}", server.address))
            .await;
    }
    see(
        session,
        "6-processed",
        look,
        &["● processed", "warehouse_note"],
    )
    .await;

    session.click("//nav//a[text()='Audit']").await;
    see(session, "7-audit", look, &["ann", "events retry", &id]).await;
    session.click("//nav//a[text()='Overview']").await;
    session.has("All is well.").await;
}
