//! Objects as the fake Stripe makes them: for each type the fields it has, the values of its
//! `status`, an object with nothing but what Stripe always sends, and a complete one.
//!
//! A value that is known only when an object is made has a placeholder: `@customer` is the id of a
//! customer, `@now` and `@later` are times, `@now_text` and `@later_text` the same as API v2 writes
//! them.

use serde_json::{Map, Value, json};

use super::ordinary::{
    NULL, SET, SET_AT_ONCE, STATUSES, UNUSUAL, known_text, placeholder_of_time, usual,
};
use super::references::References;
use crate::spec::{Fields, Spec};

/// How much of an object there is.
#[derive(Clone, Copy, PartialEq)]
enum Extent {
    /// What is never absent and never null.
    Required,
    /// Whatever an ordinary object has.
    Complete,
}

/// Deepest hash that a complete object fills although it could be null.
const DEEPEST: usize = 2;

/// How many objects stand within one another.
const NESTED: usize = 3;

/// All types, one JSON object in a line.
pub(super) fn samples(spec: &Spec, references: &References) -> String {
    let mut text = String::new();
    for object in spec.resources.keys() {
        let maker = Maker {
            spec,
            references,
            object,
        };
        let schemas = spec.schemas();
        let Some(fields) = schemas.get(object.as_str()) else {
            continue;
        };

        let line = json!({
            "object": object,
            "fields": fields.keys().collect::<Vec<_>>(),
            "statuses": fields.get("status").map_or_else(Vec::new, |ty| choices(ty)),
            "required": maker.hash(object, Extent::Required, &mut Vec::new(), &mut Vec::new()),
            "complete": maker.hash(object, Extent::Complete, &mut Vec::new(), &mut Vec::new()),
        });
        text.push_str(&line.to_string());
        text.push('\n');
    }
    text
}

/// The values of an enum.
fn choices(ty: &str) -> Vec<&str> {
    let ty = ty.trim_end_matches(['!', '?']);
    let inner = argument(ty, "enum(").or_else(|| argument(ty, "open("));
    inner.map_or_else(Vec::new, |values| values.split(',').collect())
}

/// `x` of `name(x)`, where the head is `name(`.
fn argument<'t>(ty: &'t str, head: &str) -> Option<&'t str> {
    ty.strip_prefix(head)?.strip_suffix(')')
}

/// Makes the objects of one type.
#[derive(Clone, Copy)]
struct Maker<'s> {
    spec: &'s Spec,
    references: &'s References,
    object: &'s str,
}

impl<'s> Maker<'s> {
    /// An object or a hash. `above` has the schemas around it, `path` the fields that lead to it.
    fn hash(
        &self,
        schema: &'s str,
        extent: Extent,
        above: &mut Vec<&'s str>,
        path: &mut Vec<&'s str>,
    ) -> Value {
        let is_object = self.spec.resources.contains_key(schema);
        if is_object && schema != self.object {
            return self.within(schema, extent, above);
        }

        let schemas = self.spec.schemas();
        let Some(fields) = schemas.get(schema).copied() else {
            return json!({});
        };
        let variant = match fields.get("type").map(String::as_str) {
            Some("str!" | "str" | "str?") => "card",
            Some(ty) => usual(&choices(ty)),
            None => "",
        };

        let mut made = Map::new();
        above.push(schema);
        for (field, ty) in fields {
            path.push(field);
            if let Some(value) = self.field(fields, ty, extent, variant, above, path) {
                made.insert(field.clone(), value);
            }
            path.pop();
        }
        above.pop();
        made.into()
    }

    /// An object within this one, which is as complete as this one up to a depth.
    fn within(&self, object: &'s str, extent: Extent, above: &mut Vec<&'s str>) -> Value {
        let is_object = |schema: &&&str| self.spec.resources.contains_key(**schema);
        let extent = match above.iter().filter(is_object).count() {
            0..NESTED => extent,
            _ => Extent::Required,
        };
        let maker = Maker { object, ..*self };
        maker.hash(object, extent, above, &mut Vec::new())
    }

    /// The value of a field; `None` if it is left out.
    fn field(
        &self,
        fields: &'s Fields,
        ty: &'s str,
        extent: Extent,
        variant: &str,
        above: &mut Vec<&'s str>,
        path: &mut Vec<&'s str>,
    ) -> Option<Value> {
        let bare = ty.trim_end_matches(['!', '?']);
        if path.len() == 1 && path[0] == "metadata" {
            return Some(json!({}));
        }
        let is_required = ty.ends_with('!') || bare == "true";
        let empty = || ty.ends_with('?').then_some(Value::Null);

        let is_filled = is_required
            || extent == Extent::Complete && self.is_usual(bare, ty.ends_with('?'), variant, path);
        if !is_filled {
            return empty();
        }
        self.value(fields, bare, extent, above, path).or_else(empty)
    }

    /// Whether an ordinary object has this field although it may be null or absent.
    fn is_usual(&self, bare: &str, is_nullable: bool, variant: &str, path: &[&str]) -> bool {
        let field = path.last().copied().unwrap_or_default();
        let is_odd = |word: &&str| !self.object.contains(*word) && field.contains(*word);
        let is_unusual =
            field == "reason" || UNUSUAL.iter().any(is_odd) || NULL.contains(&(self.object, field));
        let depth = path.len();

        let is_variant = !variant.is_empty() && field == variant;
        if is_variant {
            return depth <= DEEPEST;
        }
        let is_object = |schema| self.spec.resources.contains_key(schema);
        if bare.strip_prefix('@').is_some_and(is_object) {
            return false;
        }
        let is_part = bare.starts_with('@') || bare.starts_with("list(") || bare.starts_with('[');
        let is_owned = bare.starts_with("id(") || !is_part;
        !is_unusual && is_nullable_at(depth, is_nullable, is_part) && (is_owned || is_nullable)
    }

