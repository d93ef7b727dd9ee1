//! Typed operations of the client against the fake Stripe, and that an application has one client.

use std::sync::{Arc, Mutex};

use djstripe_core::client::RequestError;
use djstripe_core::client::{ApiKeys, Client, ClientError, ClientOptions, Method, Request};
use djstripe_core::models::{
    Charge, Coupon, Customer, Discount, Invoice, Model, Person, Subscription,
};
use djstripe_core::receiver::{Effect, OutboxError};
use djstripe_core::testing::FakeStripe;
use djstripe_core::{BoxError, Db, Djstripe, State, stripe_receiver};
use djstripe_tests::delivery::{event_json, signed};
use djstripe_tests::registry;
use futures_util::TryStreamExt;
use serde_json::json;

fn client(stripe: &FakeStripe) -> Client {
    let mut options = ClientOptions::default();
    options.base = stripe.base_url().to_owned();
    djstripe_tests::client::fast(&mut options);
    Client::new(ApiKeys::new([stripe.api_key()]).unwrap(), options).unwrap()
}

/// What happened to an object.
fn outcome<T>(result: Result<T, ClientError>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn objects_are_created_retrieved_updated_and_deleted_as_their_type() {
    let stripe = FakeStripe::start().await.unwrap();
    let client = client(&stripe);

    let params = json!({ "email": "ann@example.com", "metadata": { "user": "7" } });
    let created = client.create::<Customer>(&params).idempotency_key("user-7");
    let created = created.await.unwrap();
    let again = client.create::<Customer>(&params).idempotency_key("user-7");
    assert_eq!(again.await.unwrap().id, created.id, "the key is sent");
    assert_eq!(created.metadata["user"], "7");

    let id = created.id.as_deref().unwrap();
    let updated = client.update::<Customer>(id, json!({ "name": "Ann" }));
    assert_eq!(updated.await.unwrap().name.as_deref(), Some("Ann"));
    let read = client.retrieve::<Customer>(id).await.unwrap();
    assert_eq!(read.email.as_deref(), Some("ann@example.com"));
    assert!(read.json().contains("metadata"));

    client.delete::<Customer>(id).await.unwrap();
    let deleted = client.retrieve::<Customer>(id).await.unwrap_err();
    assert!(
        matches!(&deleted, ClientError::Deleted { object: "customer", id: gone } if gone == id),
        "{deleted:?}"
    );
    assert!(deleted.is_gone() && !deleted.is_transient());
    let missing = client.retrieve::<Customer>("cus_other").await.unwrap_err();
    assert!(missing.is_gone(), "{missing:?}");
}

#[tokio::test]
async fn an_answer_is_never_read_as_another_type_of_object() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.insert(json!({ "id": "cus_1", "object": "customer", "email": "a@b.c" }));
    stripe.insert(json!({ "id": "ch_1", "object": "charge", "amount": "a lot" }));
    let client = client(&stripe);
    let get = |path: &str| Request::new(Method::Get, path);

    let answer = client.send(&get("/v1/customers/cus_1")).await.unwrap();
    let customer = answer.object::<Customer>().unwrap();
    assert_eq!(customer.email.as_deref(), Some("a@b.c"));
    assert_eq!(
        outcome(answer.object::<Invoice>()),
        "expected `invoice`, got `customer`"
    );
    let list = client.send(&get("/v1/customers")).await.unwrap();
    assert_eq!(
        outcome(list.object::<Customer>()),
        "expected `customer`, got `list`"
    );

    let error = client.retrieve::<Charge>("ch_1").await.unwrap_err();
    assert!(
        matches!(&error, ClientError::Decode { object: "charge", id, .. } if id == "ch_1"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_list_is_read_page_by_page_as_far_as_it_is_asked_for() {
    let stripe = FakeStripe::start().await.unwrap();
    for number in 0..230 {
        let customer = if number % 2 == 0 {
            "cus_even"
        } else {
            "cus_odd"
        };
        stripe.insert(json!({
            "id": format!("in_{number:03}"), "object": "invoice", "customer": customer,
            "created": 1_700_000_000 + number,
        }));
    }
    let client = client(&stripe);
    let pages = || stripe.count_requests(|request| request.path == "/v1/invoices");

    let mut invoices = client.list::<Invoice>(()).unwrap();
    assert_eq!(pages(), 0, "nothing is fetched before it is asked for");
    let first = invoices.next().await.unwrap().unwrap();
    assert_eq!((first.id.as_deref(), pages()), (Some("in_229"), 1));
    let mut count = 1;
    while invoices.next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!((count, pages()), (230, 3));

    let odd = client.list::<Invoice>(json!({ "customer": "cus_odd" }));
    let odd = odd.unwrap().up_to(7).await.unwrap();
    assert_eq!(odd.len(), 7);
    assert!(odd.iter().all(|invoice| {
        let customer = invoice.customer.as_ref().and_then(|it| it.id());
        customer == Some("cus_odd")
    }));

    let list = client.list::<Invoice>(json!({ "limit": 50 })).unwrap();
    let all: Vec<_> = list.into_stream().try_collect().await.unwrap();
    assert_eq!((all.len(), pages()), (230, 9));
}

#[tokio::test]
async fn a_page_that_failed_is_requested_again() {
    use djstripe_core::testing::Fault;

    let stripe = FakeStripe::start().await.unwrap();
    stripe.insert(json!({ "id": "SPRING", "object": "coupon" }));
    let client = client(&stripe);
    let mut coupons = client.list::<Coupon>(()).unwrap();
    stripe.fail_next(Fault::status(400));
    assert!(coupons.next().await.is_err());
    let coupon = coupons.next().await.unwrap().unwrap();
    assert_eq!(coupon.id.as_deref(), Some("SPRING"));
    assert!(coupons.next().await.unwrap().is_none());
}

#[tokio::test]
async fn what_stripe_has_no_operation_for_is_told_before_anything_is_sent() {
    let stripe = FakeStripe::start().await.unwrap();
    let client = client(&stripe);
    let check = |result: Result<(), ClientError>, expected: &str| {
        assert_eq!(outcome(result), expected);
    };

    let of = |result: Result<_, ClientError>| result.map(drop);
    check(
        of(client.retrieve::<Discount>("di_1").await),
        "Stripe has no operation `retrieve` for `discount`",
    );
    let person = client.retrieve::<Person>("person_1").await;
    check(
        person.map(drop),
        "the path of `person` needs the id of its `account`",
    );
    let created = client.create::<Customer>("no object").await;
    check(created.map(drop), "the parameters are not a JSON object");
    let list = client.list::<Subscription>([1, 2]).map(drop);
    assert_eq!(list, Err(RequestError::Params));
    assert_eq!(stripe.requests().len(), 0);

    stripe.insert(json!({ "id": "acct_1", "object": "account" }));
    stripe.insert(json!({ "id": "person_1", "object": "person", "account": "acct_1" }));
    let person = client.retrieve_below::<Person>("acct_1", "person_1").await;
    assert_eq!(person.unwrap().id.as_deref(), Some("person_1"));
    let persons = client.list_below::<Person>("acct_1", ()).unwrap();
    assert_eq!(persons.up_to(9).await.unwrap().len(), 1);
    assert_eq!(Person::OBJECT, "person");
}

/// The clients that a receiver and an effect were given.
#[derive(Default)]
struct Seen {
    clients: Mutex<Vec<Client>>,
}

#[stripe_receiver("review.opened", id = "typed_client::looks")]
async fn looks(client: Client, seen: State<Seen>) {
    seen.clients.lock().unwrap().push(client);
}

#[stripe_receiver("review.opened", id = "typed_client::asks")]
async fn asks(mut db: Db<'_>) -> Result<(), OutboxError> {
    db.after_commit("look", &()).await
}

#[tokio::test]
async fn receivers_effects_and_handlers_have_one_client() {
    let stripe = FakeStripe::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("one.db").display());
    let builder = Djstripe::builder()
        .webhook_secret("whsec_one")
        .secret_key(stripe.api_key())
        .api_base(stripe.base_url())
        .database_url(url)
        .state(Seen::default())
        .receivers(registry::receivers(|id| id.starts_with("typed_client::")))
        .effect("look", async |effect: Effect| {
            let seen: State<Seen> = effect.state()?;
            seen.clients.lock().unwrap().push(effect.client()?);
            Ok::<(), BoxError>(())
        });
    let of_builder = builder.client().unwrap().unwrap();
    let app = builder.build().await.unwrap();
    let body = event_json("evt_1", "review.opened", "prv_1");
    app.receive(signed(body, "whsec_one")).await.unwrap();
    app.work_until_idle().await.unwrap();

    // The settings are part of what clones of a client share, as the rate budget is.
    let of_app = app.client().unwrap();
    let seen: Arc<Seen> = app.state().unwrap();
    let seen = seen.clients.lock().unwrap();
    assert_eq!(seen.len(), 2);
    for client in seen.iter().chain([&of_builder]) {
        assert!(std::ptr::eq(client.options(), of_app.options()));
    }
}
