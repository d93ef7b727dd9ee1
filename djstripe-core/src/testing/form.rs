//! Form-encoded parameters, `a[b][0]=c`, as JSON.

use reqwest::Url;
use serde_json::{Map, Value};

/// Names and values in their order.
pub(super) fn pairs(encoded: &str) -> Vec<(String, String)> {
    // A URL's query is encoded as a form is.
    let Ok(mut url) = Url::parse("form:x") else { return Vec::new() };
    url.set_query(Some(encoded));
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// The parameters nested as their names say. Outside of metadata, numbers and truth values become such; an empty text
/// clears a field.
pub(super) fn parse(encoded: &str) -> Map<String, Value> {
    let mut root = Value::Object(Map::new());
    for (name, value) in pairs(encoded) {
        let path: Vec<&str> = name.split(['[', ']']).filter(|part| !part.is_empty()).collect();
        let value = if path.first() == Some(&"metadata") { Value::String(value) } else { typed(value) };
        put(&mut root, &path, value);
    }
    match lists(root) {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn typed(text: String) -> Value {
    match text.as_str() {
        "" => Value::Null,
        "true" => true.into(),
        "false" => false.into(),
        _ => text.parse::<i64>().map_or(Value::String(text), Value::from),
    }
}

fn put(at: &mut Value, path: &[&str], value: Value) {
    let Some((name, rest)) = path.split_first() else {
        *at = value;
        return;
    };
    if !at.is_object() {
        *at = Value::Object(Map::new());
    }
    if let Value::Object(map) = at {
        // `a[]=x` has no number.
        let name = if map.contains_key(*name) && rest.is_empty() { map.len().to_string() } else { (*name).to_owned() };
        put(map.entry(name).or_insert(Value::Null), rest, value);
    }
}

/// Maps whose keys are 0, 1, 2, … are lists.
fn lists(value: Value) -> Value {
    let Value::Object(map) = value else { return value };
    let is_list = !map.is_empty() && map.keys().all(|key| key.parse::<usize>().is_ok());
    let mut entries: Vec<(String, Value)> = map.into_iter().map(|(key, value)| (key, lists(value))).collect();
    if is_list {
        entries.sort_by_key(|(key, _)| key.parse::<usize>().unwrap_or_default());
        return Value::Array(entries.into_iter().map(|(_, value)| value).collect());
    }
    Value::Object(entries.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_say_how_values_are_nested() {
        let check = |encoded: &str, expected: Value| assert_eq!(Value::Object(parse(encoded)), expected, "{encoded}");
        check("", json!({}));
        check("a=1&b=x%20y&c=&d=true", json!({ "a": 1, "b": "x y", "c": null, "d": true }));
        check("a[b][c]=1", json!({ "a": { "b": { "c": 1 } } }));
        check("items[0][price]=p&items[1][price]=q", json!({ "items": [{ "price": "p" }, { "price": "q" }] }));
        check("metadata[order]=7", json!({ "metadata": { "order": "7" } }));
        check("e%5B0%5D=*", json!({ "e": ["*"] }));
    }
}
