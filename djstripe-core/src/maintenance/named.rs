//! Which fields in the mirror name objects of a type. Does no IO.
//!
//! In: the descriptors of the models. Out: the fields that hold ids of a type of object. No list shows all of these objects: a guest's payment method is only
//! known from the charges that it paid.

use djstripe_models::{ColumnKind, DESCRIPTORS, ModelDescriptor, Reference};

use crate::client::Request;
use crate::store::{NamingField, TableName};

/// The start of the ids of types that share fields with others.
const PREFIXES: [(&str, &str); 2] = [("payment_method", "pm_"), ("source", "src_")];

/// Whether objects of this type can be retrieved by their id alone.
pub(crate) fn is_retrievable(descriptor: &ModelDescriptor) -> bool {
    descriptor.table.is_some() && Request::retrieve(descriptor.object, "id").is_ok()
}

/// The fields that hold ids of objects of this type, in tables of types for which `is_naming`
/// holds.
pub(crate) fn naming_fields(
    object: &str,
    is_naming: impl Fn(&ModelDescriptor) -> bool,
) -> Vec<NamingField> {
    let mut fields = Vec::new();
    for descriptor in DESCRIPTORS.iter().filter(|of| is_naming(of)) {
        let Some(table) = descriptor.table.map(TableName::new) else {
            continue;
        };
        for reference in descriptor.references {
            fields.extend(naming_field(descriptor, table, reference, object));
        }
    }
    fields
}

fn naming_field(
    descriptor: &ModelDescriptor,
    table: TableName,
    reference: &'static Reference,
    object: &str,
) -> Option<NamingField> {
    let prefix = match reference.objects {
        [only] if *only == object => None,
        several if several.contains(&object) => {
            let (_, prefix) = PREFIXES.iter().find(|(name, _)| *name == object)?;
            Some(*prefix)
        }
        _ => return None,
    };
    let holds_ids = |column: &&djstripe_models::Column| {
        column.paths.contains(&reference.path)
            && matches!(column.kind, ColumnKind::Id | ColumnKind::Text)
    };
    let column = descriptor.columns.iter().find(holds_ids);
    Some(NamingField {
        table,
        column: column.map(|column| column.name),
        path: reference.path,
        prefix,
    })
}

#[cfg(test)]
mod tests {
    use djstripe_models::descriptor;

    use super::*;

    #[test]
    fn fields_name_the_objects_that_they_refer_to() {
        let check = |object: &str, table: &str, field: &str, prefix: Option<&str>| {
            let fields = naming_fields(object, |_| true);
            let is_expected = |of: &&NamingField| of.table.as_str() == table && of.path == [field];
            let found = fields.iter().find(is_expected);
            assert_eq!(found.unwrap().prefix, prefix, "{object} {table} {field}");
        };

        check("customer", "stripe_charge", "customer", None);
        check("payment_method", "stripe_charge", "payment_method", None);
        check("source", "stripe_customer", "default_source", Some("src_"));
        let nested = naming_fields("payment_method", |of| of.object == "customer");
        let path = ["invoice_settings", "default_payment_method"];
        assert!(nested.iter().any(|of| of.path == path), "{nested:?}");
        assert_eq!(naming_fields("line_item", |_| true), []);

        let none = naming_fields("customer", |of| of.object == "product");
        assert_eq!(none, []);
    }

    #[test]
    fn only_what_needs_no_parent_is_retrieved() {
        let check = |object: &str, expected: bool| {
            assert_eq!(is_retrievable(descriptor(object).unwrap()), expected);
        };
        check("payment_method", true);
        check("price", true);
        check("person", false);
        check("balance", false);
    }
}
