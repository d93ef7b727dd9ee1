//! The options of the attribute: one table that checks them and says which there are.

use std::str::FromStr;
use std::time::Duration;

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Expr, Ident, Lit, LitInt, LitStr, Path, Result, Token, UnOp, parenthesized};

use crate::args::Value;
use crate::place::Place;
use crate::suggest::nearest;

/// The options as written, each checked.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) krate: Option<Path>,
    pub(crate) id: Option<String>,
    pub(crate) priority: Option<LitInt>,
    pub(crate) is_negative_priority: bool,
    pub(crate) livemode: Option<bool>,
    pub(crate) account: Option<Ident>,
    pub(crate) retries: Option<u32>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) critical: Option<bool>,
    pub(crate) transaction: Option<bool>,
    pub(crate) on_backfill: Option<bool>,
    /// Fields of which one must have changed.
    pub(crate) changed: Vec<LitStr>,
    /// Name of the enum to generate.
    pub(crate) union: Option<Ident>,
    pub(crate) allow_newer: bool,
    /// The rank of a built-in receiver: a variant of `Rank`.
    pub(crate) rank: Option<Ident>,
    /// The options that were written, for the rules about pairs of them.
    pub(crate) written: Vec<Ident>,
}

struct Rule {
    name: &'static str,
    usage: &'static str,
    apply: fn(&mut Options, &Ident, &Value) -> Result<()>,
}

const RULES: [Rule; 13] = [
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
                number(name, value).map(|(number, _)| number),
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
        usage: "transaction = false",
        apply: |options, name, value| set(&mut options.transaction, boolean(name, value)),
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

/// The options of the built-in receivers, unknown outside of djstripe-core.
const BUILT_IN_RULES: [Rule; 1] = [Rule {
    name: "rank",
    usage: "rank = handler",
    apply: rank,
}];

impl Options {
    /// Checks one option and remembers it.
    pub(crate) fn add(&mut self, name: &Ident, value: &Value, place: Place) -> Result<()> {
        let built_in: &[Rule] = match place {
            Place::Core => &BUILT_IN_RULES,
            Place::Application => &[],
        };
        let mut rules = RULES.iter().chain(built_in);
        let Some(rule) = rules.find(|rule| name == rule.name) else {
            return Err(unknown(name));
        };
        if self.written.contains(name) {
            return Err(Error::new(
                name.span(),
                format!("option `{name}` is written twice\nhelp: keep one of them"),
            ));
        }
        self.written.push(name.clone());
        (rule.apply)(self, name, value)
    }

    /// `transaction`, if it is switched off.
    pub(crate) fn transaction_off(&self) -> Option<&Ident> {
        let written = self.written.iter().find(|option| *option == "transaction");
        written.filter(|_| self.transaction == Some(false))
    }

    /// `on_backfill`, if it is switched on.
    pub(crate) fn backfill_on(&self) -> Option<&Ident> {
        let written = self.written.iter().find(|option| *option == "on_backfill");
        written.filter(|_| self.on_backfill == Some(true))
    }

    /// The options that make no sense together.
    pub(crate) fn conflicts(&self) -> Option<Error> {
        let written = |name: &str| self.written.iter().find(|option| *option == name);
        match (self.critical, written("retries")) {
            (Some(false), Some(retries)) => Some(Error::new(
                retries.span(),
                "`retries` has no effect with `critical = false`, whose failures are recorded and not tried again\n\
                 help: remove one of them",
            )),
            _ => None,
        }
    }
}

fn unknown(name: &Ident) -> Error {
    let text = name.to_string();
    let help = match nearest(
        &text,
        RULES.iter().map(|rule| rule.name).chain(["unchecked"]),
    ) {
        Some(known) => format!("did you mean `{known}`?"),
        None => {
            let usages: Vec<String> = RULES
                .iter()
                .map(|rule| format!("`{}`", rule.usage))
                .collect();
            format!(
                "the options are {} and `unchecked(\"preview.event\")`",
                usages.join(", ")
            )
        }
    };
    Error::new(
        name.span(),
        format!("unknown option `{text}`\nhelp: {help}"),
    )
}

fn misused(name: &Ident, span: proc_macro2::Span, what: &str) -> Error {
    let usage = RULES
        .iter()
        .chain(&BUILT_IN_RULES)
        .find(|rule| name == rule.name)
        .map_or("", |rule| rule.usage);
    Error::new(
        span,
        format!("option `{name}` takes {what}\nhelp: write `{usage}`"),
    )
}

fn set<T>(place: &mut Option<T>, value: Result<T>) -> Result<()> {
    *place = Some(value?);
    Ok(())
}

fn literal<'v>(name: &Ident, value: &'v Value, what: &str) -> Result<&'v Lit> {
    match assigned(value) {
        Some(Expr::Lit(literal)) => Ok(&literal.lit),
        Some(other) => Err(misused(name, other.span(), what)),
        None => Err(misused(name, name.span(), what)),
    }
}

