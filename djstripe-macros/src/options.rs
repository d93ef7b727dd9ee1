//! Checks the attribute's options. The table [`RULES`] lists them; messages take their names and usage from it.

use std::str::FromStr;
use std::time::Duration;

use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Expr, Ident, Lit, LitInt, LitStr, Path, Result, Token, UnOp, parenthesized};

use crate::args::Value;
use crate::duration::duration;
use crate::place::Place;
use crate::suggest::unknown_option;

/// The checked options; `None` for those that aren't given.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) krate: Option<Path>,
    pub(crate) id: Option<String>,
    /// The rank of a built-in receiver: a variant of `Rank`.
    pub(crate) rank: Option<Ident>,
    pub(crate) priority: Option<LitInt>,
    pub(crate) is_negative_priority: bool,
    pub(crate) livemode: Option<bool>,
    pub(crate) account: Option<Ident>,
    pub(crate) retries: Option<u32>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) critical: Option<bool>,
    pub(crate) transaction: Option<TransactionOwner>,
    pub(crate) waits_for_mirror: Option<bool>,
    pub(crate) on_backfill: Option<bool>,
    /// The event must have changed one of these fields.
    pub(crate) changed: Vec<LitStr>,
    /// Name of the enum to generate.
    pub(crate) union: Option<Ident>,
    pub(crate) allow_newer: bool,
    /// Only happenings that Stripe sent as events of this kind.
    pub(crate) only: Option<EventKind>,
    /// The names of the options that are given.
    given: Vec<Ident>,
}

/// Whose transaction the receiver's writes and its checkpoint share.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransactionOwner {
    Djstripe,
    Receiver,
    Nobody,
}

/// The two kinds of events that Stripe sends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventKind {
    Snapshot,
    Thin,
}

impl EventKind {
    /// The word of the option.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Thin => "thin",
        }
    }
}

/// The values of `transaction`.
const TRANSACTIONS: &str = "`true`, `own` or `false`";

struct Rule {
    name: &'static str,
    usage: &'static str,
    apply: fn(&mut Options, &Ident, &Value) -> Result<()>,
}

const RULES: [Rule; 15] = [
    Rule {
        name: "id",
        usage: "id = \"shop::ship\"",
        apply: id,
    },
    Rule {
        name: "priority",
        usage: "priority = 10",
        apply: priority,
    },
    Rule {
        name: "livemode",
        usage: "livemode = true",
        apply: |options, name, value| set(&mut options.livemode, boolean(name, value)),
    },
    Rule {
        name: "account",
        usage: "account = platform",
        apply: account,
    },
    Rule {
        name: "retries",
        usage: "retries = 3",
        apply: |options, name, value| {
            set(
                &mut options.retries,
                integer(name, value).map(|(number, _)| number),
            )
        },
    },
    Rule {
        name: "timeout",
        usage: "timeout = \"30s\"",
        apply: timeout,
    },
    Rule {
        name: "critical",
        usage: "critical = false",
        apply: |options, name, value| set(&mut options.critical, boolean(name, value)),
    },
    Rule {
        name: "transaction",
        usage: "transaction = own",
        apply: transaction,
    },
    Rule {
        name: "mirror",
        usage: "mirror = optional",
        apply: mirror,
    },
    Rule {
        name: "on_backfill",
        usage: "on_backfill = true",
        apply: |options, name, value| set(&mut options.on_backfill, boolean(name, value)),
    },
    Rule {
        name: "when",
        usage: "when(changed(\"status\"))",
        apply: when,
    },
    Rule {
        name: "only",
        usage: "only = thin",
        apply: only,
    },
    Rule {
        name: "union",
        usage: "union = CustomerOrInvoice",
        apply: union,
    },
    Rule {
        name: "allow",
        usage: "allow(newer)",
        apply: allow,
    },
    Rule {
        name: "crate",
        usage: "crate = my::djstripe_core",
        apply: krate,
    },
];

/// The options of built-in receivers. Outside of djstripe-core they are unknown options.
const BUILT_IN_RULES: [Rule; 1] = [Rule {
    name: "rank",
    usage: "rank = handler",
    apply: rank,
}];

impl Options {
    /// Checks an option and stores its value.
    pub(crate) fn add(&mut self, name: &Ident, value: &Value, place: Place) -> Result<()> {
        let built_in: &[Rule] = match place {
            Place::Core => &BUILT_IN_RULES,
            Place::Application => &[],
        };
        let mut rules = RULES.iter().chain(built_in);
        let Some(rule) = rules.find(|rule| name == rule.name) else {
            let known = RULES.iter().map(|rule| (rule.name, rule.usage));
            let unchecked = ("unchecked", "unchecked(\"preview.event\")");
            return Err(unknown_option(name, known, Some(unchecked)));
        };

        if self.given.contains(name) {
            let message = format!("option `{name}` is given twice\nhelp: remove one of the two");
            return Err(Error::new(name.span(), message));
        }

        self.given.push(name.clone());
        (rule.apply)(self, name, value)
    }

