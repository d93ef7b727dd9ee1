//! Which object an event is about.
//!
//! In: the JSON of `data.object`. Out: its `id` and `object`, as far as they are texts; the rest is passed over.

use serde::Deserialize;
use serde::de::Deserializer;

use super::lenient::Scalar;

/// Which object an event is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectHead {
    /// `id` of the object; six payload objects have none.
    pub id: Option<String>,
    /// `object`: the name of its type, `customer`.
    pub object: Option<String>,
}

impl<'de> Deserialize<'de> for ObjectHead {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields<'a> {
            #[serde(borrow)]
            id: Option<Scalar<'a>>,
            #[serde(borrow)]
            object: Option<Scalar<'a>>,
        }
        let fields = Fields::deserialize(deserializer)?;
        let text = |field: Option<Scalar<'_>>| field.and_then(Scalar::into_text).map(String::from);
        Ok(Self {
            id: text(fields.id),
            object: text(fields.object),
        })
    }
}
