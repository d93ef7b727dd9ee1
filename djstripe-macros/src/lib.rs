//! The `#[stripe_receiver]` attribute. Applications use it as `djstripe_core::stripe_receiver`, where it is described.
//!
//! `args` reads, `validate` and `receiver_fn` check, `expand` writes and can't fail; on a mistake `fallback` writes.

mod args;
mod catalogue;
mod suggest;
mod place;
mod options;
mod validate;
mod receiver_fn;
mod fit;
mod paths;
mod expand;
mod fallback;
mod generated;

use proc_macro2::TokenStream;
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

fn receiver(attribute: TokenStream, item: TokenStream, place: place::Place) -> TokenStream {
    let mut function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => return not_a_function(item, error),
    };
    let mut errors = Vec::new();
    let mut args = args::parse(attribute, &mut errors);
    for stacked in take_stacked(&mut function) {
        match stacked.meta {
            Meta::List(list) => args.extend(args::parse(list.tokens, &mut errors)),
            other => errors.push(Error::new_spanned(
                other,
                "expected `#[stripe_receiver(\"customer.updated\")]`",
            )),
        }
    }
    let attribute = validate::validate(&args, place, &mut errors);
    let facts = receiver_fn::ReceiverFn::read(&function, &mut errors);
    fit::check(&attribute, &facts.arguments, &mut errors);
    if errors.is_empty() {
        expand::with_item(&function, expand::expand(&attribute, &facts))
    } else {
        fallback::fallback(&function, errors)
    }
}

fn not_a_function(item: TokenStream, error: Error) -> TokenStream {
    match syn::parse2::<Item>(item.clone()) {
        Ok(parsed) => fallback::fallback(item, vec![receiver_fn::not_a_function(&parsed)]),
        Err(_) => fallback::fallback(item, vec![error]),
    }
}

/// Takes the further `#[stripe_receiver]`s off the function: together with the first they are one receiver.
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

#[cfg(test)]
mod tests;
