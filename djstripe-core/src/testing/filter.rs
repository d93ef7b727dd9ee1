//! The parameters of a list: page size, cursor and filters.
//!
//! What comes in: the decoded parameters of a request and the [`Route`] of the list. What goes out:
//! a [`Query`], or the error that Stripe returns for a wrong parameter.

use djstripe_models::descriptor;
use serde_json::Value;

use super::answer::Answer;
use super::form::segments;
use super::route::Route;
use super::state::{Position, State};
use super::thin::is_thin_only;
use crate::webhook::sample::fields::{nested_path, string_or_id};

/// Objects on a page if the request has no `limit`.
const DEFAULT_LIMIT: usize = 10;
/// The highest `limit` that Stripe accepts.
const MAX_LIMIT: i64 = 100;

/// Parameters that are not the name of a field of the listed objects.
const NOT_FIELDS: [&str; 9] = [
    "created",
    "ending_before",
    "end_time",
    "expand",
    "limit",
    "ownership",
    "scope",
    "start_time",
    "starting_after",
];

/// Types whose list leaves out archived objects.
const ARCHIVABLE: [&str; 3] = ["plan", "price", "product"];

/// Types whose list leaves out objects of test clocks.
const OF_TEST_CLOCKS: [&str; 4] = ["customer", "invoice", "quote", "subscription"];

/// Parameters with several values, and the field that has one of them.
const PLURALS: [(&str, &str); 3] = [
    ("ids", "id"),
    ("lookup_keys", "lookup_key"),
    ("types", "type"),
];

/// The parameters of a list.
pub(super) struct Query<'a> {
    pub(super) limit: usize,
    pub(super) after: Option<&'a str>,
    pub(super) before: Option<&'a str>,
    /// The first second, and the one behind the last.
    created: (i64, i64),
    filters: Vec<Filter<'a>>,
}

/// A condition on the field at a path.
struct Filter<'a> {
    path: Vec<&'a str>,
    condition: Condition<'a>,
}

enum Condition<'a> {
    OneOf(Vec<&'a str>),
    /// From the first number up to, not including, the second.
    Within(i64, i64),
}

impl<'a> Query<'a> {
    /// Parses the parameters of a request for the list at `route`.
    pub(super) fn parse(
        route: &'a Route,
        parameters: &'a [(String, String)],
    ) -> Result<Self, Box<Answer>> {
        let mut query = Self {
            limit: DEFAULT_LIMIT,
            after: None,
            before: None,
            created: (i64::MIN, i64::MAX),
            filters: vec![],
        };
        for (name, value) in parameters {
            query.add(name, value)?;
        }
        if query.after.is_some() && query.before.is_some() {
            let message =
                "You can only specify one of these parameters: ending_before, starting_after.";
            return Err(Box::new(Answer::invalid(message, None)));
        }
        if let Some((field, id)) = &route.parent {
            query.filters.push(Filter {
                path: vec![field],
                condition: Condition::OneOf(vec![id]),
            });
        }

        let required = match route.objects[..] {
            [object] => descriptor(object)
                .map(|descriptor| descriptor.list_requires)
                .unwrap_or_default(),
            _ => &[],
        };
        let given = |name: &str| {
            parameters
                .iter()
                .any(|(key, _)| segments(key).first() == Some(&name))
        };
        match required.iter().find(|name| !given(name)) {
            Some(name) => Err(Box::new(Answer::missing_parameter(name))),
            None => Ok(query),
        }
    }

    fn add(&mut self, name: &'a str, value: &'a str) -> Result<(), Box<Answer>> {
        let integer = || {
            value
                .parse::<i64>()
                .map_err(|_| Box::new(Answer::not_an_integer(value, name)))
        };
        let mut path = segments(name);

        match path[..] {
            ["limit"] => match integer()? {
                limit @ 1..=MAX_LIMIT => {
                    self.limit = usize::try_from(limit).unwrap_or(DEFAULT_LIMIT);
                }
                limit => return Err(Box::new(Answer::limit_out_of_range(limit, MAX_LIMIT))),
            },
            ["starting_after"] => self.after = Some(value),
            ["ending_before"] => self.before = Some(value),

            ["created"] => {
                let second = integer()?;
                self.restrict_created(second, second.saturating_add(1));
            }
            ["created", comparison @ ("gt" | "gte" | "lt" | "lte")] => {
                let (from, to) = interval(comparison, integer()?);
                self.restrict_created(from, to);
            }
            [.., comparison @ ("gt" | "gte" | "lt" | "lte")] => {
                let (from, to) = interval(comparison, integer()?);
                path.pop();
                self.filters.push(Filter {
                    path,
                    condition: Condition::Within(from, to),
                });
            }

            [first, ..] if !NOT_FIELDS.contains(&first) => self.add_value(path, value),
            _ => {}
        }
        Ok(())
    }

    /// Adds a value that a field may have, next to those of `types[0]=…&types[1]=…` before it.
    fn add_value(&mut self, mut path: Vec<&'a str>, value: &'a str) {
        let is_index = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
        if path.last().is_some_and(is_index) {
            path.pop();
        }
        if let Some(first) = path.first_mut()
            && let Some((_, field)) = PLURALS.iter().find(|(plural, _)| plural == first)
        {
            *first = field;
        }

        let same = self.filters.iter_mut().find(|filter| filter.path == path);
        match same.map(|filter| &mut filter.condition) {
            Some(Condition::OneOf(wanted)) => wanted.push(value),
            _ => self.filters.push(Filter {
                path,
                condition: Condition::OneOf(vec![value]),
            }),
        }
    }

