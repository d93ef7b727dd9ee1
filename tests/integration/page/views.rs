//! What the views show.

use djstripe_core::__internals::begin;
use djstripe_core::page::Access;
use djstripe_core::store::{EventState, Timestamp};
use djstripe_tests::on_both_backends;

use super::{Server, VIEWS, builder, product_event};

#[tokio::test]
async fn an_empty_and_quiet_system_looks_healthy() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let server = Server::start(app, Access::All).await;
        let overview = server
            .get("/")
            .await
            .has("All is well.")
            .has("No event fails.");
        // With its style sheet and script it is far below 40 kB even before it is compressed.
        let assets =
            server.get("/page.css").await.body.len() + server.get("/page.js").await.body.len();
        let size = overview.body.len() + assets;
        assert!(size < 40_000, "{size}");
        for view in VIEWS {
            let answer = server.get(view).await;
            assert_eq!(answer.status, 200, "{view}: {}", answer.body);
            let html = &answer.body;
            for part in [
                "<html lang=\"en\">",
                "<main id=\"main\"",
                "<nav class=\"views\" aria-label=",
                "class=\"skip\"",
                "name=\"viewport\"",
                "<h1>",
            ] {
                assert!(html.contains(part), "{view}: {part}");
            }
            assert_eq!(html.matches("<h1>").count(), 1, "{view}");
            // Every field has a label, and every heading of a table says of what it is.
            assert!(!html.contains("<th>"), "{view}");
        }
        server
            .get("/events")
            .await
            .has("href=\"./events\" aria-current=\"page\"");
        server
            .get("/event?id=evt_none")
            .await
            .has("No event evt_none is stored");
    })
    .await;
}

#[tokio::test]
async fn a_process_that_is_gone_and_an_address_that_is_old_are_told() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let server = Server::start(app, Access::All).await;
        server
            .get("/?done=paused")
            .await
            .lacks("The workers are paused");
        let store = server.app.store();
        store.pause(Timestamp::now()).await.unwrap();
        server
            .get("/?done=paused")
            .await
            .has("The workers are paused")
            .lacks("All is well.");
        store.resume().await.unwrap();

        let mut transaction = begin(store).await.unwrap();
        let mut db = transaction.db().await.unwrap();
        let silent = "INSERT INTO djstripe_process (id, role, host, pid, version, started_at, seen_at) \
             VALUES ('p', 'serve', 'shop-1', 7, '0.1.0', 1, 1)";
        db.batch_execute(silent).await.unwrap();
        let failed = "INSERT INTO djstripe_verify_run (id, actor, started_at, updated_at, missing, error) \
             VALUES ('v', 'ann', 1, 1, 3, 'no connection')";
        db.batch_execute(failed).await.unwrap();
        transaction.commit().await.unwrap();
        let overview = server.get("/").await.lacks("All is well.");
        let overview = overview.has("No process runs").has("not finished");
        overview.has("3 findings").has("no connection");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_has_its_whole_way_on_one_line() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let server = Server::start(app, Access::All).await;
        server
            .deliver(&product_event("evt_1", "prod_1", "lamp"))
            .await;
        server.app.work_until_idle().await.unwrap();
        assert_eq!(server.state("evt_1").await, EventState::Processed);
        server
            .deliver(&product_event("evt_2", "prod_1", "lamp"))
            .await;

        let page = server.get("/event?id=evt_1").await;
        let mut place = 0;
        for step in [
            "At Stripe",
            "Delivered",
            "Stored",
            "Fetched, row written",
            "Receivers",
            "Effects",
        ] {
            let found = page.body[place..].find(&format!("<h3>{step}<"));
            place += found.unwrap_or_else(|| panic!("{step}: {}", page.body));
        }
        let page = page.has("page::ship").has("page_note").has("page::rename");
        let page = page.has("after 1 try, the last took ");
        let page = page.has("when(changed(&quot;name&quot;)), and nothing of it changed");
        let page = page
            .has("12345678901234567890.50")
            .has("&quot;before&quot;")
            .has("evt_2");
        page.has("https://dashboard.stripe.com/test/events/evt_1");

        server
            .get("/events?object=prod_1")
            .await
            .has("evt_1")
            .has("evt_2");
        server.get("/events?name=product.*").await.has("evt_1");
        server.get("/events?name=invoice.*").await.lacks("evt_1");
        server
            .get("/events?state=processed")
            .await
            .has("evt_1")
            .lacks("evt_2");
        server.get("/events?mode=live").await.lacks("evt_1");
        server
            .get("/events?effects=yes")
            .await
            .has("evt_1")
            .lacks("evt_2");
        let found = server
            .get("/events?payload=data.object.metadata.order%20%3D%207")
            .await;
        found
            .has("evt_1")
            .has("evt_2")
            .has("Read the payloads of 2 events");
        server
            .get("/events?payload=data.object.metadata.order%20%3D%208")
            .await
            .lacks("evt_1");
        server
            .get("/events?payload=nonsense")
            .await
            .has("can't be read");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_has_its_columns_references_and_history() {
    on_both_backends(async |database| {
        let app = builder(&database)
            .keep_versions_of(["product"])
            .build()
            .await
            .unwrap();
        let server = Server::start(app, Access::All).await;
        server
            .deliver(&product_event("evt_1", "prod_1", "lamp"))
            .await;
        let later = product_event("evt_2", "prod_1", "chair").replace("1700000000", "1700000100");
        server.deliver(&later).await;
        server.app.work_until_idle().await.unwrap();

        server
            .get("/objects")
            .await
            .has("href=\"./rows?type=product\"");
        server.get("/rows?type=product").await.has("prod_1");
        server
            .get("/rows?type=product&id=prod_2")
            .await
            .lacks("prod_1");
        let object = server.get("/object?type=product&id=prod_1&mode=test").await;
        let object = object.has("Lamp of Ann").has("History").has("chair");
        object
            .has("evt_2")
            .has("evt_1")
            .has("<caption>What changed</caption>");
        let event = server.get("/event?id=evt_2").await;
        event.has("changed <code>description</code>");
        let missing = server.get("/object?type=product&id=prod_9").await;
        missing.has("The mirror has no row");
        assert_eq!(server.get("/rows?type=dragon").await.status, 404);

        let found = server.get("/find?q=prod_1").await;
        assert!(matches!(found.status, 200 | 303));
        let found = server.get("/find?q=evt_1").await;
        assert_eq!(
            (found.status, found.header("location")),
            (303, "./event?id=evt_1")
        );
        server.get("/find?q=req_evt_1").await;
    })
    .await;
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    on_both_backends(async |database| {
        let app = builder(&database).build().await.unwrap();
        let server = Server::start(app, Access::All).await;
        for number in 0..60 {
            server
                .deliver(&product_event(
                    &format!("evt_{number:02}"),
                    "prod_1",
                    "lamp",
                ))
                .await;
        }
        let first = server
            .get("/events")
            .await
            .has("60 match")
            .has("evt_59")
            .lacks("evt_09<");
        let link = first.body.split("rel=\"next\" href=\".").nth(1).unwrap();
        let link = link.split('"').next().unwrap().replace("&amp;", "&");
        let second = server.get(&link).await.has("evt_09").lacks("evt_59<");
        second.lacks("rel=\"next\"");
    })
    .await;
}
