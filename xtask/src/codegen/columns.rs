//! The columns of each object's table that the database generates from the JSON.

use std::collections::BTreeSet;

use super::names::snake;
use super::walk::{places, type_at};
use crate::facts::ColumnFact;
use crate::spec::{Fields, Spec};

/// Most columns that a table generates from the JSON. diesel declares tables of up to 32 columns,
/// and up to 15 are not generated.
const MOST_COLUMNS: usize = 17;

/// Fields that become columns where an object has them, the most important first, and whether the
/// column has an index because queries filter by it.
const WANTED: [(&str, bool); 39] = [
    ("customer", true),
    ("subscription", true),
    ("invoice", true),
    ("payment_intent", true),
    ("charge", true),
    ("payment_method", true),
    ("price", true),
    ("product", true),
    ("status", true),
    ("email", true),
    ("created", true),
    ("type", false),
    ("active", false),
    ("amount", false),
    ("amount_due", false),
    ("amount_paid", false),
    ("amount_remaining", false),
    ("amount_total", false),
    ("amount_refunded", false),
    ("total", false),
    ("unit_amount", false),
    ("currency", false),
    ("payment_status", false),
    ("quantity", false),
    ("balance", false),
    ("name", false),
    ("number", false),
    ("code", false),
    ("due_date", false),
    ("current_period_end", false),
    ("cancel_at_period_end", false),
    ("canceled_at", false),
    ("trial_end", false),
    ("ended_at", false),
    ("paid", false),
    ("refunded", false),
    ("reason", false),
    ("arrival_date", false),
    ("net", false),
];

/// Types that others are joined to. Every field that holds the id of one is a column.
const JOINED: [&str; 9] = [
    "charge",
    "coupon",
    "customer",
    "invoice",
    "payment_intent",
    "payment_method",
    "price",
    "product",
    "subscription",
];

/// A column that the database generates.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    /// `Text`, `Id`, `Integer`, `Boolean` or `Time`; `OwnText`, `OwnInteger` or `OwnBoolean` for
    /// one that djstripe fills.
    pub(super) kind: &'static str,
    pub(super) indexed: bool,
    /// Where its value stands; the first place that holds one counts.
    pub(super) paths: Vec<FieldPath>,
}

/// Fields from the object down to a value. A number is a position in an array, and `*` is the
/// smallest number of the first ten elements.
pub(super) type FieldPath = Vec<String>;

/// The table of an object; `None` if nothing identifies it.
pub(super) fn table(spec: &Spec, object: &str) -> Option<String> {
    let fields = spec.resources.get(object)?.schemas.get(object)?;
    fields
        .contains_key(spec.mirror.key(object))
        .then(|| format!("stripe_{}", snake(object)))
}

/// The generated columns of an object's table: the wanted fields, then the others of
/// `spec/columns.toml`.
pub(super) fn columns(spec: &Spec, object: &str) -> Vec<Column> {
    let no_fields = Fields::new();
    let schema = spec.resources.get(object);
    let fields = schema
        .and_then(|it| it.schemas.get(object))
        .unwrap_or(&no_fields);
    let fact = |name: &str| spec.columns.get(object)?.get(name);

    let wanted = WANTED
        .iter()
        .filter_map(|(name, indexed)| match fact(name) {
            Some(fact) => column(spec, object, name, fact, *indexed).ok(),
            None => {
                let kind = kind(spec, fields.get(*name)?)?;
                Some(Column {
                    name: (*name).to_owned(),
                    kind,
                    indexed: *indexed,
                    paths: vec![vec![(*name).to_owned()]],
                })
            }
        });

    let others = spec.columns.get(object).into_iter().flatten();
    let others = others
        .filter(|(name, _)| WANTED.iter().all(|(wanted, _)| wanted != name))
        .filter_map(|(name, fact)| column(spec, object, name, fact, false).ok());
    wanted.chain(others).collect()
}

/// The columns of an object's table that existed once and never held anything.
pub(super) fn dropped(spec: &Spec, object: &str) -> Vec<String> {
    let columns = spec.columns.get(object).into_iter().flatten();
    let dropped = columns.filter(|(_, fact)| fact.dropped);
    dropped.map(|(name, _)| name.clone()).collect()
}

