//! One field of an OpenAPI schema as one word.
//!
//! `str int num bool true time(unix seconds) datetime dec(decimal as string) i64(as string)
//! cur(currency) any const(v) enum(a,b) open(a,b) @schema id(a,b) obj(a,b) list(T) [T] {T}`,
//! followed by `!` if the document requires the field and by `?` if it can be null.

use serde_json::Value;

/// The type of a property. `required` and `nullable` are the document's claims, which decoding must
/// not rely on.
pub(crate) fn field(name: &str, property: &Value, required: bool) -> String {
    let nullable = property["nullable"] == Value::Bool(true);
    let marks = [required.then_some("!"), nullable.then_some("?")];
    let base = match values(property).as_slice() {
        [only] if name == "object" => format!("const({only})"),
        _ => base(property),
    };
    base + &marks.into_iter().flatten().collect::<String>()
}

fn base(property: &Value) -> String {
    if let Some(name) = reference(property) {
        return format!("@{name}");
    }
    if property["anyOf"].is_array() {
        return any_of(property);
    }

    match property["type"].as_str() {
        Some("string") => string(property),
        Some("integer") => if property["format"] == "unix-time" {
            "time"
        } else {
            "int"
        }
        .to_owned(),
        Some("number") => "num".to_owned(),
        Some("boolean") => if values(property) == ["true"] {
            "true"
        } else {
            "bool"
        }
        .to_owned(),
        Some("array") => format!("[{}]", base(&property["items"])),
        Some("object") => object(property),
        _ => "any".to_owned(),
    }
}

fn string(property: &Value) -> String {
    let values = values(property);
    match (values.as_slice(), property["format"].as_str()) {
        ([], Some("decimal")) => "dec".to_owned(),
        ([], Some("int64")) => "i64".to_owned(),
        ([], Some("date-time")) => "datetime".to_owned(),
        ([], Some("currency")) => "cur".to_owned(),
        ([], _) => "str".to_owned(),
        _ if property["x-stripeBypassValidation"] == Value::Bool(true) => {
            format!("open({})", values.join(","))
        }
        _ => format!("enum({})", values.join(",")),
    }
}

fn object(property: &Value) -> String {
    if property["properties"]["data"].is_object() && property["properties"]["has_more"].is_object()
    {
        return format!("list({})", base(&property["properties"]["data"]["items"]));
    }
    match &property["additionalProperties"] {
        values @ Value::Object(_) => format!("{{{}}}", base(values)),
        _ => "any".to_owned(),
    }
}

/// An id that can be expanded, one of several objects, or a plain type in a wrapper.
fn any_of(property: &Value) -> String {
    let options: Vec<&Value> = property["anyOf"].as_array().into_iter().flatten().collect();
    // The server never sends the copies of a type for client libraries.
    let options: Vec<&Value> = options
        .into_iter()
        .filter(|option| !reference(option).is_some_and(|name| name.ends_with("_client")))
        .collect();
    let names: Vec<&str> = options
        .iter()
        .filter_map(|option| reference(option))
        .collect();

    let has_string = options.iter().any(|option| option["type"] == "string");
    match (names.as_slice(), has_string) {
        ([_, ..], true) if names.len() + 1 == options.len() => format!("id({})", names.join(",")),
        ([only], false) if options.len() == 1 => format!("@{only}"),
        ([_, _, ..], false) if names.len() == options.len() => format!("obj({})", names.join(",")),
        ([], _) if options.len() == 1 => base(options[0]),
        _ => "any".to_owned(),
    }
}

/// The name of the schema that a `$ref` points to.
pub(crate) fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"]
        .as_str()?
        .strip_prefix("#/components/schemas/")
}

/// The values of an `enum`, in alphabetical order, without the empty string.
pub(crate) fn values(schema: &Value) -> Vec<String> {
    let values = schema["enum"].as_array().into_iter().flatten();
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let mut values: Vec<String> = values.map(text).filter(|value| !value.is_empty()).collect();
    values.sort();
    values
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_property_has_its_word() {
        let check = |property: Value, required: bool, expected: &str| {
            assert_eq!(field("type", &property, required), expected)
        };
        let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
        let text = json!({ "type": "string" });

        check(text.clone(), true, "str!");
        check(json!({ "type": "string", "nullable": true }), false, "str?");
        check(
            json!({ "type": "string", "format": "decimal" }),
            false,
            "dec",
        );
        check(
            json!({ "type": "string", "format": "currency" }),
            true,
            "cur!",
        );
        check(
            json!({ "type": "string", "enum": ["b", "a", ""] }),
            false,
            "enum(a,b)",
        );
        check(
            json!({ "type": "string", "enum": ["b", "a"], "x-stripeBypassValidation": true }),
            false,
            "open(a,b)",
        );

        let only = json!({ "type": "string", "enum": ["customer"] });
        assert_eq!(field("object", &only, true), "const(customer)!");
        check(only, true, "enum(customer)!");

        check(
            json!({ "type": "integer", "format": "unix-time" }),
            false,
            "time",
        );
        check(json!({ "type": "integer" }), false, "int");
        check(json!({ "type": "number" }), false, "num");
        check(json!({ "type": "boolean" }), false, "bool");
        check(json!({ "type": "boolean", "enum": [true] }), true, "true!");
        check(json!({ "type": "array", "items": text }), false, "[str]");
        check(
            json!({ "type": "object", "additionalProperties": text }),
            true,
            "{str}!",
        );
        check(json!({ "type": "object" }), false, "any");
        check(reference("address"), false, "@address");
        check(
            json!({ "anyOf": [reference("address")], "nullable": true }),
            false,
            "@address?",
        );
        check(
            json!({ "anyOf": [text, reference("customer")] }),
            true,
            "id(customer)!",
        );
        check(
            json!({ "anyOf": [reference("card"), reference("source")] }),
            false,
            "obj(card,source)",
        );

        let page =
            json!({ "data": { "type": "array", "items": reference("card") }, "has_more": {} });
        check(
            json!({ "type": "object", "properties": page }),
            false,
            "list(@card)",
        );
    }
}
