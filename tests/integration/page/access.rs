//! Who gets in: nobody about whom nothing was decided.

use axum::{Extension, Router};
use djstripe_core::__internals::begin;
use djstripe_core::page::{self, Access, AccessSource, Operator, PagePassword, Right};
use djstripe_core::store::StoreOptions;
use djstripe_tests::on_both_backends;

use super::{Server, VIEWS, builder, fields_of, product_event};

const POSTS: [&str; 3] = ["/propose", "/perform", "/stop"];

#[tokio::test]
async fn without_a_decision_there_is_no_page() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let routes = page::router(app.clone(), AccessSource::Extension);
        let server = Server::of(app, routes, "").await;
        for path in VIEWS.iter().chain(&["/page.css", "/page.js", "/nowhere"]) {
            let answer = server.get(path).await;
            assert_eq!(answer.status, 403, "{path}");
            assert!(answer.body.len() < 100, "{path}: {}", answer.body);
        }
        for path in POSTS {
            assert_eq!(server.post(path, &[]).await.status, 403, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_password_opens_the_page_and_names_the_operator() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let password = PagePassword::new("correct-horse-battery").unwrap();
        let routes = page::router(app.clone(), AccessSource::Password(password));
        let server = Server::of(app, routes, "").await;

        let answer = server.get("/").await;
        assert_eq!(answer.status, 401);
        assert!(answer.header("www-authenticate").starts_with("Basic "));
        // ann:wrong
        let wrong = [("Authorization", "Basic YW5uOndyb25n")];
        assert_eq!(server.send("GET", "/", &wrong, "").await.status, 401);
        // ann:correct-horse-battery
        let right = [(
            "Authorization",
            "Basic YW5uOmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ==",
        )];
        let answer = server
            .send("GET", "/", &right, "")
            .await
            .has("ann · all rights");
        assert_eq!(answer.status, 200);
        answer.lacks("correct-horse");
    })
    .await;
}

