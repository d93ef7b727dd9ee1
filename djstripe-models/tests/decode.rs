//! Decoding is tolerant, reports the first field of a wrong type, and never panics.

use djstripe_models::{
    BalanceTransaction, BalanceTransactionSource, Charge, Currency, Customer, DESCRIPTORS, Decoded,
    Expandable, Invoice, MIGRATIONS_POSTGRES, MIGRATIONS_SQLITE, Model, Subscription,
    SubscriptionStatus, descriptor,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const CUSTOMER: &str = include_str!("../benches/fixtures/customer.json");
const INVOICE: &str = include_str!("../benches/fixtures/invoice.json");

#[test]
fn nested_fields_are_typed() {
    let subscription = Subscription::decode(&json!({
        "id": "sub_1",
        "status": "active",
        "customer": "cus_1",
        "items": { "object": "list", "data": [{ "id": "si_1", "price": { "id": "price_1", "unit_amount": 1999 } }] },
    }))
    .unwrap();

    assert_eq!(subscription.status, Some(SubscriptionStatus::Active));
    assert_eq!(
        subscription.customer.as_ref().and_then(Expandable::id),
        Some("cus_1")
    );

    let price = subscription.items.data[0].price.as_ref().unwrap();
    assert_eq!(
        (price.id.as_deref(), price.unit_amount),
        (Some("price_1"), Some(1999))
    );
}

#[test]
fn odd_shapes_are_values() {
    let check = |value: Value| drop(Customer::decode(&value).unwrap());
    check(json!({}));
    check(json!({ "id": null, "email": null, "sources": null, "metadata": null, "address": null }));
    check(json!({ "sources": {}, "subscriptions": { "data": [] } }));
    check(json!({ "later": [{ "deep": 1 }], "object": "something_else" }));
    check(json!({ "id": "cus_1", "deleted": true }));
}

#[test]
fn unknown_values_of_enums_are_kept() {
    let check = |value: &str| {
        let subscription = Subscription::decode(&json!({ "status": value })).unwrap();
        assert_eq!(subscription.status.unwrap().as_str(), value);
    };
    check("active");
    check("hibernating");
    check("Unlisted");
    check("");
}

#[test]
fn an_expandable_field_is_an_id_or_the_object() {
    let check = |value: Value, id: &str, email: Option<&str>| {
        let invoice = Invoice::decode(&json!({ "customer": value })).unwrap();
        let customer = invoice.customer.unwrap();

        assert_eq!(customer.id(), Some(id));
        assert_eq!(
            customer
                .object()
                .and_then(|customer| customer.email.as_deref()),
            email
        );
    };

    check(json!("cus_1"), "cus_1", None);
    check(
        json!({ "id": "cus_1", "email": "ann@example.com" }),
        "cus_1",
        Some("ann@example.com"),
    );
    check(
        json!({ "id": "cus_1", "object": "customer", "deleted": true }),
        "cus_1",
        None,
    );
}

#[test]
fn one_of_several_objects_is_recognised_by_its_object() {
    let source = |value: Value| {
        BalanceTransaction::decode(&json!({ "source": value }))
            .unwrap()
            .source
            .unwrap()
    };

    match source(json!({ "id": "ch_1", "object": "charge", "amount": 1 })).object() {
        Some(BalanceTransactionSource::Charge(charge)) => assert_eq!(charge.amount, Some(1)),
        other => panic!("{other:?}"),
    }

    let newer = source(json!({ "id": "x_1", "object": "newer" }));
    assert!(matches!(
        newer.object(),
        Some(BalanceTransactionSource::Unlisted(_))
    ));
    assert_eq!(newer.id(), Some("x_1"));

    assert_eq!(source(json!("ch_1")), Expandable::Id("ch_1".to_owned()));
}

#[test]
fn the_first_mistake_is_named_with_its_path() {
    let check = |value: Value, expected: &str| {
        assert_eq!(
            Subscription::decode(&value).unwrap_err().to_string(),
            expected
        );
    };

    check(
        json!([]),
        "`subscription`: expected an object, found an array",
    );
    check(
        json!({ "status": 7 }),
        "`subscription` at `status`: expected a string, found a number",
    );
    check(
        json!({ "created": "now" }),
        "`subscription` at `created`: expected an integer or a time in RFC 3339, found a string",
    );
    check(
        json!({ "items": { "data": [{}, { "price": { "unit_amount": true } }] } }),
        "`subscription` at `items.data[1].price.unit_amount`: expected an integer, found a boolean",
    );
    check(
        json!({ "metadata": { "a": 1 } }),
        "`subscription` at `metadata.a`: expected a string, found a number",
    );
    check(
        json!({ "created": 123456789012345678901234567890_u128 as f64 }),
        "`subscription` at `created`: expected an integer, found a number",
    );
}

#[test]
fn the_json_is_returned_unchanged() {
    let check = |json: &str| {
        let customer: Decoded<Customer> = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&customer).unwrap(), json);
        assert_eq!(customer.json(), json);
    };

    check(r#"{"id":"cus_1","later":1.50,"amount":123456789012345678901234567890}"#);
    check(CUSTOMER.trim());

    let error = serde_json::from_str::<Decoded<Customer>>(r#"{"email":7}"#).unwrap_err();
    assert!(
        error.to_string().contains("`customer` at `email`"),
        "{error}"
    );
}

#[test]
fn large_and_deep_values_are_read_or_refused() {
    let items: Vec<Value> = (0..10_000)
        .map(|number| json!({ "id": format!("si_{number}") }))
        .collect();
    let subscription = Subscription::decode(&json!({ "items": { "data": items } })).unwrap();
    assert_eq!(subscription.items.data.len(), 10_000);

    let deep = format!(
        r#"{{"metadata":{}{}}}"#,
        "[".repeat(2_000),
        "]".repeat(2_000)
    );
    let error = serde_json::from_str::<Decoded<Customer>>(&deep).unwrap_err();
    assert!(error.to_string().contains("recursion limit"), "{error}");
}

#[test]
fn full_objects_are_read() {
    let customer = Customer::decode(&serde_json::from_str(CUSTOMER).unwrap()).unwrap();
    assert!(customer.address.unwrap().city.is_some());

    let invoice = Invoice::decode(&serde_json::from_str(INVOICE).unwrap()).unwrap();
    assert_eq!(invoice.currency, Some(Currency::new("usd")));
    assert!(!invoice.lines.data.is_empty());
}

#[test]
#[cfg(feature = "v2")]
fn times_of_api_v2_are_text() {
    use djstripe_models::{Timestamp, V2CoreAccount};

    let account = json!({ "id": "acct_1", "created": "2023-11-14T22:13:20.500Z" });
    let account = V2CoreAccount::decode(&account).unwrap();
    let created = Timestamp::from_micros(1_700_000_000_500_000);
    assert_eq!(account.created, Some(created));
}

#[test]
fn catalogue_has_the_expected_counts() {
    let with_table = DESCRIPTORS
        .iter()
        .filter(|descriptor| descriptor.table.is_some());
    assert_eq!(DESCRIPTORS.len(), 169);
    assert_eq!(with_table.count(), 153);
    assert_eq!(MIGRATIONS_POSTGRES.len(), MIGRATIONS_SQLITE.len());

    assert!(DESCRIPTORS.is_sorted_by_key(|descriptor| descriptor.object));
    assert!(
        DESCRIPTORS
            .iter()
            .all(|descriptor| descriptor.columns.len() <= 17)
    );
}

#[test]
fn descriptors_hold_what_the_specification_says() {
    let of = |object: &str| descriptor(object).unwrap();

    assert_eq!(of("balance").singleton, Some("/v1/balance"));
    assert_eq!(of("subscription_item").list_requires, ["subscription"]);
    assert_eq!(of("issuing.card").feature, Some("issuing"));
    assert_eq!(of("line_item").ids_unique_since, Some("2019-12-03"));
    assert_eq!(of("charge").ids_unique_since, None);
    assert_eq!(of("file_upload"), of("file"));
    assert_eq!(
        (of("charge").key, of("cash_balance").key),
        ("id", "customer")
    );

    let paths = |object: &str, name: &str| -> Vec<String> {
        let mut columns = of(object).columns.iter();
        let column = columns.find(|column| column.name == name).unwrap();
        column.paths.iter().map(|path| path.join(".")).collect()
    };
    assert_eq!(paths("charge", "customer"), ["customer"]);
    assert_eq!(
        paths("invoice", "subscription"),
        ["parent.subscription_details.subscription", "subscription"]
    );
    assert_eq!(
        paths("line_item", "price"),
        ["pricing.price_details.price", "price", "plan"]
    );
    assert_eq!(
        paths("subscription", "current_period_end"),
        ["items.data.*.current_period_end", "current_period_end"]
    );

    let owned = |object: &str| -> Vec<(String, &str)> {
        let lists = of(object).owned.iter();
        lists
            .map(|list| (list.path.join("."), list.object))
            .collect()
    };
    assert_eq!(owned("invoice"), [("lines".to_owned(), "line_item")]);
    assert_eq!(
        owned("quote"),
        [
            ("computed.upfront.line_items".to_owned(), "item"),
            ("line_items".to_owned(), "item"),
        ]
    );
    assert_eq!(owned("customer"), []);
    assert_eq!(owned("file"), []);
    assert_eq!(owned("charge"), []);
}

/// Any JSON value, at most three levels deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];

    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Replaces the value at `position`, counting all values of the tree depth first. Returns whether there is one.
fn mutate(value: &mut Value, position: &mut usize, replacement: &Value) -> bool {
    if *position == 0 {
        *value = replacement.clone();
        return true;
    }
    *position -= 1;

    match value {
        Value::Array(items) => items
            .iter_mut()
            .any(|item| mutate(item, position, replacement)),
        Value::Object(map) => map
            .values_mut()
            .any(|field| mutate(field, position, replacement)),
        _ => false,
    }
}

proptest! {
    #[test]
    fn mutated_objects_decode_or_name_a_path_that_exists(position in 1_usize..400, replacement in any_json()) {
        for (json, read) in [
            (CUSTOMER, (|value| Customer::decode(value).map(drop)) as fn(&Value) -> Result<(), _>),
            (INVOICE, |value| Invoice::decode(value).map(drop)),
            (INVOICE, |value| Charge::decode(value).map(drop)),
        ] {
            let mut value: Value = serde_json::from_str(json).unwrap();
            mutate(&mut value, &mut position.clone(), &replacement);

            if let Err(error) = read(&value) {
                prop_assert!(!error.path().is_empty(), "{error}");
                let pointer = format!("/{}", error.path().replace('[', "/").replace(']', "").replace('.', "/"));
                prop_assert!(value.pointer(&pointer).is_some(), "{error}");
            }
        }
    }
}
