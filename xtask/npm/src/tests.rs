//! The description of small packages.

use std::collections::BTreeMap;

use super::*;
use crate::names::Modules;

const BASE: [(&str, &str); 2] = [
    (
        "apiVersion.d.ts",
        "export declare const ApiVersion = \"2026-10-28.endive\";",
    ),
    (
        "shared.d.ts",
        "export { Decimal } from './Decimal.js';
         export interface Metadata { [name: string]: string; }
         export interface Address { city: string | null; }
         export interface PaginationParams { limit?: number; }",
    ),
];

const EVENTS: [(&str, &str); 2] = [
    (
        "resources/Events.d.ts",
        "import { Lamp } from './Lamps.js';
         export interface EventBase { object: 'event'; data: Event.Data; }
         export declare namespace Event { interface Data { object: Data.Object; } namespace Data { interface Object {} } }
         export interface LampLitEvent extends EventBase { type: 'lamp.lit'; data: LampLitEvent.Data; }
         export declare namespace LampLitEvent {
             interface Data extends Event.Data { object: Lamp; previous_attributes?: Partial<Lamp>; }
         }",
    ),
    (
        "resources/V2/Core/Events.d.ts",
        "import { Lamp as V1Lamp } from './../../Lamps.js';
         export interface EventBase { object: 'v2.core.event'; }
         export interface V1LampLitEvent extends EventBase {
             type: 'v1.lamp.lit';
             data: V1LampLitEvent.Data;
             fetchRelatedObject(): Promise<V1Lamp>;
         }
         export declare namespace V1LampLitEvent { interface Data { since: string; } }
         export interface V1LampSoldEvent extends EventBase { type: 'v1.lamp.sold'; }",
    ),
];

/// A package of these files besides those that every package has.
fn package(files: &[(&str, &str)]) -> Result<Package, Error> {
    let mut modules = BTreeMap::new();
    let mut requests = BTreeMap::new();
    for (file, text) in BASE.iter().chain(files) {
        if let Some(stem) = file.strip_suffix(".js") {
            requests.insert(format!("{stem}.d.ts"), requests::read(file, text)?);
        } else {
            modules.insert((*file).to_owned(), declarations::read(file, text)?);
        }
    }
    Package::new(Modules(modules), requests)
}

fn described(files: &[(&str, &str)]) -> Result<Value, String> {
    let files: Vec<(&str, &str)> = files.iter().chain(&EVENTS).copied().collect();
    let document = package(&files).and_then(|package| document(&package));
    document.map_err(|error| error.to_string())
}

const LAMPS: &str = "resources/Lamps.d.ts";

/// The schema of a lamp with these fields, and the schemas that it names.
fn lamp(fields: &str, rest: &str) -> Result<(Value, Value), String> {
    let text = format!(
        "import {{ Bulb, DeletedBulb }} from './Bulbs.js';
         import * as Shop from './Shop/index.js';
         import {{ Address, Decimal, Metadata, OtherString }} from '../shared.js';
         import {{ ApiList }} from '../lib.js';
         export interface Lamp {{ object: 'lamp'; {fields} }}
         {rest}"
    );
    let document = described(&[
        (LAMPS, &text),
        (
            "resources/Bulbs.d.ts",
            "export interface Bulb { object: 'bulb'; deleted?: void; }
             export interface DeletedBulb { object: 'bulb'; deleted: true; }",
        ),
        (
            "resources/Shop/index.d.ts",
            "export { Order } from './Orders.js';",
        ),
        (
            "resources/Shop/Orders.d.ts",
            "export interface Order { object: 'shop.order'; state: Order.State; }
             export declare namespace Order { type State = 'open' | 'paid'; }",
        ),
    ])?;
    let schemas = document["components"]["schemas"].clone();
    Ok((schemas["lamp"].clone(), schemas))
}

