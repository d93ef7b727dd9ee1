//! Paths next to the webhook endpoints: a slash too many, and POSTs that nothing serves.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use djstripe_core::http;
use djstripe_core::testing::http_client;
use djstripe_tests::TestDatabase;
use djstripe_tests::registry::receivers;
use tokio::net::TcpListener;
use tracing::Level;

use super::{SECRET, builder, deliver, serve};
use crate::log::Log;

/// No endpoint has this id.
const NOBODY: &str = "/stripe/webhook/11111111-1111-1111-1111-111111111111";

async fn answer(base: &str, path: &str) -> (u16, String) {
    let answer = http_client().post(format!("{base}{path}")).send().await;
    let answer = answer.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn a_post_that_nothing_serves_is_logged_and_does_not_flood() {
    let log = Log::default();
    let _logging = log.start(Level::WARN);
    let database = TestDatabase::sqlite();
    let routes = Router::new()
        .route("/", get(async || "my shop"))
        .route("/orders", post(async || StatusCode::NOT_FOUND));
    let base = serve(builder(&database), |_| routes).await;

    // The application's own answer says nothing of a missing path.
    assert_eq!(answer(&base, "/orders").await.0, 404);
    assert!(!log.text().contains("nothing serves"), "{}", log.text());

    for (path, status) in [("/stripe/webhooks?a=b", 404), ("/", 405), ("/%0aWARN", 404)] {
        assert_eq!(answer(&base, path).await.0, status, "{path}");
    }
    let text = log.text();
    for (path, status) in [("/stripe/webhooks", 404), ("/", 405), ("/%0aWARN", 404)] {
        let line = format!("path=\"{path}\" remote_address=\"127.0.0.1\" status={status}");
        assert!(text.contains(&line), "{line}: {text}");
    }
    for _ in 0..20 {
        assert_eq!(answer(&base, "/flood").await.0, 404);
    }
    assert_eq!(
        log.text().matches("nothing serves").count(),
        5,
        "{}",
        log.text()
    );
}

#[tokio::test]
async fn a_slash_at_the_end_is_the_same_path() {
    let database = TestDatabase::sqlite();
    let base = serve(builder(&database), |_| Router::new()).await;
    assert_eq!(deliver(&base, "/stripe/webhook/", "evt_1").await, 200);
    let unknown = answer(&base, NOBODY).await;
    assert_eq!(unknown.0, 404);
    assert!(!unknown.1.is_empty());
    assert_eq!(answer(&base, &format!("{NOBODY}/")).await, unknown);

    // In another server too, and at another path.
    let app = builder(&database).webhook_secret(SECRET);
    let app = app.receivers(receivers(|_| false)).build().await.unwrap();
    let routes = http::router(app.clone())
        .merge(http::router_at("/hooks/", app.clone()))
        .merge(http::router_at("/other", app));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, routes).into_future());
    for path in ["/stripe/webhook", "/hooks", "/other"] {
        for path in [path.to_owned(), format!("{path}/")] {
            assert_eq!(deliver(&base, &path, "evt_1").await, 200, "{path}");
        }
        let nobody = format!("{path}/11111111-1111-1111-1111-111111111111");
        for path in [nobody.clone(), format!("{nobody}/")] {
            assert_eq!(answer(&base, &path).await, unknown, "{path}");
        }
    }
}

#[tokio::test]
async fn the_application_s_routes_come_first() {
    let database = TestDatabase::sqlite();
    let own = |_| {
        Router::new()
            .route("/stripe/webhook/", post(async || "mine"))
            .fallback(async || "my fallback")
    };
    let base = serve(builder(&database), own).await;
    assert_eq!(
        answer(&base, "/stripe/webhook/").await,
        (200, "mine".to_owned())
    );
    assert_eq!(answer(&base, "/stripe/webhook").await.0, 400);
    for path in ["/other", "/stripe/", "/stripe/webhook/a/b"] {
        assert_eq!(answer(&base, path).await, (200, "my fallback".to_owned()));
    }
}
