//! `--type EVENT`: the name of an event on the command line.

use crate::webhook::event_name::EventName;

/// Parses the name of an event of the catalogue. An event that is newer than the catalogue can be
/// selected by its id.
///
/// A misspelt name would select nothing and look as if there were no such events.
pub(super) fn event_name(text: &str) -> Result<String, String> {
    let name = EventName::new(text.trim());
    if name.is_known() {
        return Ok(name.as_str().to_owned());
    }

    let nearest = EventName::nearest(text);
    let nearest = nearest.map_or(String::new(), |it| format!("; did you mean `{it}`?"));
    Err(format!("`{text}` is not a Stripe event{nearest}"))
}