#[test]
fn every_type_of_a_field_is_described() {
    let check = |field: &str, expected: Value, required: bool| {
        let (lamp, _) = lamp(&format!("{field};"), "").unwrap();
        assert_eq!(lamp["properties"]["field"], expected, "{field}");
        let is_required = lamp["required"]
            .as_array()
            .unwrap()
            .contains(&"field".into());
        assert_eq!(is_required, required, "{field}");
    };
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });

    check("field: string", json!({ "type": "string" }), true);
    check("field?: string", json!({ "type": "string" }), false);
    check(
        "field: string | null",
        json!({ "type": "string", "nullable": true }),
        false,
    );
    check("field: number", json!({ "type": "number" }), true);
    check("field: boolean", json!({ "type": "boolean" }), true);
    check(
        "field: true",
        json!({ "type": "boolean", "enum": [true] }),
        true,
    );
    check(
        "field: bigint",
        json!({ "type": "string", "format": "int64" }),
        true,
    );
    check(
        "field: Decimal",
        json!({ "type": "string", "format": "decimal" }),
        true,
    );
    check(
        "field: 'a' | 'b' | OtherString",
        json!({ "type": "string", "enum": ["a", "b"], "x-stripeBypassValidation": true }),
        true,
    );
    check(
        "field: 'a' | null",
        json!({ "type": "string", "enum": ["a"], "nullable": true }),
        false,
    );
    check(
        "field: Array<string>",
        json!({ "type": "array", "items": { "type": "string" } }),
        true,
    );
    check(
        "field: Metadata",
        json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        true,
    );
    check(
        "field: { [key: string]: number }",
        json!({ "type": "object", "additionalProperties": { "type": "number" } }),
        true,
    );
    check(
        "field: { [key: string]: unknown }",
        json!({ "type": "object" }),
        true,
    );
    check("field: unknown", json!({}), true);
    check("field: Bulb", reference("bulb"), true);
    check(
        "field: Bulb | null",
        json!({ "anyOf": [reference("bulb")], "nullable": true }),
        false,
    );
    check(
        "field: string | Bulb | DeletedBulb",
        json!({ "anyOf": [{ "type": "string" }, reference("bulb"), reference("deleted_bulb")] }),
        true,
    );
    check("field: Shop.Order", reference("shop.order"), true);
    check("field: Address", reference("shared:Address"), true);
    check(
        "field?: ApiList<Bulb>",
        json!({ "type": "object", "properties": {
            "data": { "type": "array", "items": reference("bulb") }, "has_more": { "type": "boolean" },
        } }),
        false,
    );
}

#[test]
fn parts_are_found_in_the_namespaces_around_them() {
    let (lamp, schemas) = lamp(
        "shade: Lamp.Shade; switch: Lamp.Switch;",
        "export declare namespace Lamp {
             interface Shade { colour: Shade.Colour; bulb: Bulb; }
             type Switch = Wall | Bulb;
             interface Wall { height: number; }
             namespace Shade { type Colour = 'red' | OtherString; }
         }",
    )
    .unwrap();
    assert_eq!(
        lamp["properties"]["shade"]["$ref"],
        "#/components/schemas/Lamps:Lamp.Shade"
    );
    let shade = &schemas["Lamps:Lamp.Shade"]["properties"];
    assert_eq!(shade["colour"]["enum"], json!(["red"]));
    assert_eq!(shade["bulb"]["$ref"], "#/components/schemas/bulb");
    assert_eq!(
        lamp["properties"]["switch"]["anyOf"],
        json!([
            { "$ref": "#/components/schemas/Lamps:Lamp.Wall" },
            { "$ref": "#/components/schemas/bulb" },
        ])
    );
}

#[test]
fn comments_say_what_a_number_is() {
    let check = |comment: &str, expected: Value| {
        let field = format!("\n/**\n * {comment}\n */\n field: number;");
        let (lamp, schemas) = lamp(&field, "").unwrap();
        assert_eq!(lamp["properties"]["field"], expected, "{comment}");
        assert!(!schemas.to_string().contains(comment));
    };
    let time = json!({ "type": "integer", "format": "unix-time" });
    check(
        "When it was lit. Measured in seconds since the Unix epoch.",
        time.clone(),
    );
    check("The Unix\n * timestamp of the last light.", time);
    check(
        "How many, as a positive integer.",
        json!({ "type": "integer" }),
    );
    check("How bright it is.", json!({ "type": "number" }));
}

#[test]
fn names_say_what_a_number_is() {
    let check = |field: &str, expected: Value| {
        let (lamp, _) = lamp(&format!("{field}: number;"), "").unwrap();
        assert_eq!(lamp["properties"][field], expected, "{field}");
    };
    check(
        "lit_at",
        json!({ "type": "integer", "format": "unix-time" }),
    );
    check("bulb_count", json!({ "type": "integer" }));
    check("amount", json!({ "type": "integer" }));
    check("height", json!({ "type": "number" }));
}

#[test]
fn api_v2_writes_times_as_text() {
    let check = |file: &str, expected: Value| {
        let text = "export interface Torch { object: 'torch'; created: string; lit_at?: string; name: string; }";
        let lamp = (LAMPS, "export interface Lamp { object: 'lamp'; }");
        let document = described(&[(file, text), lamp]).unwrap();
        let properties = &document["components"]["schemas"]["torch"]["properties"];
        assert_eq!(properties["created"], expected, "{file}");
        assert_eq!(properties["lit_at"], expected, "{file}");
        assert_eq!(properties["name"], json!({ "type": "string" }), "{file}");
    };
    let time = json!({ "type": "string", "format": "date-time" });
    check("resources/V2/Torches.d.ts", time);
    check("resources/Torches.d.ts", json!({ "type": "string" }));
}

