//! Checks what the event names alone say of the payload, and writes the enum of `union = …`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Error, Ident, Type, Visibility};

use crate::changed;
use crate::event_facts::EventFacts;
use crate::shape::{Shape, last_segment};
use crate::suggest::list;
use crate::validate::{ListedEvent, ReceiverAttribute};

/// Checks what the event names alone decide. rustc checks the types: see `fit`.
pub(crate) fn check(attribute: &ReceiverAttribute, arguments: &[Type], errors: &mut Vec<Error>) {
    changed::check(&attribute.events, &attribute.options.changed, errors);

    let objects = objects(&attribute.events);
    let differ = attribute
        .events
        .iter()
        .any(|event| event.facts.is_some_and(|facts| facts.objects != objects));

    match &attribute.options.union {
        Some(union) if !differ && objects.len() < 2 => {
            let message = "`union` needs events that carry different types of object\n\
                           help: remove `union` and take `Object<T>`";
            errors.push(Error::new(union.span(), message));
        }
        Some(_) => {}
        None if differ => errors.extend(
            arguments
                .iter()
                .filter_map(|ty| offer_union(&attribute.events, &objects, ty)),
        ),
        None => {}
    }
}

/// The types of object that the events may carry, in alphabetical order.
fn objects(events: &[ListedEvent]) -> Vec<&'static str> {
    let mut objects: Vec<&str> = events
        .iter()
        .filter_map(|event| event.facts)
        .flat_map(|facts| facts.objects.iter().copied())
        .collect();
    objects.sort_unstable();
    objects.dedup();
    objects
}

/// The error for a typed argument of a receiver whose events carry different objects.
fn offer_union(events: &[ListedEvent], objects: &[&str], ty: &Type) -> Option<Error> {
    let Shape::Holder { holder, payload } = Shape::of(ty) else {
        return None;
    };

    let facts: Vec<&EventFacts> = events.iter().filter_map(|event| event.facts).collect();
    let wanted = last_segment(payload).map(|segment| segment.ident.to_string());
    let wanted: Vec<&str> = facts
        .iter()
        .filter(|facts| wanted.as_deref() == Some(facts.payload))
        .map(|facts| facts.name)
        .collect();
    let union = objects
        .iter()
        .map(|object| type_name(object))
        .collect::<Vec<_>>()
        .join("Or");

    let help = match wanted.as_slice() {
        [] => format!("add `union = {union}` and take `{holder}<{union}>`, or take `Event`"),
        [only] => format!(
            "list only `{only}`, or add `union = {union}` and take `{holder}<{union}>`, or take `Event`"
        ),
        several => format!("list {}, or take `Event` for any payload", list(several)),
    };
    let message = format!(
        "these events carry different objects: {}\nhelp: {help}",
        different_objects(&facts)
    );
    Some(Error::new(payload.span(), message))
}

/// Which events carry what, by payload type: `customer.created` and 2 more carry `Customer`.
fn different_objects(facts: &[&EventFacts]) -> String {
    let mut payloads: Vec<&str> = facts.iter().map(|facts| facts.payload).collect();
    payloads.sort_unstable();
    payloads.dedup();

    let parts: Vec<String> = payloads
        .iter()
        .map(|payload| {
            let mut with_it = facts.iter().filter(|facts| facts.payload == *payload);
            let first = with_it.next().map_or("", |facts| facts.name);
            match with_it.count() {
                0 => format!("`{first}` carries `{payload}`"),
                more => format!("`{first}` and {more} more carry `{payload}`"),
            }
        })
        .collect();
    parts.join(", ")
}

/// The enum of `union = …`: a variant for each type of object that the events carry.
pub(crate) fn union(
    attribute: &ReceiverAttribute,
    visibility: &Visibility,
    private: &TokenStream,
) -> TokenStream {
    let Some(name) = &attribute.options.union else {
        return TokenStream::new();
    };

    let objects = objects(&attribute.events);
    let variants: Vec<Ident> = objects
        .iter()
        .map(|object| Ident::new(&type_name(object), Span::call_site()))
        .collect();
    let variant_docs = objects.iter().map(|object| format!(" `{object}`"));
    let title = objects.join(" or ");
    let docs = format!(" The objects that the events carry: {title}.");
    let markers = attribute
        .events
        .iter()
        .filter_map(|event| event.facts)
        .map(|facts| format_ident!("{}", type_name(facts.name)));

    quote! {
        #[doc = #docs]
        #[derive(Clone, Debug, PartialEq)]
        #visibility enum #name {
            #(#[doc = #variant_docs] #variants(::std::boxed::Box<#private::models::#variants>),)*
            /// An object of another type.
            Unlisted(#private::Unmodelled),
        }

        impl #private::FromJson for #name {
            fn from_json(
                value: &#private::Value,
                decoder: &mut #private::Decoder,
            ) -> ::core::option::Option<Self> {
                match value.get("object").and_then(#private::Value::as_str) {
                    #(::core::option::Option::Some(#objects) =>
                        #private::FromJson::from_json(value, decoder).map(Self::#variants),)*
                    _ => #private::FromJson::from_json(value, decoder).map(Self::Unlisted),
                }
            }
        }

        impl #private::Payload for #name {
            const NAME: &'static str = #title;
        }

        #(impl #private::CarriedBy<#private::events::#markers> for #name {})*
    }
}

/// `CheckoutSession` for `checkout.session`: the name of the generated model.
pub(crate) fn type_name(name: &str) -> String {
    let words = name
        .split(['.', '_', '[', ']'])
        .filter(|word| !word.is_empty());
    words
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}
