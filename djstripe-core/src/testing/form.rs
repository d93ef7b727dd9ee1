//! Form-encoded parameters, `a[b][0]=c`, as JSON.

use reqwest::Url;
use serde_json::{Map, Value};

/// Fields that hold a text even if it looks like a number.
const TEXTS: [&str; 9] = [
    "address",
    "code",
    "description",
    "email",
    "line1",
    "name",
    "phone",
    "postal_code",
    "statement_descriptor",
];

/// Names and values in their order.
pub(super) fn pairs(encoded: &str) -> Vec<(String, String)> {
    // A URL's query is encoded as a form is.
    let Ok(mut url) = Url::parse("form:x") else {
        return Vec::new();
    };
    url.set_query(Some(encoded));
    url.query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// The parts of a parameter's name: `items`, `0` and `price` of `items[0][price]`; the empty ones of `a[]` are left out.
pub(super) fn segments(name: &str) -> Vec<&str> {
    name.split(['[', ']'])
        .filter(|part| !part.is_empty())
        .collect()
}

/// The parameters nested as their names say. Outside of metadata, numbers and truth values become such; an empty text
/// clears a field.
pub(super) fn parse(encoded: &str) -> Map<String, Value> {
    let mut root = Map::new();
    for (name, value) in pairs(encoded) {
        let (first, rest) = name.split_once('[').unwrap_or((&name, ""));
        let path: Vec<&str> = rest
            .split_terminator(']')
            .map(|part| part.trim_start_matches('['))
            .collect();
        let last = path
            .iter()
            .rfind(|part| !is_index(part))
            .copied()
            .unwrap_or(first);
        let value = match first == "metadata" && !path.is_empty() || path.contains(&"metadata") {
            true => Value::String(value),
            false => typed(last, value),
        };
        put(root.entry(first).or_insert(Value::Null), &path, value);
    }
    let read = |(name, value): (String, Value)| {
        let value = lists(&name, value);
        (name, value)
    };
    root.into_iter().map(read).collect()
}

fn is_index(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

fn typed(field: &str, text: String) -> Value {
    let number = text
        .parse::<i64>()
        .ok()
        .filter(|number| number.to_string() == text);
    match (text.as_str(), number) {
        ("", _) => Value::Null,
        ("true", _) => true.into(),
        ("false", _) => false.into(),
        (_, Some(number)) if !TEXTS.contains(&field) && !field.ends_with("_decimal") => {
            number.into()
        }
        _ => text.into(),
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
        // `a[]=x&a[]=y` leaves the counting to the reader.
        let name = if name.is_empty() {
            map.len().to_string()
        } else {
            (*name).to_owned()
        };
        put(map.entry(name).or_insert(Value::Null), rest, value);
    }
}

/// Maps whose keys are numbers are lists, but for metadata.
fn lists(name: &str, value: Value) -> Value {
    let Value::Object(map) = value else {
        return value;
    };
    if name == "metadata" {
        return Value::Object(map);
    }
    let read = |(key, value): (String, Value)| {
        let value = lists(&key, value);
        (key, value)
    };
    let mut entries: Vec<(String, Value)> = map.into_iter().map(read).collect();
    if entries.is_empty() || !entries.iter().all(|(key, _)| is_index(key)) {
        return Value::Object(entries.into_iter().collect());
    }
    entries.sort_by_key(|(key, _)| key.parse::<usize>().unwrap_or(usize::MAX));
    Value::Array(entries.into_iter().map(|(_, value)| value).collect())
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
}
