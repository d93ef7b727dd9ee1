//! `/v2/core/events`: what it lists, and what it refuses as Stripe does.

use serde_json::{Value, json};

use super::{FakeStripe, get};

#[tokio::test]
async fn thin_events_are_listed_newest_first_and_page_by_page() {
    let stripe = FakeStripe::start().await.unwrap();
    let customers: Vec<Value> = (0..5)
        .map(|_| {
            let customer = stripe.fixture("customer", json!({}));
            let thin = stripe.thin(&stripe.emit("customer.created", &customer));
            stripe.advance(std::time::Duration::from_secs(1));
            thin
        })
        .collect();
    let id = |place: usize| customers[place]["id"].as_str().unwrap();

    let first = get(&stripe, "/v2/core/events?limit=3").await;
    assert_eq!(first.ids(), [id(4), id(3), id(2)]);
    let second = get(&stripe, first.body["next_page_url"].as_str().unwrap()).await;
    assert_eq!(second.ids(), [id(1), id(0)]);
    assert_eq!(second.body["next_page_url"], Value::Null);
    let previous = second.body["previous_page_url"].as_str().unwrap();
    assert_eq!(get(&stripe, previous).await.ids(), first.ids());

    let check = async |query: &str, expected: &[&str]| {
        let listed = get(&stripe, &format!("/v2/core/events?{query}")).await;
        assert_eq!(listed.ids(), expected, "{query}");
    };
    let created = customers[2]["created"].as_str().unwrap();
    check(&format!("created[gt]={created}"), &[id(4), id(3)]).await;
    check(&format!("created[gte]={created}"), &[id(4), id(3), id(2)]).await;
    check(&format!("created[lt]={created}"), &[id(1), id(0)]).await;
    check(&format!("created[lte]={created}"), &[id(2), id(1), id(0)]).await;
    let object = customers[1]["related_object"]["id"].as_str().unwrap();
    check(&format!("object_id={object}"), &[id(1)]).await;
    check("types[0]=v1.customer.deleted", &[]).await;
    check(
        "types[0]=v1.customer.deleted&types[1]=v1.customer.created&limit=1",
        &[id(4)],
    )
    .await;
}

#[tokio::test]
async fn what_stripe_refuses_of_a_list_of_thin_events_is_refused() {
    let stripe = FakeStripe::start().await.unwrap();
    let types = |count: usize| {
        let types = (0..count).map(|number| format!("types[{number}]=v2.n{number}"));
        types.collect::<Vec<_>>().join("&")
    };
    let cases = [
        (types(20), None),
        (types(21), Some("at most 20")),
        ("limit=100".to_owned(), None),
        ("limit=101".to_owned(), Some("not between 1 and 100")),
        ("limit=0".to_owned(), Some("not between 1 and 100")),
        ("limit=many".to_owned(), Some("not an integer")),
        ("created[gte]=2026-01-31T12:00:00Z".to_owned(), None),
        (
            "created[gte]=1767225600".to_owned(),
            Some("not a time in RFC 3339"),
        ),
        (
            "created=2026-01-31T12:00:00Z".to_owned(),
            Some("not a parameter"),
        ),
        ("starting_after=evt_1".to_owned(), Some("not a parameter")),
    ];
    for (query, refused) in cases {
        let response = get(&stripe, &format!("/v2/core/events?{query}")).await;
        let expected = match refused {
            None => (200, None, None),
            Some(_) => (400, Some("invalid_fields"), None),
        };
        assert_eq!(response.error(), expected, "{query}");
        let message = response.body["error"]["message"]
            .as_str()
            .unwrap_or_default();
        assert!(message.contains(refused.unwrap_or_default()), "{message}");
    }
}

#[tokio::test]
async fn an_event_that_is_thin_only_is_in_no_list_of_snapshot_events() {
    let stripe = FakeStripe::start().await.unwrap();
    let subscription = stripe.fixture("subscription", json!({}));
    let name = "v1.customer.subscription.past_due";
    let thin = stripe.emit_thin(name, &subscription, Value::Null);
    assert!(get(&stripe, "/v1/events").await.ids().is_empty());
    let id = thin["id"].as_str().unwrap();
    let snapshot = id.replace("evt_thin_", "evt_");
    assert_eq!(
        get(&stripe, &format!("/v1/events/{snapshot}")).await.status,
        404
    );
    assert_eq!(get(&stripe, "/v2/core/events").await.ids(), [id]);
}