/// The value behind `=`. One that came through `macro_rules!` is in a group without delimiters.
fn assigned(value: &Value) -> Option<&Expr> {
    let Value::Assigned(expression) = value else {
        return None;
    };
    let mut expression = &**expression;
    while let Expr::Group(group) = expression {
        expression = &group.expr;
    }
    Some(expression)
}

fn boolean(name: &Ident, value: &Value) -> Result<bool> {
    match literal(name, value, "`true` or `false`")? {
        Lit::Bool(literal) => Ok(literal.value),
        other => Err(misused(name, other.span(), "`true` or `false`")),
    }
}

fn text<'v>(name: &Ident, value: &'v Value, what: &str) -> Result<&'v LitStr> {
    match literal(name, value, what)? {
        Lit::Str(literal) => Ok(literal),
        other => Err(misused(name, other.span(), what)),
    }
}

/// A whole number that fits into `N`, and its literal.
fn number<'v, N: FromStr>(name: &Ident, value: &'v Value) -> Result<(N, &'v LitInt)> {
    let what = "a whole number";
    match literal(name, value, what)? {
        Lit::Int(literal) if literal.suffix().is_empty() => match literal.base10_digits().parse() {
            Ok(number) => Ok((number, literal)),
            Err(_) => Err(misused(name, literal.span(), "a smaller number")),
        },
        other => Err(misused(name, other.span(), what)),
    }
}

fn id(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    let literal = text(name, value, "a text that isn't empty")?;
    let id = literal.value();
    if id.trim().is_empty() {
        return Err(misused(name, literal.span(), "a text that isn't empty"));
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
    options.priority = Some(
        number::<i32>(name, negated.as_ref().unwrap_or(value))?
            .1
            .clone(),
    );
    Ok(())
}

fn account(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    let what = "`platform`, `connected` or `any`";
    let ident = match assigned(value) {
        Some(Expr::Path(path)) => path.path.get_ident(),
        _ => None,
    };
    match ident {
        Some(ident)
            if ["platform", "connected", "any"]
                .iter()
                .any(|known| ident == known) =>
        {
            options.account = Some(ident.clone());
            Ok(())
        }
        Some(ident) => Err(misused(name, ident.span(), what)),
        None => Err(misused(name, name.span(), what)),
    }
}

fn rank(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    let ident = match assigned(value) {
        Some(Expr::Path(path)) => path.path.get_ident(),
        _ => None,
    };
    let variant = match ident.map(Ident::to_string).as_deref() {
        Some("handler") => "Handler",
        Some("catch_all") => "CatchAll",
        _ => return Err(misused(name, name.span(), "`handler` or `catch_all`")),
    };
    options.rank = Some(Ident::new(variant, name.span()));
    Ok(())
}

fn timeout(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    let what = "a time with its unit: `ms`, `s`, `m` or `h`";
    let literal = text(name, value, what)?;
    options.timeout =
        Some(duration(&literal.value()).ok_or_else(|| misused(name, literal.span(), what))?);
    Ok(())
}

/// `30s`; not zero.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    let total = number.parse::<u64>().ok()?.checked_mul(milliseconds)?;
    (total > 0).then(|| Duration::from_millis(total))
}

