//! axe-core looks at every view.

use djstripe_core::Delivery;
use djstripe_tests::TestDatabase;
use serde_json::Value;

use super::chromium::axe;
use super::session::{Look, Session};
use super::{deliver, server};
use crate::page::{VIEWS, encoded};

/// Violations of the impacts that keep somebody from using the page, as lines.
const RUN: &str = "
    const done = arguments[arguments.length - 1];
    const options = { resultTypes: ['violations'], preload: false };
    // The dark page has the same elements as the light one.
    if (matchMedia('(prefers-color-scheme: dark)').matches) options.runOnly = ['color-contrast'];
    axe.run(document, options).then((found) => {
        const bad = found.violations.filter((it) => ['serious', 'critical'].includes(it.impact));
        const line = (it) => `${it.id}: ${it.nodes.map((node) => node.html).slice(0, 3).join(' | ')}`;
        done({ bad: bad.map(line), passes: found.passes.length });
    }, (error) => done({ bad: [String(error)], passes: 0 }));";

/// Looks at the open page light and dark, at both widths. Returns what is wrong.
async fn look_at(session: &Session, name: &str) -> Vec<String> {
    let title = session.title().await;
    assert!(title.ends_with("djstripe"), "{name}: {title}");
    session.run(&format!("{}; return 0", axe())).await;

    let mut found = Vec::new();
    for look in Look::all() {
        session.look(look).await;
        session.is_sound(&format!("{name} {look}")).await;
        let result = session.run_async(RUN).await;
        let bad = result["bad"].as_array().unwrap().iter();
        found.extend(bad.map(|line| format!("{name} {look}: {}", line.as_str().unwrap())));
        assert_ne!(result["passes"], 0, "{name}: {found:?}");
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_a_view_keeps_somebody_from_using_it() {
    let database = TestDatabase::postgres().await;
    let server = server(&database).await;
    deliver(&server, "evt_1", "lamp", "in stock").await;
    deliver(&server, "evt_2", "lamp", "in stock, again").await;
    deliver(&server, "evt_3", "table", "out of stock").await;
    let mut headers = axum::http::HeaderMap::new();
    headers.insert("stripe-signature", "t=1,v1=00".parse().unwrap());
    let refused = Delivery::new(headers, b"{}".to_vec());
    assert!(server.app.receive(refused).await.is_err());
    let store = server.app.store();
    let effect = store.effects("evt_1").await.unwrap().remove(0);
    let delivery = store.deliveries(None, 1).await.unwrap().remove(0);

    let session = Session::start().await;
    let address = format!("http://{}", server.address);
    let mut found = Vec::new();
    let mut views: Vec<String> = VIEWS.map(str::to_owned).to_vec();
    views.extend([
        "/event?id=evt_1".to_owned(),
        "/event?id=evt_3".to_owned(),
        "/object?type=product&id=prod_lamp&mode=test".to_owned(),
        "/rows?type=product".to_owned(),
        format!("/effect?key={}", encoded(&effect.key)),
        format!("/delivery?id={}", delivery.id),
    ]);
    for view in &views {
        session.open(&format!("{address}{view}")).await;
        found.extend(look_at(&session, view).await);
    }

    // A proposal, and a job of all that match.
    session.open(&address).await;
    session.click("//td//button[@value='retry-events']").await;
    session.has("Dry run").await;
    found.extend(look_at(&session, "proposal").await);
    session
        .click("//form[contains(@action, 'perform')]//button")
        .await;
    session.has("By").await;
    found.extend(look_at(&session, "job").await);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What the test above would say of a page that is at fault.
#[tokio::test(flavor = "multi_thread")]
async fn faults_would_be_found() {
    let session = Session::start().await;
    let page =
        "data:text/html,<html><title>djstripe</title><p style='color:%23ccc'>pale</p><input>";
    session.open(page).await;
    session.run(&format!("{}; return 0", axe())).await;
    let result: Value = session.run_async(RUN).await;
    let bad: Vec<&str> = result["bad"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for rule in ["color-contrast", "html-has-lang", "label"] {
        assert!(bad.iter().any(|it| it.starts_with(rule)), "{rule}: {bad:?}");
    }
}
