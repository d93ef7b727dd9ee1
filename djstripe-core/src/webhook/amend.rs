//! Fields that Stripe leaves out of an answer, as the request has named them.

use std::collections::BTreeMap;

use serde_json::value::{RawValue, to_raw_value};

/// The same JSON object with these fields; everything else in it stays as it is written.
///
/// # Errors
/// If it is not a JSON object.
pub(crate) fn with_fields(json: &str, fields: &[(&str, &str)]) -> serde_json::Result<String> {
    let mut all: BTreeMap<String, Box<RawValue>> = serde_json::from_str(json)?;
    for (name, value) in fields {
        all.insert((*name).to_owned(), to_raw_value(value)?);
    }
    serde_json::to_string(&all)
}
