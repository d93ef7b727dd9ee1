//! Forgetting a customer: counted first, asked, done, and in the audit.

use djstripe_core::page::{Access, Right};
use djstripe_tests::on_both_backends;
use djstripe_tests::wait::until;

use super::{Answer, Server, builder, fields_of};

const CUSTOMER: &str = "/object?type=customer&id=cus_1&mode=test";

fn customer_event() -> &'static str {
    r#"{"id":"evt_1","object":"event","type":"customer.created","created":1700000000,"livemode":false,
        "api_version":"2020-08-27","data":{"object":{"id":"cus_1","object":"customer","created":1600000000,
        "livemode":false,"email":"ann@example.com","name":"Ann of Kent","metadata":{"shoe":"size 38"}}}}"#
}

async fn with_customer(database: &djstripe_tests::TestDatabase, access: Access) -> Server {
    let app = builder(database).build().await.unwrap();
    let server = Server::start(app, access).await;
    server.deliver(customer_event()).await;
    server.app.work_until_idle().await.unwrap();
    server
}

/// Sends a form of a redaction, and waits for the end of its job.
async fn run(server: &Server, action: &str, fields: &[(String, String)]) -> Answer {
    let begun = server.post(action, fields).await;
    assert_eq!(begun.status, 303, "{}", begun.body);
    let address = begun.header("location").trim_start_matches('.').to_owned();
    until(async || server.get(&address).await.body.contains("finished")).await;
    server.get(&address).await
}

/// The fields of the form at this address, whose button has no value.
fn fields(html: &str, action: &str) -> Vec<(String, String)> {
    fields_of(html, action, "")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_forgotten_after_a_count() {
    on_both_backends(async |database| {
        let server = with_customer(&database, Access::All).await;
        let page = server.get(CUSTOMER).await.has("ann@example.com");

        let counted = run(
            &server,
            "/count-redaction",
            &fields(&page.body, "count-redaction"),
        )
        .await;
        let counted = counted.has("would be blanked").has("stripe_customer");
        server
            .get(CUSTOMER)
            .await
            .has("ann@example.com")
            .has("size 38");
        let actions = server.app.store().actions(None, 10).await.unwrap();
        assert!(actions.is_empty(), "{actions:?}");

        let done = run(&server, "/redact", &fields(&counted.body, "redact")).await;
        done.has("were blanked").lacks("Forget this customer");
        server.get(CUSTOMER).await.has("Redacted");
        for view in [CUSTOMER, "/event?id=evt_1", "/rows?type=customer"] {
            let view = server.get(view).await;
            view.has("cus_1")
                .lacks("ann@example.com")
                .lacks("Ann of Kent")
                .lacks("size 38");
        }
        let actions = server.app.store().actions(None, 10).await.unwrap();
        let details = actions.iter().map(|it| {
            assert_eq!(
                (&*it.actor, &*it.action, &*it.subject),
                ("ann", "redact customer", "cus_1")
            );
            it.detail.as_deref().unwrap()
        });
        let details: Vec<&str> = details.collect();
        assert!(details[0].starts_with("finished: blanked "), "{details:?}");
        assert_eq!(details[1..], ["begun"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_is_kept_where_the_form_says_so() {
    on_both_backends(async |database| {
        let server = with_customer(&database, Access::All).await;
        let page = server.get(CUSTOMER).await;
        let mut form = fields(&page.body, "count-redaction");
        form.push(("keep-metadata".to_owned(), "yes".to_owned()));
        let counted = run(&server, "/count-redaction", &form).await;
        run(&server, "/redact", &fields(&counted.body, "redact")).await;
        let view = server.get(CUSTOMER).await;
        view.has("size 38").lacks("ann@example.com");
    })
    .await;
}

#[tokio::test]
async fn nobody_forgets_without_the_right() {
    on_both_backends(async |database| {
        let rights = Right::ALL
            .into_iter()
            .filter(|right| *right != Right::Redact);
        let server = with_customer(&database, Access::Only(rights.collect())).await;
        server.get(CUSTOMER).await.lacks("Forget this customer");
        let form = [("id".to_owned(), "cus_1".to_owned())];
        for action in ["/count-redaction", "/redact"] {
            let refused = server.post(action, &form).await.has("the right `redact`");
            assert_eq!(refused.status, 403);
        }
        server.get(CUSTOMER).await.has("ann@example.com");
    })
    .await;
}

#[tokio::test]
async fn a_customer_that_the_mirror_lacks_is_no_success() {
    on_both_backends(async |database| {
        let server = with_customer(&database, Access::All).await;
        let form = [("id".to_owned(), "cus_2".to_owned())];
        let begun = server.post("/redact", &form).await;
        let address = begun.header("location").trim_start_matches('.').to_owned();
        until(async || server.get(&address).await.body.contains("failed")).await;
        let job = server.get(&address).await;
        job.has("the database has no customer `cus_2`")
            .lacks("finished");
        let (_, action, subject) = server.last_action().await;
        assert_eq!((&*action, &*subject), ("redact customer", "cus_2"));
    })
    .await;
}
