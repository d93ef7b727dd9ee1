//! Values that would act on a page that didn't escape them: here a browser reads them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use djstripe_core::Delivery;
use djstripe_tests::TestDatabase;
use serde_json::json;
use tokio::net::TcpListener;

use super::server;
use super::session::{Look, Session};
use crate::page::hostile::VALUES;
use crate::page::{Server, VIEWS, encoded};

/// What is left of the page, and what of the values has become a part of it.
const STATE: &str = "
    const all = [...document.querySelectorAll('*')];
    const parts = ['title', 'header.top', 'nav.views', 'main h1', 'footer'];
    return {
        missing: parts.filter((it) => document.querySelectorAll(it).length < 1),
        scripts: document.scripts.length,
        strangers: all.filter((it) => ['IMG', 'IFRAME', 'OBJECT', 'EMBED', 'BASE'].includes(it.tagName)).length,
        handlers: all.flatMap((it) => it.getAttributeNames()).filter((it) => it.startsWith('on')),
        links: [...document.links].map((it) => it.protocol).filter((it) => !/^https?:$/.test(it)),
        hit: window.hit ?? null,
    };";

/// Counts the requests that a value brings about, at the address that is returned.
async fn stranger() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let hits = Arc::new(AtomicUsize::new(0));
    let counted = hits.clone();
    let hit = move || async move {
        counted.fetch_add(1, Ordering::Relaxed);
        "window.hit = 1"
    };
    let value = markup(&address);
    let routes = Router::new().route("/hit", get(hit));
    let routes = routes.route("/unescaped", get(move || async move { Html(value) }));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (address, hits)
}

fn markup(stranger: &str) -> String {
    format!(
        "\"><script src=\"{stranger}/hit\"></script><img src=\"{stranger}/hit\" onerror=\"window.hit=1\">\
         <iframe src=\"{stranger}/hit\"></iframe><style>@import '{stranger}/hit'; main {{ display: none }}</style>"
    )
}

/// An event and a refused delivery with the value wherever one can be. Returns the event's id and its
/// object's.
async fn store(server: &Server, index: usize, value: &str) -> (String, String) {
    let short: String = value.chars().take(300).collect();
    let (id, object) = (
        format!("evt_{index}_{short}"),
        format!("prod_{index}_{short}"),
    );
    let event = json!({
        "id": id, "object": "event", "type": "product.updated", "created": 1_700_000_000,
        "livemode": false, "api_version": short, "account": format!("acct_{short}"),
        "request": { "id": short, "idempotency_key": short },
        "data": {
            "object": {
                "id": object, "object": "product", "name": value, "created": 1,
                "description": format!("out of stock {value}"), "url": format!("javascript:{short}"),
                "metadata": { short.clone(): value }, "list": [value],
            },
            "previous_attributes": { "name": value },
        },
    });
    server.deliver(&event.to_string()).await;
    let mut headers = axum::http::HeaderMap::new();
    let header: String = short.chars().filter(char::is_ascii_graphic).collect();
    headers.insert("stripe-signature", "t=1,v1=00".parse().unwrap());
    headers.insert("x-forwarded-for", header.parse().unwrap());
    let refused = Delivery::new(headers, value.as_bytes().to_vec());
    assert!(server.app.receive(refused).await.is_err());
    (id, object)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_acts_on_a_view() {
    let database = TestDatabase::sqlite();
    let server = server(&database).await;
    let (stranger, hits) = stranger().await;
    let session = Session::start().await;

    // As proof that it would be noticed: a page that doesn't escape.
    session.open(&format!("{stranger}/unescaped")).await;
    let unescaped = session.run(STATE).await;
    assert_eq!(
        (&unescaped["hit"], &unescaped["strangers"]),
        (&json!(1), &json!(2))
    );
    assert!(hits.swap(0, Ordering::Relaxed) > 1);

    let (long, markup) = ("x".repeat(1 << 20), markup(&stranger));
    let values = VALUES.iter().copied().chain([&*long, &*markup]);
    let mut views: Vec<String> = VIEWS.map(str::to_owned).to_vec();
    views.extend([
        "/rows?type=product".to_owned(),
        "/events?state=dead".to_owned(),
    ]);
    for (index, value) in values.enumerate() {
        let (event, object) = store(&server, index, value).await;
        let (event, object) = (encoded(&event), encoded(&object));
        views.push(format!("/event?id={event}"));
        views.push(format!("/object?type=product&mode=test&id={object}"));
        views.push(format!("/events?object={object}"));
        views.push(format!(
            "/find?q={}",
            encoded(&value.chars().take(300).collect::<String>())
        ));
    }
    server.app.work_until_idle().await.unwrap();
    for delivery in server.app.store().deliveries(None, 100).await.unwrap() {
        views.push(format!("/delivery?id={}", delivery.id));
    }

    let mut look = Look::all().last().unwrap();
    look.scheme = "light";
    session.look(look).await;
    for view in &views {
        session
            .open(&format!("http://{}{view}", server.address))
            .await;
        let state = session.run(STATE).await;
        let expected = json!({
            "missing": [], "scripts": 1, "strangers": 0, "handlers": [], "links": [], "hit": null,
        });
        assert_eq!(state, expected, "{view}");
        assert!(session.title().await.ends_with(" · djstripe"), "{view}");
        session.fits(view).await;
    }
    assert_eq!(hits.load(Ordering::Relaxed), 0);
}
