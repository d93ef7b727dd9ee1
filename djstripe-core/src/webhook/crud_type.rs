//! `CrudType`: what happened to an event's object, derived from the event's name.

use crate::webhook::event::Event;

/// What happened to the object of an event.
///
/// dj-stripe has `Updated` and `Deleted`; `Created` is an addition. Other verbs, such as `paid`,
/// `captured` or `closed`, have no `CrudType`.
///
/// Source: [`djstripe.event_handlers`](https://dj-stripe.dev/dj-stripe/reference/event_handlers/).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CrudType {
    /// The object was created.
    Created,
    /// The object was updated.
    Updated,
    /// The object was deleted.
    Deleted,
}

impl CrudType {
    /// The `CrudType` of `verb`, or of the event's own verb if `verb` is `None`.
    ///
    /// The event's own verb is everything after the first dot of its name. The end of the verb
    /// decides, so `customer.subscription.deleted` is `Deleted`.
    ///
    /// ```
    /// use djstripe_core::{CrudType, Event};
    ///
    /// let event = Event::from_json(r#"{"id":"evt_1","type":"charge.captured"}"#)?;
    /// assert_eq!(CrudType::determine(&event, None), None);
    /// assert_eq!(CrudType::determine(&event, Some("updated")), Some(CrudType::Updated));
    /// # Ok::<(), djstripe_core::DecodeError>(())
    /// ```
    pub fn determine(event: &Event, verb: Option<&str>) -> Option<Self> {
        let verb = verb.unwrap_or_else(|| event.name().verb());
        [
            ("created", Self::Created),
            ("updated", Self::Updated),
            ("deleted", Self::Deleted),
        ]
        .into_iter()
        .find_map(|(ending, action)| verb.ends_with(ending).then_some(action))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verb_is_matched_by_its_end() {
        let check = |name: &str, verb: Option<&str>, expected: Option<CrudType>| {
            let event = Event::from_json(&format!(r#"{{"id":"evt_1","type":"{name}"}}"#)).unwrap();
            assert_eq!(
                CrudType::determine(&event, verb),
                expected,
                "{name} {verb:?}"
            );
        };

        check("customer.created", None, Some(CrudType::Created));
        check("customer.updated", None, Some(CrudType::Updated));
        check("customer.deleted", None, Some(CrudType::Deleted));
        check(
            "customer.subscription.deleted",
            None,
            Some(CrudType::Deleted),
        );
        check(
            "payment_method.automatically_updated",
            None,
            Some(CrudType::Updated),
        );
        check("invoice.paid", None, None);
        check("charge.captured", None, None);
        check("charge.dispute.closed", None, None);
        check("charge.captured", Some("updated"), Some(CrudType::Updated));
        check("customer.updated", Some("paid"), None);
        check("deleted", None, Some(CrudType::Deleted));
    }
}
