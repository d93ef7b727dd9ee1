//! The names of events that a filter's name stands for: one, that of a thin event, or a family.

use diesel::sql_types::Text;

use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::webhook::event_name::EventName;

/// The names that stored events have, of which there are a few hundred: the index of names is asked for
/// the next one each time.
const SELECT_NAMES: &str = "WITH RECURSIVE stored (name) AS ( \
         SELECT min(name) FROM djstripe_event \
         UNION ALL \
         SELECT (SELECT min(event.name) FROM djstripe_event AS event WHERE event.name > stored.name) \
         FROM stored WHERE stored.name IS NOT NULL) \
     SELECT name FROM stored WHERE name IS NOT NULL";

impl Store {
    /// The names under which the events are stored that a filter's name stands for.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(super) async fn names_of(&self, name: &str) -> Result<Vec<String>, StoreError> {
        let Some(prefix) = family(name) else {
            // An event of an older program can have the name of its thin event.
            let mut names = vec![EventName::new(name).as_str().to_owned(), name.to_owned()];
            names.dedup();
            return Ok(names);
        };
        let select = Statement::<Text>::new(SELECT_NAMES);
        let mut names: Vec<String> = load!(self, "list the names of events", select)?;
        names.retain(|name| is_in_family(name, prefix));
        Ok(names)
    }
}

/// What the names of a family begin with: `invoice.` of `invoice.*`.
fn family(name: &str) -> Option<&str> {
    name.strip_suffix('*').filter(|rest| rest.ends_with('.'))
}

/// Whether a stored name, or that of its thin event, begins so. An event is stored under the name of its
/// snapshot event.
fn is_in_family(name: &str, prefix: &str) -> bool {
    let thin = EventName::new(name).thin_name();
    name.starts_with(prefix) || thin.is_some_and(|thin| thin.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_has_the_names_that_begin_so_and_those_of_thin_events() {
        let check = |pattern: &str, name: &str, expected: bool| {
            let found = family(pattern).map(|prefix| is_in_family(name, prefix));
            assert_eq!(found, Some(expected), "{pattern} {name}");
        };
        check("invoice.*", "invoice.paid", true);
        check("invoice.*", "invoice.of.another.release", true);
        check("invoice.*", "invoiceitem.created", false);
        check("v1.*", "customer.updated", true);
        check("v1.*", "invoice.of.another.release", false);
    }

    #[test]
    fn a_star_alone_is_no_family() {
        for name in ["*", "invoice*", "invoice.paid", ""] {
            assert_eq!(family(name), None, "{name}");
        }
    }
}
