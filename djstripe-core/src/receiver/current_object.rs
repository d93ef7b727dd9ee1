//! The event's object as a receiver gets it.

/// The event's object: as the mirror has it, or as the event says.
#[derive(Clone, Debug)]
pub(crate) struct CurrentObject {
    pub(crate) json: String,
    pub(crate) api_version: Option<String>,
    /// Whether the object is deleted at Stripe; `json` is then the last that is known of it.
    pub(crate) is_deleted: bool,
    /// Whether `json` is the event's payload, because the mirror doesn't have the object.
    pub(crate) is_from_payload: bool,
}