    fn restrict_created(&mut self, from: i64, to: i64) {
        self.created = (self.created.0.max(from), self.created.1.min(to));
    }

    pub(super) fn is_backwards(&self) -> bool {
        self.before.is_some()
    }

    /// The positions to list, from the first up to, not including, the second. `None` if there
    /// can be none.
    pub(super) fn positions(&self, cursor: Option<Position>) -> Option<std::ops::Range<Position>> {
        let (mut from, mut to) = ((self.created.0, 0), (self.created.1, 0));

        match cursor {
            Some((created, number)) if self.is_backwards() => {
                from = from.max((created, number + 1));
            }
            Some(position) => to = to.min(position),
            None => {}
        }

        // A range that begins behind its end makes `BTreeMap::range` panic.
        (from < to).then_some(from..to)
    }

    /// The value that a field must have, if only one is possible.
    pub(super) fn required_value(&self, field: &str) -> Option<&'a str> {
        self.filters
            .iter()
            .find_map(|filter| match (&filter.path[..], &filter.condition) {
                ([name], Condition::OneOf(wanted)) if *name == field && wanted.len() == 1 => {
                    Some(wanted[0])
                }
                _ => None,
            })
    }

    /// Stripe lists archived prices, products and plans only with `active=false`.
    fn leaves_out_archived(&self, object: &str) -> bool {
        ARCHIVABLE.contains(&object)
            && self.required_value("active").is_none()
            && self.required_value("id").is_none()
    }

    /// Stripe lists the objects of a test clock only for the clock or for one of its customers.
    fn leaves_out_test_clocks(&self, object: &str) -> bool {
        OF_TEST_CLOCKS.contains(&object)
            && ["test_clock", "customer"]
                .iter()
                .all(|field| self.required_value(field).is_none())
    }

    /// Whether all filters let the object pass.
    pub(super) fn matches(&self, state: &State, object: &str, value: &Value) -> bool {
        // Stripe lists canceled subscriptions only for a `status` that includes them.
        if object == "subscription"
            && self.required_value("status").is_none()
            && value["status"] == "canceled"
        {
            return false;
        }
        if self.leaves_out_archived(object) && value["active"] == false {
            return false;
        }
        if self.leaves_out_test_clocks(object) && !value["test_clock"].is_null() {
            return false;
        }
        if is_thin_only(object, value) {
            return false;
        }
        self.filters
            .iter()
            .all(|filter| filter.matches(state, object, value))
    }
}

impl Filter<'_> {
    fn matches(&self, state: &State, object: &str, value: &Value) -> bool {
        match (&self.path[..], &self.condition) {
            ([field], Condition::OneOf(wanted))
                if wanted.len() == 1 && is_widest(object, field, wanted[0]) =>
            {
                true
            }
            (["status"], Condition::OneOf(wanted))
                if object == "subscription" && wanted[..] == ["ended"] =>
            {
                value["status"] == "canceled" || value["status"] == "incomplete_expired"
            }
            (["active"], Condition::OneOf(wanted)) if value.get("active").is_none() => {
                wanted[..] == ["true"]
            }
            (["delivery_success"], Condition::OneOf(wanted)) => {
                let id = value["id"].as_str().unwrap_or_default();
                let success = state.acknowledged.contains(id);
                wanted[..] == [if success { "true" } else { "false" }]
            }
            (path, condition) => {
                any_matches(value, path, condition)
                    || nested_path(path).is_some_and(|path| any_matches(value, path, condition))
            }
        }
    }
}

/// Whether the parameter turns the default filter off, as `status=all` does.
fn is_widest(object: &str, field: &str, wanted: &str) -> bool {
    descriptor(object).and_then(|descriptor| descriptor.list_widest) == Some((field, wanted))
}

/// The integers that a comparison admits: from the first up to, not including, the second.
pub(super) fn interval(comparison: &str, bound: i64) -> (i64, i64) {
    match comparison {
        "gt" => (bound.saturating_add(1), i64::MAX),
        "gte" => (bound, i64::MAX),
        "lt" => (i64::MIN, bound),
        _ => (i64::MIN, bound.saturating_add(1)),
    }
}

/// Whether a value at the path fulfills the condition. A path goes through every item of an array.
fn any_matches(value: &Value, path: &[&str], condition: &Condition<'_>) -> bool {
    match (value, path) {
        (Value::Array(items), _) => items.iter().any(|item| any_matches(item, path, condition)),
        (_, [name, rest @ ..]) => value
            .get(*name)
            .is_some_and(|inner| any_matches(inner, rest, condition)),
        (_, []) => match condition {
            Condition::Within(from, to) => value
                .as_i64()
                .is_some_and(|number| (*from..*to).contains(&number)),
            Condition::OneOf(wanted) => wanted.iter().any(|wanted| equals(value, wanted)),
        },
    }
}

/// Whether the value is the one that a parameter spells.
fn equals(value: &Value, wanted: &str) -> bool {
    match (value, wanted.strip_suffix(".*")) {
        (Value::Bool(is), _) => wanted == if *is { "true" } else { "false" },
        (Value::Number(number), _) => number.as_f64() == wanted.parse().ok(),
        // Events can be filtered by a group of names, `customer.*`.
        (Value::String(string), Some(group)) => string
            .strip_prefix(group)
            .is_some_and(|rest| rest.starts_with('.')),
        _ => string_or_id(value) == Some(wanted),
    }
}
