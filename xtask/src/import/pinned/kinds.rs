//! The kinds of numbers and strings that a document without them takes from `spec/`.

use std::collections::BTreeMap;

use crate::spec::Fields;

/// Kinds that the package writes as `number`.
const NUMBERS: [&str; 3] = ["int", "num", "time"];

/// Kinds that the package writes as `string`.
const STRINGS: [&str; 5] = ["cur", "datetime", "dec", "i64", "str"];

/// How many of ten fields of the same name must agree for a new one to follow them.
const AGREED: usize = 9;

/// By the name of a field, the kind of number that fields of this name hold in `spec/`.
pub(super) struct Kinds<'p>(BTreeMap<&'p str, &'p str>);

impl<'p> Kinds<'p> {
    pub(super) fn of(known: &BTreeMap<&'p str, &'p Fields>) -> Self {
        let mut times: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for (field, ty) in known.values().copied().flatten() {
            let kind = leaf(ty).1;
            if NUMBERS.contains(&kind) {
                *times.entry(field).or_default().entry(kind).or_default() += 1;
            }
        }

        let agreed = times.into_iter().filter_map(|(field, kinds)| {
            let all: usize = kinds.values().sum();
            let (kind, times) = kinds.into_iter().max_by_key(|(_, times)| *times)?;
            (times * 10 >= all * AGREED).then_some((field, kind))
        });
        Self(agreed.collect())
    }

    /// The type of a field with the kind that its place has in `spec/`. A new number has that of
    /// other fields with its name, or else what the document says.
    pub(super) fn settle(&self, field: &str, ty: &str, former: Option<&str>) -> String {
        let (open, kind, close) = parts(ty);
        let kept = match former.map(|former| leaf(former).1) {
            Some(former) if is_same(kind, former) => former.to_owned(),
            Some(former) => enumeration(kind, former).unwrap_or_else(|| kind.to_owned()),
            None if NUMBERS.contains(&kind) => (*self.0.get(field).unwrap_or(&kind)).to_owned(),
            _ => kind.to_owned(),
        };
        format!("{open}{kept}{close}")
    }
}

/// The values with the word that they have in `spec/`: the package calls other enums open than
/// Stripe's document does.
fn enumeration(kind: &str, former: &str) -> Option<String> {
    let (word, _) = former.split_once('(')?;
    let (new, values) = kind.split_once('(')?;
    let is_enum = |word| matches!(word, "enum" | "open");
    (is_enum(word) && is_enum(new)).then(|| format!("{word}({values}"))
}

/// Whether the package has only one word for both kinds.
fn is_same(kind: &str, former: &str) -> bool {
    let numbers = NUMBERS.contains(&kind) && NUMBERS.contains(&former);
    let strings = ["str", "cur"].contains(&kind) && STRINGS.contains(&former);
    numbers || strings
}

fn leaf(ty: &str) -> (&str, &str) {
    let (open, kind, _) = parts(ty);
    (open, kind)
}

/// `[`, `str` and `]!?` of `[str]!?`.
fn parts(ty: &str) -> (&str, &str, &str) {
    let is_wrapped = |ty: &str| ty.starts_with(['[', '{']) || ty.starts_with("list(");
    let mut start = 0;
    let mut end = ty.trim_end_matches(['!', '?']).len();
    while is_wrapped(&ty[start..end]) {
        start += if ty[start..].starts_with("list(") {
            5
        } else {
            1
        };
        end -= 1;
    }
    (&ty[..start], &ty[start..end], &ty[end..])
}
