//! The attributes `#[stripe_receiver]` and `#[stripe_effect]`. Applications use them as re-exports of djstripe-core,
//! which document them.
//!
//! In: an attribute and a function. Out: the function and its registration, or the function and every mistake.
//! `args` parses the attribute; `validate`, `receiver_fn` and `payload` check; `expand` writes the registration and
//! can't fail. If a check fails, `fallback` writes the errors. What only rustc knows, it checks in the expansion: `fit`
//! and `hint` give it the words. Effects have options and an expansion of their own.

mod args;
mod place;
mod event_facts;
mod catalogue;
mod suggest;
mod options;
mod validate;
mod receiver_fn;
mod shape;
mod changed;
mod payload;
mod hint;
mod fit;
mod checks;
mod paths;
mod expand;
mod effect_options;
mod duration;
mod effect_expand;
mod fallback;
mod generated;

use proc_macro2::TokenStream;
use receiver_fn::Kind;
use syn::{Attribute, Error, Item, ItemFn, Meta};

/// Registers a function as a receiver of Stripe events.
///
/// See `djstripe_core::stripe_receiver`.
#[proc_macro_attribute]
pub fn stripe_receiver(
    attribute: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let output = receiver(attribute.into(), item.into(), place::Place::current());
    if std::env::var_os("DJSTRIPE_MACROS_DEBUG").is_some() {
        eprintln!("{output}");
    }
    output.into()
}

/// Registers a function as an effect outside the database.
///
/// See `djstripe_core::stripe_effect`.
#[proc_macro_attribute]
pub fn stripe_effect(
    attribute: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let output = effect(attribute.into(), item.into());
    if std::env::var_os("DJSTRIPE_MACROS_DEBUG").is_some() {
        eprintln!("{output}");
    }
    output.into()
}

fn effect(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => return not_a_function(item, error, Kind::Effect),
    };

    let mut errors = Vec::new();
    let args = args::parse(attribute, &mut errors);
    let options = effect_options::EffectOptions::read(&args, &mut errors);
    let signature = receiver_fn::ReceiverFn::read(&function, Kind::Effect, &mut errors);

    if errors.is_empty() {
        expand::with_item(&function, effect_expand::expand(&options, &signature))
    } else {
        fallback::fallback(&function, errors)
    }
}

fn receiver(attribute: TokenStream, item: TokenStream, place: place::Place) -> TokenStream {
    let mut function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => return not_a_function(item, error, Kind::Receiver),
    };

    let mut errors = Vec::new();
    let args = parse_attributes(attribute, &mut function, &mut errors);
    let attribute = validate::validate(&args, place, &mut errors);
    let signature = receiver_fn::ReceiverFn::read(&function, Kind::Receiver, &mut errors);
    payload::check(&attribute, &signature.arguments, &mut errors);

    if errors.is_empty() {
        expand::with_item(&function, expand::expand(&attribute, &signature))
    } else {
        fallback::fallback(&function, errors)
    }
}

/// Parses the attribute together with the `#[stripe_receiver]`s stacked below it, and removes those from the function.
fn parse_attributes(
    attribute: TokenStream,
    function: &mut ItemFn,
    errors: &mut Vec<Error>,
) -> Vec<args::Arg> {
    let mut args = args::parse(attribute, errors);

    for stacked in take_stacked(function) {
        match stacked.meta {
            Meta::List(list) => args.extend(args::parse(list.tokens, errors)),
            other => errors.push(Error::new_spanned(
                other,
                "this attribute lists no events\n\
                 help: write `#[stripe_receiver(\"customer.updated\")]`",
            )),
        }
    }

    args
}

/// Removes the stacked `#[stripe_receiver]`s. Together with the first one they declare one receiver.
fn take_stacked(function: &mut ItemFn) -> Vec<Attribute> {
    let is_stacked = |attribute: &Attribute| {
        attribute
            .path()
            .segments
            .last()
            .is_some_and(|segment| segment.ident == "stripe_receiver")
    };

    let (stacked, others) = function.attrs.drain(..).partition(is_stacked);
    function.attrs = others;
    stacked
}

fn not_a_function(item: TokenStream, error: Error, kind: Kind) -> TokenStream {
    match syn::parse2::<Item>(item.clone()) {
        Ok(parsed) => fallback::fallback(item, vec![receiver_fn::not_a_function(&parsed, kind)]),
        Err(_) => fallback::fallback(item, vec![error]),
    }
}

#[cfg(test)]
mod tests;
