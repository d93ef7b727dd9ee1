//! Where the fields of an object stand: its own, and those of the hashes and arrays within it. The
//! objects that have a description of their own end the walk: their fields are theirs.

use crate::spec::Spec;

/// One field, wherever it stands within an object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    /// The fields from the object down to this one.
    pub(super) path: Vec<String>,
    /// Its type; of an array, the type of its elements.
    pub(super) ty: String,
    /// Whether it stands within an array, or is one.
    pub(super) repeated: bool,
}

/// The fields of an object, at any depth.
pub(super) fn places(spec: &Spec, object: &str) -> Vec<Place> {
    let schemas = spec.schemas();
    let mut places = Vec::new();
    let mut open = vec![(vec![object], Vec::<String>::new(), false)];

    while let Some((above, path, within_array)) = open.pop() {
        let Some(fields) = above.last().and_then(|schema| schemas.get(schema)) else {
            continue;
        };
        for (field, ty) in *fields {
            let path = [&path[..], std::slice::from_ref(field)].concat();
            let (ty, is_array) = element(ty);
            let repeated = within_array || is_array;

            let schema = ty.strip_prefix('@');
            if let Some(schema) = schema.filter(|schema| is_hash(spec, schema))
                && !above.contains(&schema)
            {
                let below = [&above[..], &[schema]].concat();
                open.push((below, path.clone(), repeated));
            }
            let ty = ty.to_owned();
            places.push(Place { path, ty, repeated });
        }
    }

    places.sort_by(|one, other| one.path.cmp(&other.path));
    places
}

/// The type of the value at the end of this path, without its marks, or `None` if there is none. A
/// path may lead through embedded objects and lists, and with a position or `*` into an array.
pub(super) fn type_at(spec: &Spec, object: &str, path: &[String]) -> Option<String> {
    let schemas = spec.schemas();
    let mut ty = format!("@{object}");
    for step in path {
        let array = ty.strip_prefix('[').and_then(|ty| ty.strip_suffix(']'));
        let list = ty.strip_prefix("list(").and_then(|ty| ty.strip_suffix(')'));

        let next = match (array, list) {
            (Some(element), _) => is_position(step).then(|| element.to_owned()),
            (_, Some(element)) => (step == "data").then(|| format!("[{element}]")),
            _ => schemas.get(ty.strip_prefix('@')?)?.get(step).cloned(),
        };
        ty = next?.trim_end_matches(['!', '?']).to_owned();
    }
    Some(ty)
}

fn is_position(step: &str) -> bool {
    step == "*" || step.parse::<u8>().is_ok()
}

/// Whether a schema is only a part of an object.
fn is_hash(spec: &Spec, schema: &str) -> bool {
    !spec.resources.contains_key(schema) && !schema.starts_with("deleted_")
}

/// The type without its marks; of an array, the type of its elements.
pub(super) fn element(ty: &str) -> (&str, bool) {
    let ty = ty.trim_end_matches(['!', '?']);
    match ty.strip_prefix('[').and_then(|ty| ty.strip_suffix(']')) {
        Some(inner) => (element(inner).0, true),
        None => (ty, false),
    }
}
