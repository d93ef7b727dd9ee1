//! The module reads a view again while somebody looks at it, and only then.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::{Extension, Router};
use djstripe_core::page::{self, Access, AccessSource, Operator};
use djstripe_tests::TestDatabase;
use djstripe_tests::wait::until;
use serde_json::Value;

use super::session::Session;
use super::{builder, product_event};
use crate::page::Server;

/// Longer than the view of an event that waits takes to be read again, which is 3 s.
const LONGER: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_read_again_while_it_is_seen() {
    let database = TestDatabase::postgres().await;
    let app = builder(&database).build().await.unwrap();
    let reads = Arc::new(AtomicUsize::new(0));
    let counted = reads.clone();
    let count = move |request: Request, next: Next| {
        if request.uri().path() == "/event" {
            counted.fetch_add(1, Ordering::Relaxed);
        }
        next.run(request)
    };
    let operator = Extension(Operator::new("ann", Access::All));
    let page = page::router(app.clone(), AccessSource::Extension).layer(operator);
    let page: Router = page.layer(from_fn(count));
    let server = Server::of(app, page, "").await;
    server
        .deliver(&product_event("evt_1", "prod_lamp", "in stock"))
        .await;

    let session = Session::start().await;
    session
        .open(&format!("http://{}/event?id=evt_1", server.address))
        .await;
    session.has("waits for a worker").await;
    // Loading the document again would lose it.
    session.run("window.mark = 1; return 0").await;
    let read = || reads.load(Ordering::Relaxed);
    until(async || read() > 1).await;

    // While it is hidden it waits, and it is read at once when it is seen again.
    session.hide().await;
    assert_eq!(session.run("return document.hidden").await, true);
    let before = read();
    tokio::time::sleep(LONGER).await;
    assert_eq!(read(), before);
    session.show().await;
    assert_eq!(session.run("return document.hidden").await, false);
    until(async || read() > before).await;

    // The button stops it, and starts it again.
    let toggle = "//button[@id='pause-refresh']";
    session.click(toggle).await;
    let said = "return document.getElementById('refresh').textContent";
    assert_eq!(session.run(said).await, "Not refreshing");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = read();
    tokio::time::sleep(LONGER).await;
    assert_eq!(read(), before);
    session.click(toggle).await;

    server.app.work_until_idle().await.unwrap();
    until(async || session.text().await.contains("● processed")).await;
    assert!(read() > before);
    assert_eq!(session.run("return window.mark").await, Value::from(1));
    session.is_sound("refreshed").await;
}