    fn value(
        &self,
        fields: &'s Fields,
        bare: &'s str,
        extent: Extent,
        above: &mut Vec<&'s str>,
        path: &mut Vec<&'s str>,
    ) -> Option<Value> {
        let field = path.last().copied().unwrap_or_default();
        let is_complete = extent == Extent::Complete;

        if let Some(schema) = bare.strip_prefix('@') {
            return (!above.contains(&schema)).then(|| self.hash(schema, extent, above, path));
        }
        if let Some(items) = argument(bare, "list(") {
            let is_filled = is_complete && path.len() == 1;
            let item = is_filled.then(|| self.value(fields, items, extent, above, path));
            let items: Vec<Value> = item.flatten().into_iter().collect();
            return Some(
                json!({ "object": "list", "data": items, "has_more": false, "url": "/v1/list" }),
            );
        }
        if let Some(items) = bare.strip_prefix('[').and_then(|ty| ty.strip_suffix(']')) {
            let is_scalar = items.starts_with("enum(") || items.starts_with("open(");
            let is_filled =
                is_complete && path.len() == 1 && (is_scalar || known_text(field).is_some());
            let item = is_filled.then(|| self.value(fields, items, extent, above, path));
            return Some(item.flatten().into_iter().collect());
        }
        if let Some(constant) = argument(bare, "const(") {
            return Some(constant.into());
        }
        if let Some(objects) = argument(bare, "id(") {
            return self
                .known(objects)
                .map(|object| format!("@{object}").into());
        }
        if let Some(objects) = argument(bare, "obj(") {
            let object = self.known(objects)?;
            return (!above.contains(&object)).then(|| self.hash(object, extent, above, path));
        }
        if bare.starts_with("enum(") || bare.starts_with("open(") {
            return Some(usual(&choices(bare)).into());
        }

        Some(match bare {
            "str" => self.text(fields, above, path),
            "int" | "num" => self.number(field, extent),
            "dec" if field.contains("amount") => "1999".into(),
            "dec" => "1".into(),
            "i64" => "1".into(),
            "bool" => {
                let is_set = is_complete && SET.contains(&field);
                (is_set || SET_AT_ONCE.contains(&field)).into()
            }
            "true" => true.into(),
            "cur" => "usd".into(),
            "time" => placeholder_of_time(field).into(),
            "datetime" => format!("{}_text", placeholder_of_time(field)).into(),
            _ if bare.starts_with('{') => json!({}),
            _ => Value::Null,
        })
    }

    /// The first of these types that is an object, and not what is left of a deleted one.
    fn known<'t>(&self, objects: &'t str) -> Option<&'t str> {
        let mut objects = objects.split(',');
        objects.find(|object| self.spec.resources.contains_key(*object))
    }

    /// The text of a field, which may name another object.
    fn text(&self, fields: &Fields, above: &[&str], path: &[&str]) -> Value {
        let field = path.last().copied().unwrap_or_default();
        if field == "id" && fields.contains_key("object") {
            return format!("@{}", above.last().copied().unwrap_or_default()).into();
        }
        let references = self.references.get(self.object).into_iter().flatten();
        let mut references = references.filter(|known| known.path == path);
        if let Some(object) = references.next().and_then(|known| known.objects.first()) {
            return format!("@{object}").into();
        }

        let status = STATUSES.iter().find(|(object, _)| *object == self.object);
        match (field, status) {
            ("status", Some((_, status))) => (*status).into(),
            _ => known_text(field)
                .map_or_else(|| field.replace('_', " "), str::to_owned)
                .into(),
        }
    }

    fn number(&self, field: &str, extent: Extent) -> Value {
        let is_month_or_year = match field {
            "exp_month" => Some(12),
            "exp_year" => Some(2034),
            "day" | "day_of_month" | "month" | "quantity" | "count" | "interval_count" => Some(1),
            "year" => Some(2026),
            _ => None,
        };
        if let Some(number) = is_month_or_year {
            return number.into();
        }
        if field == "created" {
            return "@now".into();
        }
        let is_rest = [
            "refund",
            "remaining",
            "overpaid",
            "shipping",
            "fee",
            "balance",
            "credit",
            "tax",
            "discount",
            "off_stripe",
        ];
        let field = field.trim_end_matches("_excluding_tax");
        let is_amount = ["amount", "total", "subtotal", "net"];
        let own = |word: &&str| field.contains(*word) && !self.object.contains(*word);
        let is_amount = is_amount.iter().any(|word| field.contains(*word));
        let is_rest = is_rest.iter().any(own);
        match extent {
            Extent::Complete if is_amount && !is_rest => 1999.into(),
            _ => 0.into(),
        }
    }
}

/// Whether a field this deep is filled although it may be null or absent.
fn is_nullable_at(depth: usize, is_nullable: bool, is_part: bool) -> bool {
    match (is_nullable, is_part) {
        (true, true) => depth < DEEPEST,
        (true, false) => depth <= DEEPEST + 1,
        (false, _) => depth == 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_and_usual_values_are_chosen_by_the_facts() {
        assert_eq!(usual(&["canceled", "active", "paid"]), "active");
        assert_eq!(usual(&["b", "a"]), "b");
        assert_eq!(usual(&[]), "");
        assert_eq!(choices("enum(a,b)?"), ["a", "b"]);
        assert_eq!(choices("str?"), Vec::<&str>::new());
        assert_eq!(placeholder_of_time("current_period_end"), "@later");
        assert_eq!(placeholder_of_time("created"), "@now");
    }
}