#[tokio::test]
async fn every_answer_is_protected() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let server = Server::start(app, Access::All).await;
        for path in VIEWS
            .iter()
            .chain(&["/nowhere", "/page.css", "/event?id=none"])
        {
            let answer = server.get(path).await;
            let policy = answer.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
            assert!(
                policy.contains("frame-ancestors 'none'"),
                "{path}: {policy}"
            );
            assert!(!policy.contains("unsafe"), "{path}: {policy}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
            let is_asset = path.starts_with("/page.");
            let cache = answer.header("cache-control");
            assert_eq!(cache == "no-store", !is_asset, "{path}: {cache}");
            // Nothing inline, and no address of another site but Stripe's dashboard.
            for part in ["<style", " style=", " onclick", "javascript:", "http://"] {
                assert!(!answer.body.contains(part), "{path}: {part}");
            }
        }
        assert_eq!(server.get("/nowhere").await.status, 404);
        assert_eq!(server.send("PUT", "/events", &[], "").await.status, 405);
    })
    .await;
}

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let server = Server::start(app, Access::All).await;
        let own = format!("http://{}", server.address);
        let own = own.as_str();
        let check = async |headers: &[(&str, &str)], status: u16| {
            let answer = server
                .send("POST", "/perform", headers, "change=pause")
                .await;
            assert_eq!(answer.status, status, "{headers:?}");
            let paused = server.app.store().paused_since().await.unwrap();
            assert_eq!(paused.is_some(), status == 303, "{headers:?}");
            server.app.store().resume().await.unwrap();
        };

        check(&[], 403).await;
        check(&[("Sec-Fetch-Site", "cross-site")], 403).await;
        check(&[("Sec-Fetch-Site", "same-site")], 403).await;
        check(&[("Sec-Fetch-Site", "none"), ("Origin", own)], 403).await;
        check(&[("Origin", "https://evil.example")], 403).await;
        check(&[("Origin", "null")], 403).await;
        check(&[("Origin", own)], 303).await;
        check(&[("Sec-Fetch-Site", "same-origin")], 303).await;
        // Reading the address of a form changes nothing.
        assert_eq!(server.get("/perform?change=pause").await.status, 303);
        assert!(server.app.store().paused_since().await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn rights_bound_what_can_be_done_and_seen() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let all = Server::start(app.clone(), Access::All).await;
        let reader = Server::start(app.clone(), Access::ReadOnly).await;
        let only = Server::start(app, Access::Only(vec![Right::Retry])).await;
        all.deliver(&product_event("evt_1", "prod_1", "out of stock"))
            .await;
        all.app.work_until_idle().await.unwrap();

        let event = "/event?id=evt_1";
        all.get(event)
            .await
            .has("Lamp of Ann")
            .has("Retry…")
            .has("Replay…");
        let seen = reader.get(event).await;
        let seen = seen.has("hidden").lacks("Lamp of Ann").lacks("Retry…");
        seen.has("12345678901234567890.50");
        only.get(event)
            .await
            .lacks("Lamp of Ann")
            .has("Retry…")
            .lacks("Replay…");
        assert_eq!(reader.get("/payload?id=evt_1").await.status, 403);
        all.get("/payload?id=evt_1").await.has("Lamp of Ann");
        // The answer to a search would tell.
        let search = "/events?payload=data.object.name%3DLamp";
        assert_eq!(reader.get(search).await.status, 403);
        let search = "/events?payload=data.object.address_line1%3DLane";
        assert_eq!(reader.get(search).await.status, 403);
        assert_eq!(all.get(search).await.status, 200);

        let page = all.get(event).await.body;
        for button in ["retry-events", "replay-events"] {
            let fields = fields_of(&page, "propose", button);
            for path in POSTS {
                assert!(
                    matches!(reader.post(path, &fields).await.status, 403 | 404),
                    "{path}"
                );
            }
        }
        let replay = fields_of(&page, "propose", "replay-events");
        assert_eq!(only.post("/propose", &replay).await.status, 403);
        assert_eq!(only.post("/perform", &replay).await.status, 403);
        let retry = fields_of(&page, "propose", "retry-events");
        assert_eq!(only.post("/propose", &retry).await.status, 200);
        assert!(all.app.store().actions(None, 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_database_that_takes_no_writes_can_only_be_read() {
    let database = djstripe_tests::TestDatabase::postgres().await;
    let app = builder(&database).build().await.unwrap();
    app.store()
        .pause(djstripe_core::store::Timestamp::now())
        .await
        .unwrap();
    drop(app);
    let owner = djstripe_tests::TestDatabase::postgres().await;
    let owner = owner.connect(StoreOptions::default()).await;
    let (_, name) = database.url().rsplit_once('/').unwrap();
    let mut transaction = begin(&owner).await.unwrap();
    let mut db = transaction.db().await.unwrap();
    let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    db.batch_execute(&set).await.unwrap();
    transaction.commit().await.unwrap();

    let app = builder(&database).build().await.unwrap();
    let server = Server::start(app, Access::All).await;
    let page = server
        .get("/")
        .await
        .has("Read-only: the database is read-only");
    page.lacks("Resume the workers…").has("paused");
    let fields = [("change".to_owned(), "resume".to_owned())];
    let answer = server.post("/perform", &fields).await;
    assert_eq!(answer.status, 403);
    answer.has("the database is read-only");
}

#[tokio::test]
async fn the_operator_of_the_host_s_layer_is_taken() {
    let database = djstripe_tests::TestDatabase::sqlite();
    let app = builder(&database).build().await.unwrap();
    let page = page::router(app.clone(), AccessSource::Extension).layer(Extension(Operator::new(
        "bidi \u{202e}name <b>",
        Access::ReadOnly,
    )));
    let server = Server::of(app, Router::new().nest("/x", page), "/x").await;
    let page = server
        .get("/events")
        .await
        .has("bidi ⟨U+202E⟩name &lt;b&gt; · read-only");
    page.lacks("\u{202e}");
}