/// Checks the columns: `spec/columns.toml` agrees with the schemas, each entry of [`WANTED`] is a
/// column somewhere, no column is a hash, no id of a [`JOINED`] type is without one.
///
/// # Errors
/// Whatever is wrong, one a line.
pub(super) fn check(spec: &Spec) -> Result<(), String> {
    let mut wrong = Vec::new();
    for (object, facts) in &spec.columns {
        for (name, fact) in facts {
            if let Err(error) = column(spec, object, name, fact, false)
                && !fact.dropped
            {
                wrong.push(format!("spec/columns.toml: {object}.{name}: {error}"));
            }
        }
    }

    let mut used = BTreeSet::new();
    for object in spec
        .resources
        .keys()
        .filter(|object| table(spec, object).is_some())
    {
        let columns = columns(spec, object);
        if columns.len() > MOST_COLUMNS {
            wrong.push(format!("{object} has {} columns", columns.len()));
        }
        wrong.extend(hashes(spec, object));
        wrong.extend(unjoined(spec, object, &columns));
        used.extend(columns.into_iter().map(|column| column.name));
    }

    let unused = WANTED.iter().filter(|(name, _)| !used.contains(*name));
    wrong.extend(unused.map(|(name, _)| format!("no table has a column `{name}` any longer")));
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

/// A column of `spec/columns.toml`.
fn column(
    spec: &Spec,
    object: &str,
    name: &str,
    fact: &ColumnFact,
    indexed: bool,
) -> Result<Column, String> {
    if fact.dropped {
        return Err("it is dropped".to_owned());
    }
    let own = [name.to_owned()];
    let paths = if fact.paths.is_empty() && fact.former.is_empty() {
        &own[..]
    } else {
        &fact.paths
    };

    let mut kinds = BTreeSet::new();
    for path in paths {
        let ty = type_at(spec, object, &parse(path));
        let kind = ty.and_then(|ty| kind(spec, &ty));
        kinds.insert(kind.ok_or_else(|| format!("`{path}` holds no value of a column"))?);
    }
    if let Some(path) = fact
        .former
        .iter()
        .find(|it| type_at(spec, object, &parse(it)).is_some())
    {
        return Err(format!("`{path}` is not of former versions only"));
    }

    // An id may be plain text in one place and expandable in another.
    let found = match kinds.iter().copied().collect::<Vec<_>>()[..] {
        [kind] => Some(kind),
        ["Id", "Text"] => Some("Id"),
        _ => None,
    };
    let kind = match (&fact.kind, found) {
        (Some(stated), found) if found != Some(stated) => KINDS.into_iter().find(|it| it == stated),
        (None, found) => found,
        _ => None,
    };
    Ok(Column {
        name: name.to_owned(),
        kind: kind.ok_or("its kind is unknown, or stated needlessly")?,
        indexed: indexed || fact.indexed,
        paths: paths
            .iter()
            .chain(&fact.former)
            .map(|path| parse(path))
            .collect(),
    })
}

/// The kinds of generated columns.
const KINDS: [&str; 5] = ["Text", "Id", "Integer", "Boolean", "Time"];

/// `items.data[0].id` as fields and positions.
fn parse(path: &str) -> FieldPath {
    let steps = path.split(['.', '[']);
    steps
        .map(|step| step.trim_end_matches(']').to_owned())
        .collect()
}

/// The kind of a column for a field of this type. `None` if no column can hold it: a hash that
/// isn't an object with an id of its own, a list, a fraction.
fn kind(spec: &Spec, ty: &str) -> Option<&'static str> {
    let ty = ty.trim_end_matches(['!', '?']);
    match ty {
        "str" | "cur" | "dec" => Some("Text"),
        "int" | "time" => Some("Integer"),
        "bool" => Some("Boolean"),
        "datetime" => Some("Time"),
        _ if ty.starts_with("id(") => Some("Id"),
        _ if ty.starts_with("enum(") || ty.starts_with("open(") => Some("Text"),
        _ => table(spec, ty.strip_prefix('@')?).and(Some("Id")),
    }
}

