//! The further parameters of a request, which an application gives.

use serde::Serialize;
use serde_json::{Map, Value};

/// The parameters; `None` if something else than a JSON object was given.
pub(super) type Params = Option<Map<String, Value>>;

/// No further parameters.
pub(super) fn none() -> Params {
    Some(Map::new())
}

/// Adds parameters.
pub(super) fn add(params: &mut Params, further: impl Serialize) {
    let Some(known) = params else {
        return;
    };
    match serde_json::to_value(further) {
        Ok(Value::Object(further)) => known.extend(further),
        _ => *params = None,
    }
}
