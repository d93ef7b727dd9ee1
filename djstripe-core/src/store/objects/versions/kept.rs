//! The types of object whose versions are kept.

use std::collections::HashMap;
use std::sync::Arc;

use djstripe_models::{ModelDescriptor, descriptor};

use crate::store::error::StoreError;
use crate::store::row::TableName;
use crate::webhook::object_type::nearest;

/// The types of object whose versions are kept, by their tables. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct KeptTypes(Option<Arc<HashMap<TableName, &'static str>>>);

impl KeptTypes {
    /// The types with these names.
    ///
    /// # Errors
    /// [`StoreError::VersionedType`] for a name that no type with rows has.
    pub(in crate::store) fn named(names: &[String]) -> Result<Self, StoreError> {
        let mut types = HashMap::new();
        for name in names {
            let known: Option<&'static ModelDescriptor> = descriptor(name.trim());
            let named = known.and_then(|it| Some((TableName::new(it.table?), it.object)));
            let Some((table, object)) = named else {
                return Err(StoreError::VersionedType {
                    object: name.clone(),
                    nearest: nearest(name).filter(|nearest| *nearest != name.trim()),
                });
            };
            types.insert(table, object);
        }
        Ok(Self((!types.is_empty()).then(|| Arc::new(types))))
    }

    /// The type whose rows the table has, if its versions are kept.
    pub(in crate::store) fn of(&self, table: TableName) -> Option<&'static str> {
        self.0.as_ref()?.get(&table).copied()
    }

    /// Whether versions of objects of this type are kept.
    pub(in crate::store) fn has(&self, object: &str) -> bool {
        let mut types = self.0.iter().flat_map(|types| types.values());
        types.any(|kept| *kept == object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Result<KeptTypes, String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        KeptTypes::named(&names).map_err(|error| error.to_string())
    }

    #[test]
    fn types_are_named_as_in_the_catalogue() {
        let kept = named(&["customer", " invoice", "file_upload"]).unwrap();
        assert!(kept.has("customer") && kept.has("invoice") && kept.has("file"));
        assert!(!kept.has("charge"));
        assert_eq!(kept.of(TableName::new("stripe_customer")), Some("customer"));
        assert_eq!(kept.of(TableName::new("stripe_charge")), None);
        assert!(!named(&[]).unwrap().has("customer"));
    }

    #[test]
    fn a_name_that_is_none_is_refused_with_the_one_that_was_meant() {
        for (name, help) in [
            ("custmer", "did you mean `customer`?"),
            ("Invoices", "did you mean `invoice`?"),
            // A type without an id has no rows.
            ("balance", "can't be kept"),
            ("", "can't be kept"),
        ] {
            let error = named(&["customer", name]).unwrap_err();
            assert!(error.contains(help), "{name}: {error}");
        }
    }
}