    /// The option `transaction`, if it is `false`.
    pub(crate) fn disabled_transaction(&self) -> Option<&Ident> {
        self.given("transaction")
            .filter(|_| self.transaction == Some(TransactionOwner::Nobody))
    }

    /// The option `transaction`, if it is `own`.
    pub(crate) fn own_transaction(&self) -> Option<&Ident> {
        self.given("transaction")
            .filter(|_| self.transaction == Some(TransactionOwner::Receiver))
    }

    /// The option `mirror`, if it is `optional`.
    pub(crate) fn optional_mirror(&self) -> Option<&Ident> {
        self.given("mirror")
            .filter(|_| self.waits_for_mirror == Some(false))
    }

    /// The option `only`, if it is given.
    pub(crate) fn only(&self) -> Option<(&Ident, EventKind)> {
        Some((self.given("only")?, self.only?))
    }

    /// The option `on_backfill`, if it is `true`.
    pub(crate) fn enabled_backfill(&self) -> Option<&Ident> {
        self.given("on_backfill")
            .filter(|_| self.on_backfill == Some(true))
    }

    /// The error for options that contradict each other.
    pub(crate) fn conflict(&self) -> Option<Error> {
        let retries = self.given("retries")?;
        if self.critical != Some(false) {
            return None;
        }

        let message = "`retries` has no effect with `critical = false`: failures of such a receiver are recorded \
                       and not retried\n\
                       help: remove one of the two";
        Some(Error::new(retries.span(), message))
    }

    fn given(&self, name: &str) -> Option<&Ident> {
        self.given.iter().find(|option| *option == name)
    }
}

/// The error for an option's value. `expected` says what the option takes.
fn invalid(name: &Ident, span: proc_macro2::Span, expected: &str) -> Error {
    let usage = RULES
        .iter()
        .chain(&BUILT_IN_RULES)
        .find(|rule| name == rule.name)
        .map_or("", |rule| rule.usage);

    let message = format!("option `{name}` takes {expected}\nhelp: write `{usage}`");
    Error::new(span, message)
}

fn set<T>(place: &mut Option<T>, value: Result<T>) -> Result<()> {
    *place = Some(value?);
    Ok(())
}

fn literal<'v>(name: &Ident, value: &'v Value, expected: &str) -> Result<&'v Lit> {
    match assigned(value) {
        Some(Expr::Lit(literal)) => Ok(&literal.lit),
        Some(other) => Err(invalid(name, other.span(), expected)),
        None => Err(invalid(name, name.span(), expected)),
    }
}

/// The value after `=`.
pub(crate) fn assigned(value: &Value) -> Option<&Expr> {
    let Value::Assigned(expression) = value else {
        return None;
    };

    // `macro_rules!` passes an expression on as a group without delimiters.
    let mut expression = &**expression;
    while let Expr::Group(group) = expression {
        expression = &group.expr;
    }
    Some(expression)
}

fn boolean(name: &Ident, value: &Value) -> Result<bool> {
    match literal(name, value, "`true` or `false`")? {
        Lit::Bool(literal) => Ok(literal.value),
        other => Err(invalid(name, other.span(), "`true` or `false`")),
    }
}

fn string<'v>(name: &Ident, value: &'v Value, expected: &str) -> Result<&'v LitStr> {
    match literal(name, value, expected)? {
        Lit::Str(literal) => Ok(literal),
        other => Err(invalid(name, other.span(), expected)),
    }
}

/// An integer that fits into `N`, and its literal.
fn integer<'v, N: FromStr>(name: &Ident, value: &'v Value) -> Result<(N, &'v LitInt)> {
    let expected = "an integer";
    match literal(name, value, expected)? {
        Lit::Int(literal) if literal.suffix().is_empty() => match literal.base10_digits().parse() {
            Ok(number) => Ok((number, literal)),
            Err(_) => Err(invalid(name, literal.span(), "a smaller integer")),
        },
        other => Err(invalid(name, other.span(), expected)),
    }
}

fn id(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    let expected = "a non-empty string";
    let literal = string(name, value, expected)?;
    let id = literal.value();
    if id.trim().is_empty() {
        return Err(invalid(name, literal.span(), expected));
    }

    options.id = Some(id);
    Ok(())
}

