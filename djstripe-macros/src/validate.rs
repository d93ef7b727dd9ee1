//! The rules about names and options. What comes out can't be invalid, so `expand` can't fail.

use std::collections::HashSet;

use proc_macro2::Span;
use syn::{Error, LitStr};

use crate::args::Arg;
use crate::catalogue::{self, EventFacts};
use crate::options::Options;
use crate::place::Place;
use crate::suggest;

/// The attribute, checked.
pub(crate) struct Validated {
    /// The names to listen to, families spread out, each once.
    pub(crate) events: Vec<Listened>,
    pub(crate) options: Options,
}

/// One name to listen to.
pub(crate) struct Listened {
    pub(crate) name: String,
    /// Where it was written.
    pub(crate) span: Span,
    /// What the catalogue knows of it; nothing of `"*"` and of `unchecked` names.
    pub(crate) facts: Option<&'static EventFacts>,
}

/// Checks the arguments; every rule that they break is added to `errors`.
pub(crate) fn validate(args: &[Arg], place: Place, errors: &mut Vec<Error>) -> Validated {
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
    errors.extend(options.conflicts());
    let has_name = args
        .iter()
        .any(|arg| matches!(arg, Arg::Name(_) | Arg::Unchecked(_)));
    if !has_name && errors.is_empty() {
        let message = "a receiver listens to at least one event\n\
                       help: write `#[stripe_receiver(\"customer.updated\")]`, or `\"*\"` for all";
        errors.push(Error::new(Span::call_site(), message));
    }
    errors.extend(
        options
            .backfill_on()
            .filter(|_| !names.is_known())
            .map(|option| {
                let message = "`on_backfill` needs an event whose object is known\n\
                       help: list an event of the catalogue, or `\"*\"` for all objects";
                Error::new(option.span(), message)
            }),
    );
    Validated {
        events: names.events,
        options,
    }
}

#[derive(Default)]
struct Names {
    events: Vec<Listened>,
    seen: HashSet<String>,
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
            Some(facts) => self.push(literal, name, Some(facts)),
            None => {
                let message = format!(
                    "`{name}` is not a Stripe event\n{}",
                    suggest::help_for_event(&name)
                );
                Err(Error::new(literal.span(), message))
            }
        }
    }

    fn add_family(&mut self, literal: &LitStr, prefix: &str) -> syn::Result<()> {
        let mut members = catalogue::family(prefix).peekable();
        if members.peek().is_none() {
            let message = format!(
                "no Stripe event begins with `{prefix}.`\n{}",
                suggest::help_for_family(prefix)
            );
            return Err(Error::new(literal.span(), message));
        }
        members.try_for_each(|facts| self.push(literal, facts.name.to_owned(), Some(facts)))
    }

    fn add_unchecked(&mut self, literal: &LitStr) -> syn::Result<()> {
        let name = literal.value();
        if catalogue::find(&name).is_some() {
            let message = format!(
                "`{name}` is in the catalogue\nhelp: write it without `unchecked`, to have it checked"
            );
            return Err(Error::new(literal.span(), message));
        }
        if name.is_empty() || name.contains('*') {
            let message = "`unchecked` takes the whole name of one event\nhelp: for all events, write `\"*\"`";
            return Err(Error::new(literal.span(), message));
        }
        self.push(literal, name, None)
    }

    /// Whether it is known what any of the events carries. None is a mistake of its own.
    fn is_known(&self) -> bool {
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
        if !self.seen.insert(name.clone()) {
            let message = format!("`{name}` is listed twice\nhelp: once is enough");
            return Err(Error::new(literal.span(), message));
        }
        self.events.push(Listened {
            name,
            span: literal.span(),
            facts,
        });
        Ok(())
    }
}
