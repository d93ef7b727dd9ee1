//! Events in messages of queues: each is stored once, whichever way else it arrives.

use djstripe_core::store::EventFilter;
use djstripe_core::{DecodeError, Receipt, WebhookError};
use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::Shop;

/// The message of Amazon EventBridge with this event.
fn event_bridge(event: &Value) -> Value {
    json!({
        "version": "0", "id": "d1", "detail-type": event["type"],
        "source": "aws.partner/stripe.com/ed_1", "account": "123456789012",
        "time": "2026-01-31T12:00:00Z", "region": "eu-west-1", "resources": [], "detail": event,
    })
}

/// The message of Azure Event Grid with this event, in its own schema.
fn event_grid(event: &Value) -> Value {
    json!({
        "id": event["id"], "topic": "/subscriptions/1/partnerTopics/stripe", "subject": "stripe",
        "eventType": event["type"], "eventTime": "2026-01-31T12:00:00Z", "dataVersion": "1",
        "metadataVersion": "1", "data": event,
    })
}

/// The message of Azure Event Grid with this event, as a CloudEvent.
fn cloud_event(event: &Value) -> Value {
    json!({
        "specversion": "1.0", "id": event["id"], "type": event["type"], "source": "stripe",
        "time": "2026-01-31T12:00:00Z", "datacontenttype": "application/json", "data": event,
    })
}

fn array(messages: &[Value]) -> Value {
    messages.into()
}

impl Shop {
    async fn receive_trusted(&self, message: &Value) -> Result<Vec<Receipt>, WebhookError> {
        self.app.receive_trusted(message.to_string()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_in_an_envelope_is_stored_once_and_runs_its_receivers_once() {
    type Envelope = fn(&Value) -> Value;
    let envelopes: [(&str, Envelope); 6] = [
        ("bare", Value::clone),
        ("EventBridge", event_bridge),
        ("Event Grid", event_grid),
        ("array of Event Grid", |event| array(&[event_grid(event)])),
        ("CloudEvents", cloud_event),
        ("array of CloudEvents", |event| array(&[cloud_event(event)])),
    ];
    on_both_backends(async |database| {
        for (name, envelope) in envelopes {
            for is_thin in [false, true] {
                let shop = Shop::open(&database, &["thin::everything"]).await;
                let customer = shop.stripe.fixture("customer", json!({}));
                let event = shop.stripe.emit("customer.created", &customer);
                let id = event["id"].as_str().unwrap();
                let sent = match is_thin {
                    true => shop.stripe.thin(&event),
                    false => event.clone(),
                };

                let message = envelope(&sent);
                let received = [Receipt::Stored, Receipt::Duplicate, Receipt::Duplicate];
                for receipt in received {
                    let receipts = shop.receive_trusted(&message).await.unwrap();
                    assert_eq!(receipts, [receipt], "{name} {is_thin}");
                }
                shop.receive(&sent).await;
                shop.app.work_until_idle().await.unwrap();
                shop.deliver(&sent).await;
                shop.receive_trusted(&message).await.unwrap();
                shop.app.work_until_idle().await.unwrap();

                let told = format!("{id} customer.created {{}}");
                assert_eq!(shop.take_seen(), [told], "{name} {is_thin}");
                let (stored, payload) = shop.app.store().event(id).await.unwrap().unwrap();
                assert_eq!(stored.name, "customer.created");
                let payload: Value = serde_json::from_str(&payload).unwrap();
                assert_eq!(payload["id"], sent["id"], "{name} {is_thin}");
                let deliveries = shop.app.store().deliveries(Some(id), 100).await.unwrap();
                assert_eq!(deliveries.len(), 6, "{name} {is_thin}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_with_several_events_has_a_receipt_for_each() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::everything"]).await;
        let customer = shop.stripe.fixture("customer", json!({}));
        let names = ["customer.created", "customer.updated", "customer.deleted"];
        let events = names.map(|name| shop.stripe.emit(name, &customer));
        let message = array(&[
            event_grid(&events[0]),
            cloud_event(&shop.stripe.thin(&events[1])),
            event_grid(&events[0]),
            events[2].clone(),
        ]);
        let receipts = shop.receive_trusted(&message).await.unwrap();
        let expected = [
            Receipt::Stored,
            Receipt::Stored,
            Receipt::Duplicate,
            Receipt::Stored,
        ];
        assert_eq!(receipts, expected);
        shop.app.work_until_idle().await.unwrap();
        assert_eq!(shop.take_seen().len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_event_is_an_error_and_nothing_is_stored() {
    let lacks = |field: &'static str| move |error: &DecodeError| matches!(error, DecodeError::MissingField { field: missing } if *missing == field);
    let is_no_json = |error: &DecodeError| matches!(error, DecodeError::NotJson(_));
    let is_no_object = |error: &DecodeError| matches!(error, DecodeError::NotAnObject);
    type Check<'c> = &'c dyn Fn(&DecodeError) -> bool;
    let (id, name) = (lacks("id"), lacks("type"));
    let cases: [(&[u8], Check<'_>); 8] = [
        (b"", &is_no_json),
        (b"{\"detail\":", &is_no_json),
        (b"[]", &is_no_object),
        (b"null", &is_no_object),
        (b"{}", &id),
        (b"\xff", &|error| matches!(error, DecodeError::NotUtf8(_))),
        // An envelope around something else.
        (
            br#"{"version":"0","detail":{"object":"customer","id":"cus_1"}}"#,
            &id,
        ),
        (
            br#"{"version":"0","detail":{"object":"event","id":"evt_1"}}"#,
            &name,
        ),
    ];
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::everything"]).await;
        for (message, is_expected) in cases {
            let error = shop
                .app
                .receive_trusted(message.to_vec())
                .await
                .unwrap_err();
            let shown = String::from_utf8_lossy(message);
            let WebhookError::Decode(error) = error else {
                panic!("{shown}: {error}");
            };
            assert!(is_expected(&error), "{shown}: {error:?}");
        }
        let stored = shop
            .app
            .store()
            .events(&EventFilter::default())
            .await
            .unwrap();
        assert!(stored.is_empty(), "{stored:?}");
    })
    .await;
}
