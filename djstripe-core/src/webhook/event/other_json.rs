//! An event whose payload is replaced, such as by one without what is personal.

use super::{DecodeError, Event};

impl Event {
    /// The same event with other JSON of it.
    ///
    /// # Errors
    /// The same as [`Event::decode`].
    pub(crate) fn with_json(&self, json: &str) -> Result<Self, DecodeError> {
        let envelope = Self::from_json(json)?.envelope;
        Ok(Self {
            envelope,
            ..self.clone()
        })
    }
}
