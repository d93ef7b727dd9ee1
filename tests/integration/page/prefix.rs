//! Every link leads to a page, whatever stands before the page's address.

use std::collections::BTreeSet;

use axum::{Extension, Router};
use djstripe_core::page::{self, Access, AccessSource, Operator};
use djstripe_tests::TestDatabase;

use super::{Server, VIEWS, builder, product_event};

/// The addresses that a document names.
fn links(html: &str) -> BTreeSet<String> {
    let mut links = BTreeSet::new();
    for attribute in [" href=\"", " src=\"", " action=\""] {
        for rest in html.split(attribute).skip(1) {
            let link = rest.split('"').next().unwrap().replace("&amp;", "&");
            links.insert(link);
        }
    }
    links
}

/// The path that a link of the document at `from` leads to, as a browser finds it.
fn resolved(from: &str, link: &str) -> String {
    let path = from.split('?').next().unwrap();
    let folder = &path[..=path.rfind('/').unwrap()];
    let relative = link
        .strip_prefix("./")
        .unwrap_or_else(|| panic!("{link} is not relative"));
    assert!(
        !relative.starts_with('/') && !relative.contains(".."),
        "{link}"
    );
    format!("{folder}{relative}")
}

/// Requests every page at this prefix, as a browser names it, and every link of those pages.
async fn check(server: &Server, browser_prefix: &str) {
    let mut checked = BTreeSet::new();
    let event = "/event?id=evt_1".to_owned();
    for view in VIEWS.iter().map(|view| (*view).to_owned()).chain([event]) {
        let from = format!("{browser_prefix}{view}");
        let answer = server.get(from.strip_prefix(browser_prefix).unwrap()).await;
        assert_eq!(answer.status, 200, "{from}");
        for link in links(&answer.body) {
            let is_outside =
                link.starts_with("https://dashboard.stripe.com/") || link.starts_with('#');
            if is_outside {
                continue;
            }
            let target = resolved(&from, &link);
            let path = target
                .strip_prefix(browser_prefix)
                .unwrap_or_else(|| panic!("{link} of {from} leads out of the page, to {target}"));
            if checked.insert(path.to_owned()) {
                let status = server.get(path).await.status;
                assert!(matches!(status, 200 | 303), "{link} of {from}: {status}");
            }
        }
    }
    assert!(checked.len() > 20, "{checked:?}");
}

fn page(app: &djstripe_core::Djstripe) -> Router {
    let operator = Operator::new("ann", Access::All);
    page::router(app.clone(), AccessSource::Extension).layer(Extension(operator))
}

#[tokio::test]
async fn links_lead_to_pages_below_any_prefix() {
    let database = TestDatabase::sqlite();
    let app = builder(&database).build().await.unwrap();
    let server = Server::of(app.clone(), page(&app), "").await;
    server
        .deliver(&product_event("evt_1", "prod_1", "lamp"))
        .await;
    check(&server, "").await;

    let routes = Router::new().nest_service("/admin/stripe", page(&app));
    let nested = Server::of(app.clone(), routes, "/admin/stripe").await;
    check(&nested, "/admin/stripe").await;

    let routes = Router::new().nest("/a", Router::new().nest("/b", page(&app)));
    let nested = Server::of(app.clone(), routes, "/a/b").await;
    // `nest` answers the prefix without a slash alone.
    let answer = nested.get("").await.has("href=\"./b/events\"");
    assert_eq!(answer.status, 200);
    assert_eq!(nested.get("/events").await.status, 200);

    let routes = Router::new().nest_service("/admin", page(&app));
    let nested = Server::of(app, routes, "").await;
    nested.get("/admin").await.has("href=\"./admin/events\"");
    nested.get("/admin/").await.has("href=\"./events\"");
    assert_eq!(nested.get("/events").await.status, 404);
    assert_eq!(nested.get("/administration").await.status, 404);
    assert_eq!(nested.get("/admin/events/x").await.status, 404);
}

#[tokio::test]
async fn links_lead_to_pages_behind_a_proxy_that_strips_a_prefix() {
    let database = TestDatabase::sqlite();
    let app = builder(&database).build().await.unwrap();
    let routes = Router::new().nest_service("/djstripe", page(&app));
    // The browser requests /ops/stripe/…, the proxy /djstripe/….
    let server = Server::of(app, routes, "/djstripe").await;
    server
        .deliver(&product_event("evt_1", "prod_1", "lamp"))
        .await;
    check(&server, "/ops/stripe").await;
}
