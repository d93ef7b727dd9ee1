//! Checks the fields of `when(changed(..))` against the objects that the listed events carry.

use syn::{Error, LitStr};

use crate::event_facts::NestedFields;
use crate::generated::object_fields::{NESTED_FIELDS, OBJECT_FIELDS};
use crate::suggest::{list, nearest, one_of};
use crate::validate::ListedEvent;

/// Adds an error for each field that an event's object doesn't have.
pub(crate) fn check(events: &[ListedEvent], changed: &[LitStr], errors: &mut Vec<Error>) {
    for field in changed {
        let name = field.value();
        let wrong = events.iter().find_map(|event| match event.facts {
            None => Some(format!(
                "`when(changed(..))` needs events whose object is known, not `{}`\n\
                 help: list events by name",
                event.name
            )),
            Some(facts) => unknown_field(&name, facts.objects),
        });

        errors.extend(wrong.map(|message| Error::new(field.span(), message)));
    }
}

/// The message for a field that none of the objects has; `None` if one of them has it.
fn unknown_field(name: &str, objects: &[&str]) -> Option<String> {
    let fields: Vec<&str> = OBJECT_FIELDS
        .iter()
        .filter(|(object, _)| objects.contains(object))
        .flat_map(|(_, fields)| fields.iter().copied())
        .collect();
    if fields.contains(&name) {
        return None;
    }

    if let Some((own, _)) = name.split_once('.')
        && fields.contains(&own)
    {
        return Some(format!(
            "`changed(..)` takes fields of the object itself, not `{name}`\n\
             help: write `{own}`, which has changed if anything in it has"
        ));
    }

    let holders: Vec<&NestedFields> = NESTED_FIELDS
        .iter()
        .filter(|nested| objects.contains(&nested.object) && nested.fields.contains(&name))
        .collect();
    let object = objects.join("` or `");
    // A word of the object's own is nearer than the same word below it.
    match nearest(name, fields.iter().copied()) {
        Some(known) => Some(format!(
            "`{object}` has no field `{name}`\nhelp: did you mean `{known}`?"
        )),
        None if holders.is_empty() => Some(format!(
            "`{object}` has no field `{name}`\nhelp: its fields are {}",
            list(&fields)
        )),
        None => Some(format!(
            "`{object}` has no field `{name}`; it is a field of {}\n\
             help: write {}, which has changed if anything in it has",
            one_of(&holder_names(&holders)),
            one_of(&fields_of(&holders))
        )),
    }
}

/// The types that have the field, or the path to it where the type has no name.
fn holder_names(holders: &[&NestedFields]) -> Vec<&'static str> {
    let mut names: Vec<&str> = holders.iter().map(|it| it.of.unwrap_or(it.field)).collect();
    names.dedup();
    names
}

fn fields_of(holders: &[&NestedFields]) -> Vec<&'static str> {
    let mut names: Vec<&str> = holders.iter().map(|it| it.field).collect();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_does_not_exist_leads_to_one_that_does() {
        let check = |name: &str, objects: &[&str], expected: &str| {
            assert_eq!(unknown_field(name, objects).as_deref(), Some(expected));
        };

        check(
            "current_period_end",
            &["subscription"],
            "`subscription` has no field `current_period_end`; it is a field of `subscription_item`\n\
             help: write `items`, which has changed if anything in it has",
        );
        check(
            "resumes_at",
            &["subscription"],
            "`subscription` has no field `resumes_at`; it is a field of `pause_collection`\n\
             help: write `pause_collection`, which has changed if anything in it has",
        );
        check(
            "statsu",
            &["subscription"],
            "`subscription` has no field `statsu`\nhelp: did you mean `status`?",
        );
        check(
            "items.data.price",
            &["subscription"],
            "`changed(..)` takes fields of the object itself, not `items.data.price`\n\
             help: write `items`, which has changed if anything in it has",
        );
        assert_eq!(unknown_field("status", &["subscription"]), None);
    }
}
