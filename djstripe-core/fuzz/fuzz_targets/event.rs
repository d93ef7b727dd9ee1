//! Decodes any string as an event: no panic, and the object is a part of the input.
#![no_main]

use djstripe_core::{CrudType, Event};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &str| {
    if let Ok(event) = Event::from_json(json) {
        assert_eq!(event.json(), json);
        assert!(event.object_json().is_none_or(|object| json.contains(object)));
        let _ = (event.object_head(), event.previous_json(), CrudType::determine(&event, None));
    }
});
