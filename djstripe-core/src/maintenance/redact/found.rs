//! The objects of a customer, as far as they are found.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::store::{CUSTOMER, KnownValues, VersionCounts, owner};

/// Ids by type of object.
pub(super) type Ids = BTreeMap<&'static str, BTreeSet<String>>;

/// The objects of a customer.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) ids: Ids,
    /// Rows, by table.
    pub(super) rows: BTreeMap<&'static str, u64>,
    /// Personal fields in these rows.
    pub(super) fields: u64,
    /// Their versions with something personal, and its fields.
    pub(super) versions: VersionCounts,
    /// What stands in these fields.
    pub(super) known: KnownValues,
}

impl Found {
    pub(super) fn contains(&self, object: &str, id: &str) -> bool {
        self.ids.get(object).is_some_and(|ids| ids.contains(id))
    }

    /// Adds objects; returns those that are new.
    pub(super) fn add(&mut self, ids: Ids) -> Ids {
        let mut new = Ids::new();
        for (object, ids) in ids {
            let found = self.ids.entry(object).or_default();
            let ids: BTreeSet<String> = ids.difference(found).cloned().collect();
            found.extend(ids.iter().cloned());
            if !ids.is_empty() {
                new.insert(object, ids);
            }
        }
        new
    }

    /// Whether an object names an object that was found as its owner.
    pub(super) fn owns(&self, object: &str, value: &Value, parent: Option<(&str, &str)>) -> bool {
        let known = |object: &str, id: &str| self.contains(object, id).then_some(());
        owner(Some(object), value, parent, known).is_some()
    }

    /// Whether an object that one of these names is theirs: unless it names another customer.
    pub(super) fn owns_named(&self, object: &str, value: &Value) -> bool {
        let any = |of: &str, _: &str| (of == CUSTOMER).then_some(());
        owner(Some(object), value, None, any).is_none() || self.owns(object, value, None)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ids(object: &'static str, ids: &[&str]) -> Ids {
        [(object, ids.iter().map(|id| (*id).to_owned()).collect())].into()
    }

    #[test]
    fn what_is_found_twice_is_new_once() {
        let mut found = Found::default();
        assert_eq!(
            found.add(ids("charge", &["ch_1"])),
            ids("charge", &["ch_1"])
        );
        let new = found.add(ids("charge", &["ch_1", "ch_2"]));
        assert_eq!(new, ids("charge", &["ch_2"]));
        assert_eq!(found.add(ids("charge", &["ch_2"])), Ids::new());
    }

    #[test]
    fn what_an_object_of_theirs_names_is_theirs_unless_it_names_another_customer() {
        let mut found = Found::default();
        found.add(ids(CUSTOMER, &["cus_1"]));
        let check = |customer: Value, expected: bool| {
            let method = json!({"object":"payment_method","id":"pm_1","customer":customer});
            assert_eq!(
                found.owns_named("payment_method", &method),
                expected,
                "{method}"
            );
        };
        check(json!(null), true);
        check(json!("cus_1"), true);
        check(json!("cus_2"), false);
        assert!(found.owns_named("file", &json!({"object":"file","id":"file_1"})));
    }
}
