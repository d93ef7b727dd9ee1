//! Form-encoded parameters, `a[b][0]=c`, as JSON.

use reqwest::Url;
use serde_json::{Map, Value};

/// Fields that hold a string even if the value looks like a number.
const STRING_FIELDS: [&str; 10] = [
    "address",
    "client_reference_id",
    "code",
    "description",
    "email",
    "line1",
    "name",
    "phone",
    "postal_code",
    "statement_descriptor",
];

/// How deep a parameter may be nested. The values are built and read by recursion.
const MAX_DEPTH: usize = 32;

/// The first parameter that is nested too deep, as far as its name may be shown.
pub(super) fn too_deep(pairs: &[(String, String)]) -> Option<&str> {
    let is_too_deep = |name: &str| name.bytes().filter(|byte| *byte == b'[').count() > MAX_DEPTH;
    let (name, _) = pairs.iter().find(|(name, _)| is_too_deep(name))?;
    let first = name.split('[').next().unwrap_or_default();
    Some(first.get(..40).unwrap_or(first))
}

/// Names and values, in their order.
pub(super) fn pairs(encoded: &str) -> Vec<(String, String)> {
    // The query of a URL has the same encoding as a form.
    let Ok(mut url) = Url::parse("form:x") else {
        return Vec::new();
    };
    url.set_query(Some(encoded));
    url.query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// The parts of a parameter's name: `items`, `0` and `price` of `items[0][price]`. The empty part
/// of `a[]` is left out.
pub(super) fn segments(name: &str) -> Vec<&str> {
    name.split(['[', ']'])
        .filter(|part| !part.is_empty())
        .collect()
}

/// The parameters, nested as their names say. None of them may be [`too_deep`].
///
/// Outside of metadata, integers and booleans become JSON integers and booleans, and an empty
/// string becomes `null`, which clears a field.
pub(super) fn parse(encoded: &str) -> Map<String, Value> {
    let mut root = Map::new();

    for (name, value) in pairs(encoded) {
        let (first, rest) = name.split_once('[').unwrap_or((&name, ""));
        let path: Vec<&str> = rest
            .split_terminator(']')
            .map(|part| part.trim_start_matches('['))
            .collect();
        let field = path
            .iter()
            .rfind(|part| !is_index(part))
            .copied()
            .unwrap_or(first);

        let in_metadata = first == "metadata" && !path.is_empty() || path.contains(&"metadata");
        let value = if in_metadata {
            Value::String(value)
        } else {
            json_value(field, value)
        };
        insert_at(root.entry(first).or_insert(Value::Null), &path, value);
    }

    root.into_iter().map(with_arrays).collect()
}

fn is_index(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

/// The JSON value that a parameter's string stands for.
fn json_value(field: &str, string: String) -> Value {
    let is_string = STRING_FIELDS.contains(&field) || field.ends_with("_decimal");
    // `007` and `+1` are no integers of JSON: they would not be written back as they were.
    let integer = string
        .parse::<i64>()
        .ok()
        .filter(|integer| integer.to_string() == string);

    match (string.as_str(), integer) {
        ("", _) => Value::Null,
        ("true", _) => true.into(),
        ("false", _) => false.into(),
        (_, Some(integer)) if !is_string => integer.into(),
        _ => string.into(),
    }
}

fn insert_at(at: &mut Value, path: &[&str], value: Value) {
    let Some((name, rest)) = path.split_first() else {
        *at = value;
        return;
    };
    if !at.is_object() {
        *at = Value::Object(Map::new());
    }

    if let Value::Object(map) = at {
        // The items of `a[]=x&a[]=y` have no index: they are numbered as they come.
        let name = if name.is_empty() {
            map.len().to_string()
        } else {
            (*name).to_owned()
        };
        insert_at(map.entry(name).or_insert(Value::Null), rest, value);
    }
}

/// Turns maps whose keys are all integers into arrays, except metadata.
fn with_arrays((name, value): (String, Value)) -> (String, Value) {
    let map = match value {
        Value::Object(map) if name != "metadata" => map,
        other => return (name, other),
    };
    let mut entries: Vec<(String, Value)> = map.into_iter().map(with_arrays).collect();

    if entries.is_empty() || !entries.iter().all(|(key, _)| is_index(key)) {
        return (name, Value::Object(entries.into_iter().collect()));
    }
    entries.sort_by_key(|(key, _)| key.parse::<usize>().unwrap_or(usize::MAX));
    let items = entries.into_iter().map(|(_, item)| item).collect();
    (name, Value::Array(items))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_say_how_values_are_nested() {
        let check = |encoded: &str, expected: Value| {
            assert_eq!(Value::Object(parse(encoded)), expected, "{encoded}")
        };

        check("", json!({}));
        check(
            "a=1&b=x%20y&c=&d=true&e=x+y",
            json!({ "a": 1, "b": "x y", "c": null, "d": true, "e": "x y" }),
        );
        check(
            "a=-7&b=007&c=1.5&d=99999999999999999999",
            json!({
                "a": -7, "b": "007", "c": "1.5", "d": "99999999999999999999"
            }),
        );

        check("a[b][c]=1", json!({ "a": { "b": { "c": 1 } } }));
        check(
            "items[0][price]=p&items[1][price]=q",
            json!({ "items": [{ "price": "p" }, { "price": "q" }] }),
        );
        check("a[10]=k&a[9]=j", json!({ "a": ["j", "k"] }));
        check("a[]=x&a[]=y&b=z", json!({ "a": ["x", "y"], "b": "z" }));

        check("metadata[order]=7", json!({ "metadata": { "order": "7" } }));
        check("metadata=", json!({ "metadata": null }));
        check(
            "items[0][metadata][7]=8&phone=555&unit_amount_decimal=5",
            json!({
                "items": [{ "metadata": { "7": "8" } }], "phone": "555", "unit_amount_decimal": "5"
            }),
        );

        check("e%5B0%5D=*", json!({ "e": ["*"] }));
        check("%ff=1&a[=2", json!({ "\u{fffd}": 1, "a": 2 }));
    }

    #[test]
    fn nesting_has_a_limit() {
        let check = |levels: usize, expected: Option<&str>| {
            let encoded = format!("b=1&a{}=1", "[x]".repeat(levels));
            assert_eq!(too_deep(&pairs(&encoded)), expected, "{levels}");
        };
        check(0, None);
        check(MAX_DEPTH, None);
        check(MAX_DEPTH + 1, Some("a"));
        check(100_000, Some("a"));
    }
}
