//! Fields of an object: their text, and where some API versions nest them.

use serde_json::Value;

/// Fields that some API versions nest instead of having them at the top of the object.
const NESTED_FIELDS: [(&str, &[&str]); 4] = [
    ("coupon", &["promotion", "coupon"]),
    ("plan", &["items", "data", "plan"]),
    ("price", &["items", "data", "price"]),
    (
        "subscription",
        &["parent", "subscription_details", "subscription"],
    ),
];

/// The text of a field; empty if it has none.
pub(crate) fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    let value = &value[field];
    value
        .as_str()
        .or_else(|| value["id"].as_str())
        .unwrap_or_default()
}

/// The string itself, or the id of an expanded object.
pub(crate) fn string_or_id(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("id")?.as_str())
}

/// The second path of a field that some API versions nest.
pub(crate) fn nested_path(path: &[&str]) -> Option<&'static [&'static str]> {
    let [field] = path else { return None };
    NESTED_FIELDS
        .iter()
        .find(|(name, _)| name == field)
        .map(|(_, path)| *path)
}

/// The id or string in a field, at the top of the object or where some API versions nest it.
pub(crate) fn reference<'v>(value: &'v Value, field: &str) -> Option<&'v str> {
    let nested = || {
        nested_path(&[field])?
            .iter()
            .try_fold(value, |value, name| value.get(*name))
    };
    string_or_id(&value[field]).or_else(|| string_or_id(nested()?))
}