fn priority(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    let negated = match assigned(value) {
        Some(Expr::Unary(unary)) if matches!(unary.op, UnOp::Neg(_)) => {
            Some(Value::Assigned(unary.expr.clone()))
        }
        _ => None,
    };
    options.is_negative_priority = negated.is_some();

    let (_, literal) = integer::<i32>(name, negated.as_ref().unwrap_or(value))?;
    options.priority = Some(literal.clone());
    Ok(())
}

fn account(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    let expected = "`platform`, `connected` or `any`";
    let ident = match assigned(value) {
        Some(Expr::Path(path)) => path.path.get_ident(),
        _ => None,
    };
    let Some(ident) = ident else {
        return Err(invalid(name, name.span(), expected));
    };

    if ident == "platform" || ident == "connected" || ident == "any" {
        options.account = Some(ident.clone());
        Ok(())
    } else {
        Err(invalid(name, ident.span(), expected))
    }
}

fn transaction(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    options.transaction = Some(match word(value).as_deref() {
        Some("own") => TransactionOwner::Receiver,
        Some(_) => return Err(invalid(name, name.span(), TRANSACTIONS)),
        None => match boolean(name, value) {
            Ok(true) => TransactionOwner::Djstripe,
            Ok(false) => TransactionOwner::Nobody,
            Err(_) => return Err(invalid(name, name.span(), TRANSACTIONS)),
        },
    });
    Ok(())
}

fn mirror(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    options.waits_for_mirror = match word(value).as_deref() {
        Some("required") => Some(true),
        Some("optional") => Some(false),
        _ => return Err(invalid(name, name.span(), "`required` or `optional`")),
    };
    Ok(())
}

fn only(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    options.only = match word(value).as_deref() {
        Some("thin") => Some(EventKind::Thin),
        Some("snapshot") => Some(EventKind::Snapshot),
        _ => return Err(invalid(name, name.span(), "`thin` or `snapshot`")),
    };
    Ok(())
}

/// The single word after `=`.
fn word(value: &Value) -> Option<String> {
    match assigned(value) {
        Some(Expr::Path(path)) => path.path.get_ident().map(Ident::to_string),
        _ => None,
    }
}

fn rank(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    let variant = match word(value).as_deref() {
        Some("handler") => "Handler",
        Some("catch_all") => "CatchAll",
        _ => return Err(invalid(name, name.span(), "`handler` or `catch_all`")),
    };

    options.rank = Some(Ident::new(variant, name.span()));
    Ok(())
}

fn timeout(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    let expected = "a positive duration with a unit: `ms`, `s`, `m` or `h`";
    let literal = string(name, value, expected)?;
    let duration = duration(&literal.value());

    options.timeout = Some(duration.ok_or_else(|| invalid(name, literal.span(), expected))?);
    Ok(())
}

fn when(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    let expected = "`changed(..)` with field names in quotes";
    let Value::Called(tokens) = value else {
        return Err(invalid(name, name.span(), expected));
    };

    let parser = |input: ParseStream<'_>| {
        let condition: Ident = input.parse()?;
        if condition != "changed" {
            return Err(invalid(name, condition.span(), expected));
        }

        let content;
        parenthesized!(content in input);
        Punctuated::<LitStr, Token![,]>::parse_terminated(&content)
            .map_err(|error| invalid(name, error.span(), expected))
    };

    options.changed = parser.parse2(tokens.clone())?.into_iter().collect();
    if options.changed.is_empty() {
        return Err(invalid(name, name.span(), expected));
    }
    Ok(())
}

fn union(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    match assigned(value) {
        Some(Expr::Path(path)) if path.path.get_ident().is_some() => {
            options.union = path.path.get_ident().cloned();
            Ok(())
        }
        _ => Err(invalid(
            name,
            name.span(),
            "the name of the enum to generate",
        )),
    }
}

fn allow(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    let Value::Called(tokens) = value else {
        return Err(invalid(name, name.span(), "`newer`"));
    };

    for allowed in Punctuated::<Ident, Token![,]>::parse_terminated.parse2(tokens.clone())? {
        if allowed != "newer" {
            return Err(invalid(name, allowed.span(), "`newer`"));
        }
        options.allow_newer = true;
    }
    Ok(())
}

fn krate(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    match assigned(value) {
        Some(Expr::Path(path)) if path.qself.is_none() => {
            options.krate = Some(path.path.clone());
            Ok(())
        }
        _ => Err(invalid(name, name.span(), "the path of djstripe-core")),
    }
}
