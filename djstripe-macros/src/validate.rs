//! Checks event names and options. In: the parsed arguments. Out: a [`ReceiverAttribute`], which is valid if no error
//! was added, so that `expand` can't fail.

use std::collections::HashMap;

use proc_macro2::Span;
use syn::{Error, LitStr};

use crate::args::Arg;
use crate::catalogue;
use crate::event_facts::EventFacts;
use crate::options::Options;
use crate::place::Place;
use crate::suggest;

/// The checked attribute.
pub(crate) struct ReceiverAttribute {
    /// The events that the receiver listens to. Families are expanded; each name occurs once.
    pub(crate) events: Vec<ListedEvent>,
    pub(crate) options: Options,
}

/// One event that the receiver listens to.
pub(crate) struct ListedEvent {
    pub(crate) name: String,
    /// The span of the name or of its family.
    pub(crate) span: Span,
    /// The event's entry in the catalogue; `None` for `"*"` and `unchecked` names.
    pub(crate) facts: Option<&'static EventFacts>,
}

/// Checks the arguments. Every rule that they break is added to `errors`.
pub(crate) fn validate(args: &[Arg], place: Place, errors: &mut Vec<Error>) -> ReceiverAttribute {
    let mut names = Names::default();
    let mut options = Options::default();
    for arg in args {
        let checked = match arg {
            Arg::Name(literal) => names.add(literal),
            Arg::Unchecked(literal) => names.add_unchecked(literal),
            Arg::Option(name, value) => options.add(name, value, place),
        };
        errors.extend(checked.err());
    }

    errors.extend(options.conflict());
    errors.extend(names.narrow(&options));
    errors.extend(backfill_of_unknown_objects(&options, &names));
    if errors.is_empty() && names.events.is_empty() {
        let message = "a receiver must list at least one event\n\
                       help: write `#[stripe_receiver(\"customer.updated\")]`, or `\"*\"` for all";
        errors.push(Error::new(Span::call_site(), message));
    }

    ReceiverAttribute {
        events: names.events,
        options,
    }
}

/// A backfill finds an event's receivers by the type of the object.
fn backfill_of_unknown_objects(options: &Options, names: &Names) -> Option<Error> {
    let option = options.enabled_backfill()?;
    if names.any_object_is_known() {
        return None;
    }

    let message = "`on_backfill` needs an event whose type of object is known\n\
                   help: list an event of Stripe's catalogue, or `\"*\"` for all objects";
    Some(Error::new(option.span(), message))
}

#[derive(Default)]
struct Names {
    events: Vec<ListedEvent>,
    /// By name, as what it is listed.
    seen: HashMap<String, String>,
}

impl Names {
    fn add(&mut self, literal: &LitStr) -> syn::Result<()> {
        let name = literal.value();
        if name == "*" {
            return self.push(literal, name, None);
        }
        if let Some(prefix) = name.strip_suffix(".*") {
            return self.add_family(literal, prefix);
        }

        match catalogue::find(&name) {
            Some(facts) => self.push(literal, facts.name.to_owned(), Some(facts)),
            None => {
                let help = suggest::help_for_event(&name);
                let message = format!("`{name}` is not a Stripe event\n{help}");
                Err(Error::new(literal.span(), message))
            }
        }
    }

    fn add_family(&mut self, literal: &LitStr, prefix: &str) -> syn::Result<()> {
        let mut members = catalogue::family(prefix).peekable();
        if members.peek().is_none() {
            let help = suggest::help_for_family(prefix);
            let message = format!("no Stripe event starts with `{prefix}.`\n{help}");
            return Err(Error::new(literal.span(), message));
        }

        members.try_for_each(|facts| self.push(literal, facts.name.to_owned(), Some(facts)))
    }

    fn add_unchecked(&mut self, literal: &LitStr) -> syn::Result<()> {
        let name = literal.value();
        if catalogue::find(&name).is_some() {
            let message = format!(
                "`{name}` is in Stripe's catalogue\n\
                 help: write it without `unchecked`, so that it is checked"
            );
            return Err(Error::new(literal.span(), message));
        }
        if name.is_empty() || name.contains('*') {
            let message = "`unchecked` takes the full name of one event\n\
                           help: for all events, write `\"*\"`";
            return Err(Error::new(literal.span(), message));
        }

        self.push(literal, name, None)
    }

    /// Leaves out the events that Stripe does not send as the kind of `only`. An error if none is left.
    fn narrow(&mut self, options: &Options) -> Option<Error> {
        let (option, kind) = options.only()?;
        let is_sent = |event: &ListedEvent| event.facts.is_none_or(|facts| facts.is_sent_as(kind));
        let first = self.events.first()?.name.clone();
        self.events.retain(is_sent);
        if !self.events.is_empty() {
            return None;
        }

        let kind = kind.as_str();
        let message = format!(
            "Stripe does not send `{first}` as a {kind} event, so `only = {kind}` leaves no event\n\
             help: remove the option, or list an event of that kind"
        );
        Some(Error::new(option.span(), message))
    }

    /// Whether the type of object is known for at least one event. True without events, which is an error of its own.
    fn any_object_is_known(&self) -> bool {
        self.events.is_empty()
            || self
                .events
                .iter()
                .any(|event| event.facts.is_some() || event.name == "*")
    }

    fn push(
        &mut self,
        literal: &LitStr,
        name: String,
        facts: Option<&'static EventFacts>,
    ) -> syn::Result<()> {
        let written = literal.value();
        if let Some(first) = self.seen.insert(name.clone(), written.clone()) {
            let thin = facts
                .filter(|facts| facts.has_snapshot)
                .and_then(|facts| facts.thin);
            let spellings = thin.filter(|thin| (first == *thin) != (written == *thin));
            let note = spellings.map_or_else(String::new, |thin| {
                format!(", as `{thin}` is another name of the same event")
            });
            let message = format!("`{name}` is listed twice{note}\nhelp: remove one of the two");
            return Err(Error::new(literal.span(), message));
        }

        self.events.push(ListedEvent {
            name,
            span: literal.span(),
            facts,
        });
        Ok(())
    }
}
