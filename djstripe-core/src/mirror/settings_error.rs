//! Why the settings of the mirror can't be used.

use crate::webhook::spelling::suggestion;

/// Why the settings of the mirror can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The catalogue has no type of object with this name.
    #[error(
        "the mirror's settings name `{object}`, which is not a Stripe object{}",
        suggestion(.nearest.as_ref())
    )]
    UnknownObject {
        /// The unknown name.
        object: String,
        /// The type that was probably meant.
        nearest: Option<&'static str>,
    },
    /// A pattern of fields to leave out has another form.
    #[error(
        "`{pattern}` doesn't name a field to leave out; write `*.field` or `object.path.to.field`"
    )]
    Pattern {
        /// The pattern.
        pattern: String,
    },
    /// A field to expand is not a path of field names.
    #[error("`{field}` of `{object}` can't be expanded; write the path of a field")]
    Field {
        /// The type of object.
        object: String,
        /// The field.
        field: String,
    },
    /// Customers are linked by the metadata, and nothing says under which key it names the user.
    #[error("`link_by` has `LinkBy::Metadata`; add `.subscriber_key(\"user_id\")`")]
    NoSubscriberKey,
    /// Customers are linked, and users can't be looked up.
    #[error(
        "`link_by` needs a lookup of users; implement `SubscriberLookup` and add \
         `.subscribers(Users)`"
    )]
    NoLookup,
}
