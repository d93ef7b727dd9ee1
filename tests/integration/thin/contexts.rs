//! The account of a thin event: the last one of its `context`, through which Stripe reaches it.

use djstripe_core::models::Customer;
use djstripe_core::store::EventFilter;
use djstripe_core::testing::{FakeStripe, http_client};
use djstripe_core::{Account, Object, State, stripe_receiver};
use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::{Seen, Shop};

#[stripe_receiver("customer.updated", id = "thin::of_account")]
fn of_account(customer: Object<Customer>, account: Account, seen: State<Seen>) {
    let email = customer.email.as_deref().unwrap_or("nobody");
    let account = account.0.as_deref().unwrap_or("own");
    seen.lock().unwrap().push(format!("{email} of {account}"));
}

impl Shop {
    /// The thin event of a changed customer, of the platform or of `acct_2`. Both have a customer
    /// with this id.
    fn changed_for(&self, is_connected: bool, lacks_snapshot_id: bool) -> Value {
        for account in ["acct_1", "acct_2"] {
            self.stripe
                .insert(json!({ "object": "account", "id": account }));
        }
        let connected = self.stripe.on("acct_2");
        let customer = |email: &str| json!({ "object": "customer", "id": "cus_1", "email": email });
        let own = self.stripe.insert(customer("own@example.com"));
        let theirs = connected.insert(customer("acct_2@example.com"));
        let event = match is_connected {
            true => connected.emit("customer.updated", &theirs),
            false => self.stripe.emit("customer.updated", &own),
        };
        match lacks_snapshot_id {
            true => self.stripe.thin_without_snapshot_id(&event),
            false => self.stripe.thin(&event),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_thin_event_refers_to_is_requested_of_its_account() {
    // The context, the account of the event, and the headers of the requests.
    let cases = [
        (None, "own", [None, None]),
        (Some("acct_2"), "acct_2", [Some("acct_2"), None]),
        (Some("org_1/acct_2"), "acct_2", [Some("acct_2"), None]),
        (
            Some("acct_1/acct_2"),
            "acct_2",
            [Some("acct_2"), Some("acct_1/acct_2")],
        ),
        (
            Some("org_1/acct_1/acct_2"),
            "acct_2",
            [Some("acct_2"), Some("acct_1/acct_2")],
        ),
    ];
    on_both_backends(async |database| {
        for (context, account, headers) in cases {
            // The whole event is requested, or the object alone.
            for path in ["/v2/core/events/", "/v1/customers/cus_1"] {
                let shop = Shop::open(&database, &["thin::of_account"]).await;
                let mut thin = shop.changed_for(context.is_some(), path.starts_with("/v2"));
                thin["context"] = json!(context);
                shop.deliver(&thin).await;

                let expected = format!("{account}@example.com of {account}");
                assert_eq!(shop.take_seen(), [expected], "{context:?}");
                let requests = shop.stripe.requests();
                let request = requests.iter().find(|it| it.path.starts_with(path));
                let request = request.unwrap();
                let sent = [request.account.as_deref(), request.context.as_deref()];
                assert_eq!(sent, headers, "{context:?} {path}");
                let stored = shop.app.store().events(&EventFilter::default()).await;
                let stored = stored.unwrap().remove(0);
                let account = Some(account).filter(|it| *it != "own");
                assert_eq!(stored.account.as_deref(), account, "{context:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_fake_lists_the_thin_events_of_the_account_that_a_header_names() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.insert(json!({ "object": "account", "id": "acct_2" }));
    let own = stripe.emit("customer.created", &stripe.fixture("customer", json!({})));
    let connected = stripe.on("acct_2");
    let customer = connected.fixture("customer", json!({}));
    let theirs = connected.emit("customer.created", &customer);
    let (own, theirs) = (stripe.thin(&own), connected.thin(&theirs));
    assert_eq!(
        (&own["context"], &theirs["context"]),
        (&Value::Null, &json!("acct_2"))
    );

    let check = async |header: Option<(&str, &str)>, expected: &Value| {
        let mut request = http_client()
            .get(format!("{}/v2/core/events", stripe.base_url()))
            .bearer_auth(stripe.api_key());
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let listed = request.send().await.unwrap().text().await.unwrap();
        let listed: Value = serde_json::from_str(&listed).unwrap();
        let ids: Vec<&Value> = listed["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["id"])
            .collect();
        assert_eq!(ids, [&expected["id"]], "{header:?}");
    };
    check(None, &own).await;
    check(Some(("Stripe-Account", "acct_2")), &theirs).await;
    check(Some(("Stripe-Context", "acct_2")), &theirs).await;
    check(Some(("Stripe-Context", "org_1/acct_2")), &theirs).await;
}
