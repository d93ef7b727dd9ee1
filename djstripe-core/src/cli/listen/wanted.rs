//! Which events `listen` forwards: the options, as names of Stripe's two lists.

use crate::cli::exit::UsageError;
use crate::webhook::event_name::{ALL, EventName};
use crate::webhook::spelling::suggestion;

/// How many event names Stripe accepts in one request for snapshot events.
const MAX_NAMES: usize = 20;

/// The events to forward.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Names of snapshot events; `None` for all.
    pub(super) snapshot: Option<Vec<String>>,
    pub(super) thin: WantedThin,
}

/// The thin events to forward.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum WantedThin {
    /// Those that no snapshot event replaces, as no option names any.
    Unreplaced,
    All,
    /// These, as Stripe writes them, `v1.customer.updated`.
    Only(Vec<String>),
}

impl Wanted {
    /// Reads `--events` and `--thin-events`; an empty list stands for an option that is not given.
    pub(super) fn new(events: &[String], thin_events: &[String]) -> Result<Self, UsageError> {
        let mut snapshot = Vec::new();
        let mut thin = Vec::new();
        for name in events.iter().filter(|name| *name != ALL) {
            let known = EventName::new(name);
            match thin_family(name) {
                Some(family) => thin.extend(unreplaced(name, family)?),
                None if known.is_thin_only() || !known.is_known() && is_prefixed(name) => {
                    thin.push(name.clone());
                }
                None => snapshot.push(known.to_string()),
            }
        }
        if snapshot.len() > MAX_NAMES {
            return Err(UsageError(format!(
                "Stripe accepts at most {MAX_NAMES} names of snapshot events; omit --events for all events"
            )));
        }
        for name in thin_events.iter().filter(|name| *name != ALL) {
            match thin_family(name) {
                Some(family) if family.is_empty() => {
                    return Err(UsageError(format!("Stripe has no thin event `{name}`")));
                }
                Some(family) => thin.extend(family),
                None => thin.push(thin_name(name)?),
            }
        }

        let has_all = |names: &[String]| names.iter().any(|name| name == ALL);
        let is_default = events.is_empty() || has_all(events);
        thin.sort_unstable();
        thin.dedup();
        Ok(Self {
            snapshot: (!is_default).then_some(snapshot),
            thin: match thin.is_empty() {
                _ if has_all(thin_events) => WantedThin::All,
                true if is_default => WantedThin::Unreplaced,
                _ => WantedThin::Only(thin),
            },
        })
    }

    /// Whether no snapshot event is forwarded.
    pub(super) fn is_thin_alone(&self) -> bool {
        self.snapshot.as_ref().is_some_and(Vec::is_empty)
    }
}

fn is_prefixed(name: &str) -> bool {
    name.starts_with("v1.") || name.starts_with("v2.")
}

/// The thin names of a family, `v1.customer.*`; `None` if it is no family of thin names.
fn thin_family(name: &str) -> Option<Vec<String>> {
    let start = name.strip_suffix('*').filter(|start| is_prefixed(start))?;
    let names = EventName::known().filter_map(|name| name.thin_name());
    let names = names.filter(|name| name.starts_with(start));
    Some(names.map(str::to_owned).collect())
}

/// Of a family, the names that no snapshot event replaces.
fn unreplaced(family: &str, mut names: Vec<String>) -> Result<Vec<String>, UsageError> {
    names.retain(|name| EventName::new(name).is_thin_only());
    if names.is_empty() {
        return Err(UsageError(format!(
            "each event of `{family}` has a snapshot event; name the family without `v1.`, or use \
             --thin-events"
        )));
    }
    Ok(names)
}

fn thin_name(name: &str) -> Result<String, UsageError> {
    let known = EventName::new(name);
    if let Some(thin) = known.thin_name() {
        return Ok(thin.to_owned());
    }
    if known.is_known() {
        return Err(UsageError(format!(
            "Stripe sends no thin event `{name}`; name it in --events"
        )));
    }
    if is_prefixed(name) {
        return Ok(name.to_owned());
    }
    let suggestion = suggestion(EventName::nearest(name));
    Err(UsageError(format!(
        "`{name}` is not a Stripe event{suggestion}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAST_DUE: &str = "v1.customer.subscription.past_due";

    fn wanted(events: &[&str], thin_events: &[&str]) -> Result<Wanted, UsageError> {
        let owned = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>()
        };
        Wanted::new(&owned(events), &owned(thin_events))
    }

    #[test]
    fn each_name_is_of_the_list_that_has_it() {
        let check = |events: &[&str], thin_events: &[&str], snapshot: Option<&[&str]>, thin| {
            let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
            let expected = Wanted {
                snapshot: snapshot.map(owned),
                thin,
            };
            assert_eq!(wanted(events, thin_events).unwrap(), expected, "{events:?}");
        };
        let only =
            |names: &[&str]| WantedThin::Only(names.iter().map(|&name| name.to_owned()).collect());

        check(&[], &[], None, WantedThin::Unreplaced);
        check(&["*"], &[], None, WantedThin::Unreplaced);
        check(&["invoice.*"], &[], Some(&["invoice.*"]), only(&[]));
        let both = &["customer.updated", PAST_DUE];
        check(both, &[], Some(&["customer.updated"]), only(&[PAST_DUE]));
        let twin = &["v1.customer.updated"];
        check(twin, &[], Some(&["customer.updated"]), only(&[]));
        check(&[], twin, None, only(twin));
        check(&[], &["customer.updated"], None, only(twin));
        check(&[PAST_DUE], &["*"], Some(&[]), WantedThin::All);
        check(
            &["v2.thing.made"],
            twin,
            Some(&[]),
            only(&[twin[0], "v2.thing.made"]),
        );
    }

    #[test]
    fn a_family_of_thin_names_is_each_of_them() {
        let WantedThin::Only(names) = wanted(&["v1.customer.*"], &[]).unwrap().thin else {
            panic!("names were given");
        };
        assert!(names.contains(&PAST_DUE.to_owned()));
        assert!(!names.contains(&"v1.customer.updated".to_owned()));
        let WantedThin::Only(names) = wanted(&[], &["v1.customer.*"]).unwrap().thin else {
            panic!("names were given");
        };
        assert!(names.contains(&"v1.customer.updated".to_owned()));
    }

    #[test]
    fn what_no_list_has_is_refused() {
        let check = |events: &[&str], thin_events: &[&str], expected: &str| {
            let error = wanted(events, thin_events).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(&["v1.coupon.*"], &[], "has a snapshot event");
        check(&[], &["apps.install.created"], "name it in --events");
        check(
            &[],
            &["custmer.updated"],
            "did you mean `customer.updated`?",
        );
        let many: Vec<String> = (0..21).map(|number| format!("a.{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        check(&many, &[], "at most 20 names");
    }
}