/// Wanted fields that are hashes: a column of their name would never hold anything.
fn hashes(spec: &Spec, object: &str) -> Vec<String> {
    let fields = spec.resources[object].schemas.get(object);
    let is_known = |name: &str| {
        spec.columns
            .get(object)
            .is_some_and(|it| it.contains_key(name))
    };
    let hash = |name: &str| {
        let ty = fields?.get(name)?;
        let is_hash = ty.starts_with('@') && kind(spec, ty).is_none() && !is_known(name);
        is_hash
            .then(|| format!("{object}.{name} is a hash: say in spec/columns.toml what it holds"))
    };
    WANTED.iter().filter_map(|(name, _)| hash(name)).collect()
}

/// Ids of [`JOINED`] types that no column holds. A column can't hold several, so arrays don't
/// count.
fn unjoined(spec: &Spec, object: &str, columns: &[Column]) -> Vec<String> {
    let held: BTreeSet<&FieldPath> = columns.iter().flat_map(|column| &column.paths).collect();
    let is_joined = |ty: &str| {
        let types = ty.strip_prefix("id(").and_then(|ty| ty.strip_suffix(')'));
        types.is_some_and(|types| types.split(',').any(|ty| JOINED.contains(&ty)))
    };
    places(spec, object)
        .into_iter()
        .filter(|place| !place.repeated && is_joined(&place.ty) && !held.contains(&place.path))
        .map(|place| format!("{object}.{} is in no column", place.path.join(".")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        let own = [
            ("id", "str!"),
            ("customer", "id(customer)?"),
            ("amount", "@money!"),
            ("details", "@details?"),
        ];
        let details = [("items", "list(@customer)"), ("price", "id(price)")];
        Spec::of(
            &[("invoice", &own), ("customer", &own[..1])],
            &[("money", &[("value", "int!")]), ("details", &details)],
        )
    }

    fn with(name: &str, fact: ColumnFact) -> Spec {
        let columns = [(name.to_owned(), fact)].into();
        Spec {
            columns: [("invoice".to_owned(), columns)].into(),
            ..spec()
        }
    }

    fn fact(paths: &[&str], former: &[&str]) -> ColumnFact {
        let owned = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
        ColumnFact {
            paths: owned(paths),
            former: owned(former),
            ..ColumnFact::default()
        }
    }

    #[test]
    fn a_column_has_the_kind_of_its_places() {
        let check = |fact: ColumnFact, expected: Option<&str>| {
            let spec = with("other", fact.clone());
            let columns = columns(&spec, "invoice");
            let kind = columns
                .iter()
                .find(|it| it.name == "other")
                .map(|it| it.kind);
            assert_eq!(kind, expected, "{fact:?}");
        };
        check(fact(&["amount.value"], &[]), Some("Integer"));
        check(fact(&["details.price"], &["price"]), Some("Id"));
        check(fact(&["id", "customer"], &[]), Some("Id"));
        check(fact(&["details.items.data[0].id"], &[]), Some("Text"));
        check(fact(&["details.items.data[0]"], &[]), Some("Id"));
        check(fact(&["amount"], &[]), None);
        check(fact(&["amount.value", "id"], &[]), None);
        check(fact(&["details.gone"], &[]), None);
        check(fact(&[], &["price"]), None);
        check(fact(&[], &["customer"]), None);
        let stated = |kind: &str| Some(kind.to_owned());
        check(
            ColumnFact {
                kind: stated("Id"),
                ..fact(&[], &["price"])
            },
            Some("Id"),
        );
        check(
            ColumnFact {
                kind: stated("Id"),
                ..fact(&["id"], &[])
            },
            Some("Id"),
        );
        check(
            ColumnFact {
                kind: stated("Text"),
                ..fact(&["id"], &[])
            },
            None,
        );
    }

    #[test]
    fn hashes_and_ids_without_a_column_are_refused() {
        let error = check(&spec()).unwrap_err();
        assert!(error.contains("invoice.amount is a hash"), "{error}");
        assert!(
            error.contains("invoice.details.price is in no column"),
            "{error}"
        );

        let spec = with("amount", fact(&["amount.value"], &[]));
        assert!(!check(&spec).unwrap_err().contains("is a hash"));
        let spec = with("price", fact(&["details.price"], &[]));
        assert!(!check(&spec).unwrap_err().contains("is in no column"));
        let spec = with("customer", fact(&["customer.gone"], &[]));
        let error = check(&spec).unwrap_err();
        assert!(
            error.contains("invoice.customer: `customer.gone` holds no value"),
            "{error}"
        );
    }
}
