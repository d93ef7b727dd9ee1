//! Decoding of an [`Event`].
//!
//! In: bodies of current, old and malformed events. Out: their fields, or the error.

use super::*;

fn decode(fields: &str) -> Event {
    Event::from_json(&format!(
        r#"{{"id":"evt_1","type":"customer.updated"{fields}}}"#
    ))
    .unwrap()
}

#[test]
fn every_field_of_a_current_event_is_read() {
    let event = decode(
        r#","object":"event","account":"acct_1","api_version":"2026-05-27.dahlia","created":1700000000,
        "livemode":true,"pending_webhooks":1,"request":{"id":"req_1","idempotency_key":"key_1"},
        "data":{"object":{"id":"cus_1","object":"customer"},"previous_attributes":{"email":null}}"#,
    );

    assert_eq!(
        (event.id(), event.name().as_str()),
        ("evt_1", "customer.updated")
    );
    assert_eq!(
        (event.account(), event.api_version()),
        (Some("acct_1"), Some("2026-05-27.dahlia"))
    );
    assert_eq!(
        (event.created(), event.livemode(), event.is_thin()),
        (1_700_000_000, true, false)
    );
    assert_eq!(
        (event.request_id(), event.idempotency_key()),
        (Some("req_1"), Some("key_1"))
    );
    assert_eq!(
        event.object_json(),
        Some(r#"{"id":"cus_1","object":"customer"}"#)
    );
    assert_eq!(event.previous_json(), Some(r#"{"email":null}"#));

    let head = event.object_head();
    assert_eq!(
        (head.id.as_deref(), head.object.as_deref()),
        (Some("cus_1"), Some("customer"))
    );
}

#[test]
fn odd_shapes_are_values() {
    let check = |fields: &str| {
        let event = decode(fields);
        assert_eq!(
            (event.account(), event.api_version(), event.created()),
            (None, None, 0),
            "{fields}"
        );
        assert_eq!(
            (event.object_json(), event.request_id()),
            (None, None),
            "{fields}"
        );
    };

    check("");
    check(r#","account":null,"api_version":null,"request":null,"data":null"#);
    check(r#","account":"","request":{},"data":{"object":null,"previous_attributes":null}"#);
    check(
        r#","account":{"id":[1]},"api_version":7,"created":1e30,"livemode":"yes","request":[],"data":[{"object":{}}]"#,
    );
    check(
        r#","created":18446744073709551615,"request":{"id":null,"idempotency_key":null},"data":"no""#,
    );
    check(r#","later":{"a":[1,{"b":"\ud800"}]},"pending_webhooks":"many""#);
}

#[test]
fn request_before_2017_is_a_text() {
    assert_eq!(decode(r#","request":"req_1""#).request_id(), Some("req_1"));
}

#[test]
fn the_account_is_read_by_each_of_its_names() {
    let check = |fields: &str, expected: Option<&str>| {
        assert_eq!(decode(fields).account(), expected, "{fields}");
    };
    check(r#","account":"acct_1""#, Some("acct_1"));
    check(r#","user_id":"acct_1""#, Some("acct_1"));
    check(r#","context":"acct_1""#, Some("acct_1"));
    check(r#","user_id":"acct_1","account":null"#, Some("acct_1"));
    check(r#","user_id":"acct_1","account":"""#, Some("acct_1"));
    check(r#","user_id":"acct_2","account":"acct_1""#, Some("acct_1"));
    check(r#","user_id":null"#, None);
}

#[test]
fn content_of_the_object_is_not_looked_at() {
    let check = |object: &str| {
        let event = decode(&format!(r#","data":{{"object":{object}}}"#));
        assert_eq!(event.object_json(), Some(object));
    };
    check(r#"{"name":"\u0000\ud800","amount":123456789012345678901234567890}"#);
    check(&format!("{}{}", "[".repeat(2_000), "]".repeat(2_000)));
    check("7");
}

#[test]
fn thin_notifications_are_events() {
    let event = Event::from_json(
        r#"{"id":"evt_1","object":"v2.core.event","type":"v1.billing.meter.no_meter_found",
        "created":"2024-09-17T06:20:52.246Z","livemode":true,"context":"acct_1",
        "related_object":{"id":"mtr_1","type":"billing.meter","url":"/v1/billing/meters/mtr_1"}}"#,
    )
    .unwrap();
    assert!(event.is_thin());
    assert_eq!(
        (event.created(), event.account()),
        (1_726_554_052, Some("acct_1"))
    );
}

#[test]
fn what_is_not_an_event_is_refused_by_name() {
    let check = |body: &[u8], expected: &str| {
        let error = Event::parse(Bytes::copy_from_slice(body)).unwrap_err();
        assert_eq!(
            error.to_string(),
            expected,
            "{}",
            String::from_utf8_lossy(body)
        );
    };

    let (not_json, not_an_object) = ("body is not JSON", "body is not a JSON object");
    check(b"", not_json);
    check(b"null", not_an_object);
    check(b"[]", not_an_object);
    check(
        br#"["evt_1","event","ping",null,null,null,1,false,null,null]"#,
        not_an_object,
    );
    check(b"{", not_json);
    check(b"{} {}", not_json);
    check(b"\xff", "body is not UTF-8");

    check(
        b"{}",
        "not an event: `id` is missing, empty or not a string",
    );
    check(
        br#"{"id":7,"type":"ping"}"#,
        "not an event: `id` is missing, empty or not a string",
    );
    check(
        br#"{"id":"evt_1","type":""}"#,
        "not an event: `type` is missing, empty or not a string",
    );
}
