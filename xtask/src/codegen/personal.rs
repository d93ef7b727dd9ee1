//! What is personal in the objects of a customer, as constants for djstripe-core.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::walk::element;
use crate::facts::RedactionFacts;
use crate::spec::Spec;

/// The lists of the table `redaction`, sorted.
///
/// # Errors
/// An entry that no schema has, or that stands in two lists.
pub(super) fn constants(spec: &Spec) -> Result<String, String> {
    check(spec)?;
    let facts = &spec.redaction;
    let of: Vec<(&str, &str)> = facts
        .personal_of
        .iter()
        .flat_map(|(object, fields)| fields.iter().map(move |field| (&**object, &**field)))
        .collect();
    let not = facts.not_personal.iter();
    let not: Vec<(&str, &str)> = not.map(|(holder, it)| (&**holder, &*it.field)).collect();
    let customers = facts.customer_fields.iter();
    let customers: Vec<(&str, &str)> = customers
        .map(|(object, field)| (&**object, &**field))
        .collect();

    let mut text = String::new();
    let mut names = |name: &str, about: &str, list: &[String]| {
        let list: BTreeSet<&String> = list.iter().collect();
        let list: Vec<&String> = list.into_iter().collect();
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "/// {about}\npub(crate) const {name}: &[&str] = &{list:?};\n"
        );
    };
    names(
        "PERSONAL",
        "Fields that are personal wherever they stand, sorted.",
        &facts.personal,
    );
    names(
        "FREE_TEXT",
        "Fields that may say anything, sorted.",
        &facts.free_text,
    );
    names(
        "NAMED",
        "Types whose objects are a customer's if one of the customer's objects names them, sorted.",
        &facts.named,
    );
    let mut pairs = |name: &str, about: &str, list: &[(&str, &str)]| {
        let _ = writeln!(
            text,
            "/// {about}\npub(crate) const {name}: &[(&str, &str)] = &{list:?};\n"
        );
    };
    pairs(
        "PERSONAL_OF",
        "Types of object, and a field that is personal in them alone.",
        &of,
    );
    pairs(
        "NOT_PERSONAL",
        "Fields that hold another, and that other one, which is not personal there.",
        &not,
    );
    pairs(
        "CUSTOMER_FIELDS",
        "Types of object, and a field of plain text that holds the id of their customer.",
        &customers,
    );
    Ok(text.trim_end().to_owned() + "\n")
}

/// Checks each entry against the schemas.
fn check(spec: &Spec) -> Result<(), String> {
    let RedactionFacts {
        personal,
        free_text,
        personal_of,
        not_personal,
        customer_fields,
        named,
    } = &spec.redaction;
    let schemas = spec.schemas();
    let refuse = |entry: &str| {
        Err(format!(
            "spec/overrides.toml: `{entry}` below [redaction] is in no object, or said twice"
        ))
    };

    let mut seen = BTreeSet::new();
    for field in personal.iter().chain(free_text) {
        if !seen.insert(field) || !schemas.values().any(|it| it.contains_key(field)) {
            return refuse(field);
        }
    }
    let has =
        |schema: &str, field: &String| schemas.get(schema).is_some_and(|it| it.contains_key(field));
    for (object, fields) in personal_of {
        if let Some(field) = fields.iter().find(|field| !has(object, field)) {
            return refuse(&format!("{object}.{field}"));
        }
    }
    for (object, field) in customer_fields {
        if !has(object, field) {
            return refuse(&format!("{object}.{field}"));
        }
    }
    for (holder, entry) in not_personal {
        let holds = |ty: &String| {
            let schema = element(ty).0.strip_prefix('@');
            schema.is_some_and(|schema| has(schema, &entry.field))
        };
        if !seen.contains(&entry.field)
            || !schemas.values().any(|it| it.get(holder).is_some_and(holds))
        {
            return refuse(&format!("{holder}.{}", entry.field));
        }
    }
    match named
        .iter()
        .find(|object| !spec.resources.contains_key(*object))
    {
        Some(object) => refuse(object),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::NotPersonal;

    fn spec() -> Spec {
        let charge = [
            ("email", "str?"),
            ("amounts", "@amounts?"),
            ("payer", "str"),
        ];
        let mut spec = Spec::of(&[("charge", &charge)], &[("amounts", &[("email", "int")])]);
        let amounts = NotPersonal {
            field: "email".to_owned(),
            reason: "a number".to_owned(),
        };
        spec.redaction = RedactionFacts {
            personal: vec!["email".to_owned()],
            personal_of: [("charge".to_owned(), vec!["payer".to_owned()])].into(),
            not_personal: [("amounts".to_owned(), amounts)].into(),
            customer_fields: [("charge".to_owned(), "payer".to_owned())].into(),
            named: vec!["charge".to_owned()],
            ..RedactionFacts::default()
        };
        spec
    }

    #[test]
    fn an_entry_that_no_object_has_is_refused() {
        let check = |change: fn(&mut RedactionFacts), named: &str| {
            let mut spec = spec();
            change(&mut spec.redaction);
            let error = constants(&spec).unwrap_err();
            assert!(error.contains(named), "{error}");
        };
        assert!(constants(&spec()).unwrap().contains("&[\"email\"]"));
        check(|it| it.personal.push("nowhere".to_owned()), "`nowhere`");
        check(|it| it.free_text.push("email".to_owned()), "`email`");
        check(|it| it.named.push("basket".to_owned()), "`basket`");
        check(
            |it| {
                it.personal_of
                    .entry("charge".to_owned())
                    .or_default()
                    .push("value".to_owned())
            },
            "`charge.value`",
        );
        check(
            |it| {
                _ = it
                    .customer_fields
                    .insert("charge".to_owned(), "owner".to_owned())
            },
            "`charge.owner`",
        );
        check(
            |it| {
                it.not_personal
                    .values_mut()
                    .for_each(|it| it.field = "phone".to_owned())
            },
            "`amounts.phone`",
        );
    }
}
