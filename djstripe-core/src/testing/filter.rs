//! The parameters of a list: how long, from where, narrowed by what.

use djstripe_models::descriptor;
use serde_json::Value;

use super::answer::Answer;
use super::form::segments;
use super::route::Route;
use super::state::{Place, State, text_or_id};

/// Objects on a page unless asked for.
const PAGE: usize = 10;
/// Objects on a page at most.
const LARGEST_PAGE: i64 = 100;

/// Parameters that don't name a field of what is listed.
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

/// Parameters that take several values, and the field that has one of them.
const PLURALS: [(&str, &str); 3] = [
    ("ids", "id"),
    ("lookup_keys", "lookup_key"),
    ("types", "type"),
];

/// Where some versions of the API keep what others keep at the top.
const ELSEWHERE: [(&str, &[&str]); 4] = [
    ("coupon", &["promotion", "coupon"]),
    ("plan", &["items", "data", "plan"]),
    ("price", &["items", "data", "price"]),
    (
        "subscription",
        &["parent", "subscription_details", "subscription"],
    ),
];

/// What is asked of a list.
pub(super) struct Query<'a> {
    pub(super) limit: usize,
    pub(super) after: Option<&'a str>,
    pub(super) before: Option<&'a str>,
    /// First second, and the one behind the last.
    created: (i64, i64),
    filters: Vec<Filter<'a>>,
}

struct Filter<'a> {
    path: Vec<&'a str>,
    test: Test<'a>,
}

enum Test<'a> {
    OneOf(Vec<&'a str>),
    Within(i64, i64),
}

