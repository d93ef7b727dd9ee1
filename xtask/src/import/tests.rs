//! The reduction of two small documents, one of each kind.

use serde_json::json;

use super::*;

fn public() -> Value {
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let answers = |schema: Value| json!({ "responses": { "200": { "content": { "application/json": { "schema": schema } } } } });

    let page =
        json!({ "properties": { "data": { "items": reference("customer") }, "has_more": {} } });

    let mut customers = answers(page);

    customers["parameters"] = json!([
        { "in": "query", "name": "created", "schema": { "anyOf": [] } },
        { "in": "query", "name": "status", "schema": { "type": "string", "enum": ["active", "all"] } },
    ]);

    json!({
        "info": { "version": "2026-05-27.dahlia" },
        "components": { "schemas": {
            "customer": {
                "x-resourceId": "customer",
                "required": ["id"],
                "description": "words",
                "properties": {
                    "id": { "type": "string", "description": "words" },
                    "object": { "type": "string", "enum": ["customer"] },
                    "address": { "anyOf": [reference("address")], "nullable": true },
                    "tax": reference("customer_tax"),
                },
            },
            "charge": {
                "x-resourceId": "charge",
                "properties": { "object": { "enum": ["charge"], "type": "string" }, "address": reference("address") },
            },
            "deleted_customer": { "properties": { "id": { "type": "string" } } },
            "customer_tax": { "properties": { "ip": { "type": "string" } } },
            "address": { "properties": { "city": { "type": "string" } } },
            "payment_source": { "anyOf": [reference("charge")] },
        } },
        "paths": {
            "/v1/customers": { "get": customers },
            "/v1/customers/{customer}": {
                "get": answers(json!({ "anyOf": [reference("customer"), reference("deleted_customer")] })),
                "delete": answers(reference("deleted_customer")),
            },
            "/v1/webhook_endpoints": { "post": { "requestBody": { "content": {
                "application/x-www-form-urlencoded": { "schema": { "properties": { "enabled_events": { "items": {
                    "enum": ["*", "customer.updated", "customer.charge.failed", "gift.wrapped"],
                } } } } },
            } } } },
        },
    })
}

fn reduced(document: &Value, overrides: &str) -> Result<Spec, String> {
    reduce(document.to_string().as_bytes(), overrides, None).map_err(|error| error.to_string())
}

const GIFTS: &str = "[carries]\n\"gift.wrapped\" = [\"charge\"]\n";

#[test]
fn public_document_is_reduced_to_facts() {
    let spec = reduced(&public(), GIFTS).unwrap();
    let files = spec.files();

    assert_eq!(
        files["customer"],
        "delete /v1/customers/{customer}\ndeleted deleted_customer\nlist /v1/customers\n\
         narrows created\nretrieve /v1/customers/{customer}\nwidens status=all\n\
         schema customer\n  address @address?\n  id str!\n  object const(customer)\n  tax @customer_tax\n\
         schema customer_tax\n  ip str\nschema deleted_customer\n  id str\n"
    );
    assert_eq!(files["_shared"], "schema address\n  city str\n");

    let (_, events) = files["_events"].split_once("event ").unwrap();
    assert_eq!(
        events,
        "customer.charge.failed charge\nevent customer.updated customer\nevent gift.wrapped charge\n"
    );
    assert!(!files.values().any(|text| text.contains("words")));
}

#[test]
fn document_for_sdks_says_what_events_carry_and_where_objects_are() {
    let mut document = public();
    document["paths"] = json!({});
    let schemas = &mut document["components"]["schemas"];
    schemas["customer"]["x-stripeOperations"] = json!([
        { "method_type": "retrieve", "path": "/v1/customers/{customer}" },
        { "method_type": "list", "path": "/v1/customers" },
        { "method_type": "custom", "path": "/v1/customers/{customer}/fund" },
    ]);

    schemas["customer_updated"] = json!({
        "x-stripeEvent": { "type": "customer.updated", "kind": "snapshot" },
        "properties": { "object": { "$ref": "#/components/schemas/customer" } },
    });
    schemas["v1_customer_updated"] = json!({
        "x-stripeEvent": { "type": "v1.customer.updated", "kind": "thin" },
        "properties": {
            "related_object": { "$ref": "#/components/schemas/v2.core.account" },
            "data": { "$ref": "#/components/schemas/customer_tax" },
        },
    });
    for name in ["v2.core.account", "v2.core.account_token"] {
        schemas[name] = json!({ "properties": { "object": { "type": "string", "enum": [name] } } });
    }

    let spec = reduced(&document, "").unwrap();

    // Of API v2, only what a thin event refers to.
    let objects: Vec<&String> = spec.resources.keys().collect();
    assert_eq!(objects, ["charge", "customer", "v2.core.account"]);
    assert!(spec.files()["_thin"].starts_with(
        "thin v1.customer.updated related v2.core.account snapshot customer.updated data customer_tax\n"
    ));
    assert_eq!(spec.events.keys().collect::<Vec<_>>(), ["customer.updated"]);
    assert_eq!(spec.events["customer.updated"].objects, ["customer"]);
    assert_eq!(
        spec.resources["customer"].fact("retrieve"),
        Some("/v1/customers/{customer}")
    );
    assert_eq!(
        spec.resources["customer"].fact("list"),
        Some("/v1/customers")
    );
}

#[test]
fn overrides_that_do_not_apply_are_refused() {
    let check = |overrides: &str, expected: &str| {
        let error = reduced(&public(), &format!("{GIFTS}{overrides}")).unwrap_err();
        assert!(error.contains(expected), "{error}");
    };

    check(
        "\"customer.updated\" = [\"customer\"]",
        "carries.\"customer.updated\": the document says the same",
    );
    check(
        "\"customer.gone\" = [\"customer\"]",
        "carries.\"customer.gone\": the document has no such event",
    );
    check(
        "[events]\n\"customer.updated\" = { carries = [\"customer\"] }",
        "events.\"customer.updated\": the document has it",
    );
    check(
        "[objects.customer]",
        "objects.\"customer\": the document has it",
    );
    check(
        "[schemas.address]\ncity = \"str\"",
        "schemas.\"address\": the document has it",
    );
    check(
        "[fields.customer]\ntax = \"@customer_tax\"",
        "fields.\"customer\".tax: no such schema, or",
    );
    check(
        "[fields.basket]\nsize = \"int\"",
        "fields.\"basket\".size: no such schema, or",
    );
    check(
        "[facts.customer]\nlist = \"/v1/customers\"",
        "facts.\"customer\".list: no such object, or",
    );
    check(
        "[facts.basket]\nlist = \"/v1/baskets\"",
        "facts.\"basket\".list: no such object, or",
    );

    let error = reduced(&public(), "").unwrap_err();
    assert!(error.contains("`gift.wrapped` carries []"), "{error}");
}

#[test]
fn names_in_a_type_are_found() {
    let check = |ty: &str, expected: &[&str]| assert_eq!(names_in(ty), expected, "{ty}");
    check("str!?", &[]);
    check("@address?", &["address"]);
    check("id(card,source)!", &["card", "source"]);
    check(
        "[id(discount,deleted_discount)]!",
        &["discount", "deleted_discount"],
    );
    check("list(obj(bank_account,card))", &["bank_account", "card"]);
    check("{@address}", &["address"]);
    check("enum(a,b)", &[]);
}
