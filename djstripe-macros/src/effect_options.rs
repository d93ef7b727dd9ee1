//! Checks the options of `#[stripe_effect]`.

use std::time::Duration;

use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, Ident, Lit, Path, Result};

use crate::args::{Arg, Value};
use crate::duration::duration;
use crate::options::assigned;
use crate::suggest::unknown_option;

/// The checked options; `None` for those that aren't given.
#[derive(Default)]
pub(crate) struct EffectOptions {
    pub(crate) krate: Option<Path>,
    pub(crate) name: Option<String>,
    /// The wait before each retry.
    pub(crate) schedule: Option<Vec<Duration>>,
    pub(crate) timeout: Option<Duration>,
    /// The names of the options that are given.
    given: Vec<Ident>,
}

struct Rule {
    name: &'static str,
    usage: &'static str,
    expected: &'static str,
    apply: fn(&mut EffectOptions, &Expr) -> Option<()>,
}

const RULES: [Rule; 4] = [
    Rule {
        name: "name",
        usage: "name = \"shop::welcome_mail\"",
        expected: "a non-empty string",
        apply: |options, value| {
            let name = string(value).filter(|name| !name.trim().is_empty())?;
            options.name = Some(name);
            Some(())
        },
    },
    Rule {
        name: "schedule",
        usage: "schedule = [\"10s\", \"5m\", \"1h\"]",
        expected: "a list of positive durations with units: `ms`, `s`, `m` or `h`",
        apply: |options, value| {
            let Expr::Array(list) = value else {
                return None;
            };
            let delays = list.elems.iter().map(|delay| duration(&string(delay)?));
            options.schedule = Some(delays.collect::<Option<_>>()?);
            Some(())
        },
    },
    Rule {
        name: "timeout",
        usage: "timeout = \"30s\"",
        expected: "a positive duration with a unit: `ms`, `s`, `m` or `h`",
        apply: |options, value| {
            options.timeout = Some(duration(&string(value)?)?);
            Some(())
        },
    },
    Rule {
        name: "crate",
        usage: "crate = my::djstripe_core",
        expected: "the path of djstripe-core",
        apply: |options, value| {
            let Expr::Path(path) = value else {
                return None;
            };
            options.krate = path.qself.is_none().then(|| path.path.clone());
            options.krate.is_some().then_some(())
        },
    },
];

impl EffectOptions {
    /// Checks the attribute's arguments. Every rule that they break is added to `errors`.
    pub(crate) fn read(args: &[Arg], errors: &mut Vec<Error>) -> Self {
        let mut options = Self::default();
        for arg in args {
            let checked = match arg {
                Arg::Option(name, value) => options.add(name, value),
                Arg::Name(literal) | Arg::Unchecked(literal) => Err(Error::new(
                    literal.span(),
                    "an effect listens to no event: receivers request it\n\
                     help: write `#[stripe_effect]`, or `name = \"…\"` to name it",
                )),
            };
            errors.extend(checked.err());
        }
        options
    }

    fn add(&mut self, name: &Ident, value: &Value) -> Result<()> {
        let Some(rule) = RULES.iter().find(|rule| name == rule.name) else {
            let known = RULES.iter().map(|rule| (rule.name, rule.usage));
            return Err(unknown_option(name, known, None));
        };
        if self.given.contains(name) {
            let message = format!("option `{name}` is given twice\nhelp: remove one of the two");
            return Err(Error::new(name.span(), message));
        }

        self.given.push(name.clone());
        let value = assigned(value);
        let applied = value.and_then(|value| (rule.apply)(self, value));
        applied.ok_or_else(|| {
            let span = value.map_or_else(|| name.span(), Spanned::span);
            let (expected, usage) = (rule.expected, rule.usage);
            let message = format!("option `{name}` takes {expected}\nhelp: write `{usage}`");
            Error::new(span, message)
        })
    }
}

fn string(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(literal),
            ..
        }) => Some(literal.value()),
        _ => None,
    }
}