impl<'a> Query<'a> {
    /// Reads the parameters of a request for what `route` lists.
    pub(super) fn read(
        route: &'a Route,
        parameters: &'a [(String, String)],
    ) -> Result<Self, Box<Answer>> {
        let mut query = Self {
            limit: PAGE,
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
                test: Test::OneOf(vec![id]),
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
                limit @ 1..=LARGEST_PAGE => self.limit = usize::try_from(limit).unwrap_or(PAGE),
                limit => return Err(Box::new(Answer::out_of_range(limit, LARGEST_PAGE))),
            },
            ["starting_after"] => self.after = Some(value),
            ["ending_before"] => self.before = Some(value),
            ["created"] => {
                let second = integer()?;
                self.narrow(second, second.saturating_add(1));
            }
            ["created", comparison @ ("gt" | "gte" | "lt" | "lte")] => {
                let (from, to) = interval(comparison, integer()?);
                self.narrow(from, to);
            }
            [.., comparison @ ("gt" | "gte" | "lt" | "lte")] => {
                let (from, to) = interval(comparison, integer()?);
                path.pop();
                self.filters.push(Filter {
                    path,
                    test: Test::Within(from, to),
                });
            }
            [first, ..] if !NOT_FIELDS.contains(&first) => {
                if path
                    .last()
                    .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
                {
                    path.pop();
                }
                if let Some((_, field)) = PLURALS.iter().find(|(plural, _)| *plural == first) {
                    path[0] = field;
                }
                let same = self.filters.iter_mut().find(|filter| filter.path == path);
                match same.map(|filter| &mut filter.test) {
                    Some(Test::OneOf(wanted)) => wanted.push(value),
                    _ => self.filters.push(Filter {
                        path,
                        test: Test::OneOf(vec![value]),
                    }),
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn narrow(&mut self, from: i64, to: i64) {
        self.created = (self.created.0.max(from), self.created.1.min(to));
    }

    pub(super) fn backwards(&self) -> bool {
        self.before.is_some()
    }

    /// The places that are asked for: from the first one up to, not including, the second one. `None` for none at all.
    pub(super) fn places(&self, cursor: Option<Place>) -> Option<std::ops::Range<Place>> {
        let (mut from, mut to) = ((self.created.0, 0), (self.created.1, 0));
        match cursor {
            Some((created, number)) if self.backwards() => from = from.max((created, number + 1)),
            Some(place) => to = to.min(place),
            None => {}
        }
        (from < to).then_some(from..to)
    }

    /// The only value that a field may have.
    pub(super) fn only(&self, field: &str) -> Option<&'a str> {
        self.filters
            .iter()
            .find_map(|filter| match (&filter.path[..], &filter.test) {
                ([name], Test::OneOf(wanted)) if *name == field && wanted.len() == 1 => {
                    Some(wanted[0])
                }
                _ => None,
            })
    }

    /// Whether an object belongs into the list.
    pub(super) fn fits(&self, state: &State, object: &str, value: &Value) -> bool {
        if object == "subscription"
            && self.only("status").is_none()
            && value["status"] == "canceled"
        {
            return false;
        }
        self.filters
            .iter()
            .all(|filter| match (&filter.path[..], &filter.test) {
                ([field], Test::OneOf(wanted))
                    if wanted.len() == 1 && is_widest(object, field, wanted[0]) =>
                {
                    true
                }
                (["status"], Test::OneOf(wanted))
                    if object == "subscription" && wanted[..] == ["ended"] =>
                {
                    value["status"] == "canceled" || value["status"] == "incomplete_expired"
                }
                (["delivery_success"], Test::OneOf(wanted)) => {
                    let id = value["id"].as_str().unwrap_or_default();
                    wanted[..]
                        == [if state.delivered.contains(id) {
                            "true"
                        } else {
                            "false"
                        }]
                }
                (path, test) => {
                    any(value, path, test)
                        || elsewhere(path).is_some_and(|path| any(value, path, test))
                }
            })
    }
}

/// Whether a parameter asks for nothing to be held back, `status=all`.
fn is_widest(object: &str, field: &str, wanted: &str) -> bool {
    descriptor(object).and_then(|descriptor| descriptor.list_widest) == Some((field, wanted))
}

/// The seconds that a comparison admits.
fn interval(comparison: &str, bound: i64) -> (i64, i64) {
    match comparison {
        "gt" => (bound.saturating_add(1), i64::MAX),
        "gte" => (bound, i64::MAX),
        "lt" => (i64::MIN, bound),
        _ => (i64::MIN, bound.saturating_add(1)),
    }
}

fn elsewhere(path: &[&str]) -> Option<&'static [&'static str]> {
    let [field] = path else { return None };
    ELSEWHERE
        .iter()
        .find(|(name, _)| name == field)
        .map(|(_, path)| *path)
}

/// The text or id that a field holds, wherever this version of the API has it.
pub(super) fn held<'v>(value: &'v Value, field: &str) -> Option<&'v str> {
    let other = || {
        elsewhere(&[field])?
            .iter()
            .try_fold(value, |value, name| value.get(*name))
    };
    text_or_id(&value[field]).or_else(|| text_or_id(other()?))
}

/// Whether one of the values at the path, through all items of lists, passes.
fn any(value: &Value, path: &[&str], test: &Test<'_>) -> bool {
    match (value, path) {
        (Value::Array(items), _) => items.iter().any(|item| any(item, path, test)),
        (_, [name, rest @ ..]) => value.get(*name).is_some_and(|inner| any(inner, rest, test)),
        (_, []) => match test {
            Test::Within(from, to) => value
                .as_i64()
                .is_some_and(|number| (*from..*to).contains(&number)),
            Test::OneOf(wanted) => wanted.iter().any(|wanted| equals(value, wanted)),
        },
    }
}

fn equals(value: &Value, wanted: &str) -> bool {
    match (value, wanted.strip_suffix(".*")) {
        (Value::Bool(is), _) => wanted == if *is { "true" } else { "false" },
        (Value::Number(number), _) => number.as_f64() == wanted.parse().ok(),
        // Events are asked for by groups, `customer.*`.
        (Value::String(text), Some(group)) => text
            .strip_prefix(group)
            .is_some_and(|rest| rest.starts_with('.')),
        _ => text_or_id(value) == Some(wanted),
    }
}
