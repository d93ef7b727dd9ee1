//! Fields that Stripe sends on request only. Does no IO.
//!
//! In: types of object and their fields. Out: what a request for such objects asks for.

use std::collections::BTreeMap;

use super::dropped::is_path;
use super::object_name;
use super::settings_error::SettingsError;
use crate::client::Request;

/// What is asked for unless the settings say otherwise. Without them, rows lack what an application
/// reads them for, and no event says that they changed.
///
/// Source: [Expanding responses](https://docs.stripe.com/expand#includable-properties).
const DEFAULT: [(&str, &[&str]); 5] = [
    ("checkout.session", &["line_items"]),
    ("coupon", &["applies_to"]),
    ("payment_link", &["line_items"]),
    ("price", &["currency_options", "tiers"]),
    ("quote", &["line_items"]),
];

/// The fields to expand, for each type of object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExpandedFields(BTreeMap<String, Vec<String>>);

impl Default for ExpandedFields {
    fn default() -> Self {
        let owned = |fields: &[&str]| fields.iter().map(|&field| field.to_owned()).collect();
        let fields = DEFAULT.map(|(object, fields)| (object.to_owned(), owned(fields)));
        Self(BTreeMap::from(fields))
    }
}

impl ExpandedFields {
    /// Sets the fields of a type.
    pub(super) fn set(&mut self, object: &str, fields: Vec<String>) -> Result<(), SettingsError> {
        let object = object_name::known(object)?;
        if let Some(field) = fields.iter().find(|field| !is_path(field)) {
            return Err(SettingsError::Field {
                object: object.to_owned(),
                field: field.clone(),
            });
        }
        self.0.insert(object.to_owned(), fields);
        Ok(())
    }

    /// The fields of a type.
    pub(crate) fn of(&self, object: &str) -> &[String] {
        self.0.get(object).map_or(&[], Vec::as_slice)
    }

    /// Asks for the fields of the object that `request` retrieves.
    pub(crate) fn retrieved(&self, object: &str, request: Request) -> Request {
        let fields = self.of(object).iter();
        fields.fold(request, |request, field| {
            request.expand_if_permitted(field.clone())
        })
    }

    /// Asks for the fields of the objects that `request` lists.
    pub(crate) fn listed(&self, object: &str, request: Request) -> Request {
        let fields = self.of(object).iter();
        fields.fold(request, |request, field| {
            request.expand_if_permitted(format!("data.{field}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_set_by_type() {
        let mut expanded = ExpandedFields::default();
        assert_eq!(expanded.of("price"), ["currency_options", "tiers"]);
        assert_eq!(expanded.of("charge"), [""; 0]);

        let check = |result: Result<(), SettingsError>, expected: Result<(), SettingsError>| {
            assert_eq!(result, expected);
        };
        let fields = |fields: &[&str]| fields.iter().map(|&field| field.to_owned()).collect();
        check(expanded.set("price", fields(&["tiers"])), Ok(()));
        check(expanded.set("quote", Vec::new()), Ok(()));
        check(
            expanded.set("prices", fields(&["tiers"])),
            Err(SettingsError::UnknownObject {
                object: "prices".to_owned(),
                nearest: Some("price"),
            }),
        );
        check(
            expanded.set("price", fields(&["data tiers"])),
            Err(SettingsError::Field {
                object: "price".to_owned(),
                field: "data tiers".to_owned(),
            }),
        );
        assert_eq!(expanded.of("price"), ["tiers"]);
        assert_eq!(expanded.of("quote"), [""; 0]);
    }
}