fn when(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    let what = "`changed(..)` with the names of fields in quotes";
    let Value::Called(tokens) = value else {
        return Err(misused(name, name.span(), what));
    };
    let parser = |input: ParseStream<'_>| {
        let condition: Ident = input.parse()?;
        if condition != "changed" {
            return Err(misused(name, condition.span(), what));
        }
        let content;
        parenthesized!(content in input);
        Punctuated::<LitStr, Token![,]>::parse_terminated(&content)
    };
    options.changed = parser.parse2(tokens.clone())?.into_iter().collect();
    if options.changed.is_empty() {
        Err(misused(name, name.span(), what))
    } else {
        Ok(())
    }
}

fn union(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    let what = "the name of the enum to generate";
    match assigned(value) {
        Some(Expr::Path(path)) if path.path.get_ident().is_some() => {
            options.union = path.path.get_ident().cloned();
            Ok(())
        }
        _ => Err(misused(name, name.span(), what)),
    }
}

fn allow(options: &mut Options, name: &Ident, value: &Value) -> Result<()> {
    let Value::Called(tokens) = value else {
        return Err(misused(name, name.span(), "the name of what to allow"));
    };
    for allowed in Punctuated::<Ident, Token![,]>::parse_terminated.parse2(tokens.clone())? {
        if allowed != "newer" {
            return Err(misused(name, allowed.span(), "`newer`"));
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
        _ => Err(misused(name, name.span(), "a path to djstripe-core")),
    }
}

/// The tokens that build the options at run time; those that weren't written keep their defaults.
pub(crate) fn fields(options: &Options, private: &TokenStream) -> TokenStream {
    use quote::quote;

    let mut fields = TokenStream::new();
    if let Some(priority) = &options.priority {
        let sign = options.is_negative_priority.then(|| quote!(-));
        fields.extend(quote!(priority: #sign #priority,));
    }
    if let Some(livemode) = options.livemode {
        fields.extend(quote!(livemode: ::core::option::Option::Some(#livemode),));
    }
    if let Some(account) = &options.account {
        let variant = match account.to_string().as_str() {
            "platform" => quote!(Platform),
            "connected" => quote!(Connected),
            _ => quote!(Any),
        };
        fields.extend(quote!(account: #private::AccountFilter::#variant,));
    }
    if let Some(retries) = options.retries {
        fields.extend(quote!(retries: ::core::option::Option::Some(#retries),));
    }
    if let Some(timeout) = options.timeout {
        let milliseconds = timeout.as_millis() as u64;
        fields.extend(quote! {
            timeout: ::core::option::Option::Some(::core::time::Duration::from_millis(#milliseconds)),
        });
    }
    if let Some(critical) = options.critical {
        fields.extend(quote!(critical: #critical,));
    }
    if !options.changed.is_empty() {
        let changed = &options.changed;
        fields.extend(quote!(changed: &[#(#changed),*],));
    }
    if let Some(transaction) = options.transaction {
        fields.extend(quote!(transaction: #transaction,));
    }
    if let Some(on_backfill) = options.on_backfill {
        fields.extend(quote!(on_backfill: #on_backfill,));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        let check = |text: &str, milliseconds: Option<u64>| {
            assert_eq!(
                duration(text),
                milliseconds.map(Duration::from_millis),
                "{text}"
            );
        };
        check("250ms", Some(250));
        check("30s", Some(30_000));
        check("5m", Some(300_000));
        check("1h", Some(3_600_000));
        check("0s", None);
        check("30", None);
        check("s", None);
        check("1.5s", None);
        check("99999999999999999999s", None);
        check("30 s", None);
    }
}