#[test]
fn what_cannot_be_read_is_an_error_with_its_place() {
    let check = |field: &str, rest: &str, expected: &str| {
        let error = lamp(&format!("{field};"), rest).unwrap_err();
        assert_eq!(error, format!("resources/Lamps.d.ts: {expected}"));
    };
    check(
        "field: Bulbs",
        "",
        "Lamp.field: `Bulbs` is declared nowhere",
    );
    check(
        "field: Lamp.Shade",
        "",
        "Lamp.field: `Lamp.Shade` is declared nowhere",
    );
    check(
        "field: keyof Bulb",
        "",
        "Lamp.field: can't read the type `keyof Bulb`",
    );
    check(
        "field: { a: string }",
        "",
        "Lamp.field: can't read the type `{ a: string }`",
    );
    check(
        "shade: Lamp.Shade",
        "export declare namespace Lamp { interface Shade { height: 7; } }",
        "Lamp.Shade.height: can't read the type `7`",
    );
    check(
        "a: Loop",
        "type Loop = Loop;",
        "Lamp.a: `Loop` stands for itself",
    );

    let error = described(&[(LAMPS, "export interface {")]).unwrap_err();
    assert!(error.starts_with("resources/Lamps.d.ts: "), "{error}");
    let twice = "export interface Lamp { object: 'lamp'; }";
    let error = described(&[(LAMPS, twice), ("resources/Lights.d.ts", twice)]).unwrap_err();
    assert_eq!(
        error,
        "resources/Lights.d.ts: Lamp: `lamp` is declared twice"
    );
}

const CLASS: &str = "
    import { PaginationParams } from '../shared.js';
    export interface Lamp { object: 'lamp'; }
    export declare class LampResource extends StripeResource {
        retrieve(id: string, params?: LampRetrieveParams, options?: RequestOptions): Promise<Response<Lamp>>;
        list(params?: LampListParams, options?: RequestOptions): ApiListPromise<Lamp>;
        listOfShop(shopId: string, options?: RequestOptions): ApiListPromise<Lamp>;
        search(params: LampSearchParams): ApiSearchResultPromise<Lamp>;
    }
    export interface LampRetrieveParams {}
    export interface LampListParams extends PaginationParams {
        created?: RangeQueryParam | number;
        status?: LampListParams.Status;
        shop: string;
    }
    export declare namespace LampListParams { type Status = 'all' | 'lit'; }";

const CODE: &str = "
    export class LampResource extends StripeResource {
        retrieve(id, params, options) {
            return this._makeRequest('GET', `/v1/lamps/${encodeURIComponent(id)}`, params, options);
        }
        list(params, options) {
            return this._makeRequest('GET', '/v1/lamps', params, options, { methodType: 'list' });
        }
        listOfShop(shopId, options) {
            return this._makeRequest('GET', `/v1/shops/${encodeURIComponent(shopId)}/lamps`, options);
        }
        search(params) { return this._makeRequest('GET', '/v1/lamps/search', params); }
    }";

#[test]
fn methods_become_paths() {
    let document = described(&[(LAMPS, CLASS), ("resources/Lamps.js", CODE)]).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let names: Vec<&String> = paths.keys().collect();
    assert_eq!(
        names,
        ["/v1/lamps", "/v1/lamps/{id}", "/v1/shops/{shop}/lamps"]
    );

    let lamp = json!({ "$ref": "#/components/schemas/lamp" });
    let answer = |path: &str| {
        &paths[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    };
    assert_eq!(*answer("/v1/lamps/{id}"), lamp);
    assert_eq!(answer("/v1/lamps")["properties"]["data"]["items"], lamp);
    assert_eq!(
        paths["/v1/lamps"]["get"]["parameters"],
        json!([
            { "in": "query", "name": "limit", "required": false, "schema": {} },
            { "in": "query", "name": "created", "required": false, "schema": {} },
            { "in": "query", "name": "status", "required": false, "schema": { "type": "string", "enum": ["all", "lit"] } },
            { "in": "query", "name": "shop", "required": true, "schema": {} },
        ])
    );
}

#[test]
fn a_request_that_is_not_in_the_code_is_an_error() {
    let check = |code: &str, expected: &str| {
        let error = described(&[(LAMPS, CLASS), ("resources/Lamps.js", code)]).unwrap_err();
        assert_eq!(error, expected);
    };
    check(
        "",
        "resources/Lamps.d.ts: LampResource.retrieve: its request isn't in the code",
    );
    check(
        "export class LampResource { list() { return this._makeRequest('GET', path); } }",
        "resources/Lamps.js: LampResource.list: the verb and the path of its request aren't literals",
    );
}

#[test]
fn events_say_what_they_carry_and_refer_to() {
    let (_, schemas) = lamp("id: string;", "").unwrap();
    let lamp = json!({ "$ref": "#/components/schemas/lamp" });
    assert_eq!(
        schemas["event:lamp.lit"],
        json!({
            "x-stripeEvent": { "type": "lamp.lit", "kind": "snapshot" },
            "properties": { "object": lamp },
        })
    );
    assert_eq!(
        schemas["event:v1.lamp.lit"],
        json!({
            "x-stripeEvent": { "type": "v1.lamp.lit", "kind": "thin" },
            "properties": {
                "related_object": lamp,
                "data": { "$ref": "#/components/schemas/V2.Core.Events:V1LampLitEvent.Data" },
            },
        })
    );
    assert_eq!(schemas["event:v1.lamp.sold"]["properties"], json!({}));
}
