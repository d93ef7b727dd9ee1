//! Checks that the arguments match what the listed events carry, and writes the enum of `union = …`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, GenericArgument, Ident, LitStr, PathArguments, Type, Visibility};

use crate::generated::object_fields::OBJECT_FIELDS;
use crate::suggest::{list, nearest};
use crate::validate::{ListedEvent, ReceiverAttribute};

/// Arguments that hold the event's object as `T`.
const TYPED: [&str; 3] = ["Object", "Snapshot", "Previous"];

/// Checks what the event names alone decide. rustc checks the types, by the traits of the events: see [`assertions`].
pub(crate) fn check(attribute: &ReceiverAttribute, arguments: &[Type], errors: &mut Vec<Error>) {
    check_changed(&attribute.events, &attribute.options.changed, errors);

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
    let inner = typed_argument(ty)?;

    let carried: Vec<String> = events
        .iter()
        .filter_map(|event| event.facts)
        .map(|facts| {
            let names: Vec<String> = facts
                .objects
                .iter()
                .map(|object| format!("`{}`", type_name(object)))
                .collect();
            format!("`{}` carries {}", facts.name, names.join(" or "))
        })
        .collect();

    let union = objects
        .iter()
        .map(|object| type_name(object))
        .collect::<Vec<_>>()
        .join("Or");

    let message = format!(
        "these events carry different objects: {}\n\
         help: add `union = {union}` and take `Object<{union}>`, or take `Event`",
        carried.join(", ")
    );
    Some(Error::new(inner.span(), message))
}

/// The `T` of `Object<T>`, `Snapshot<T>` and `Previous<T>`.
fn typed_argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };

    let is_typed = TYPED.iter().any(|name| segment.ident == name);
    match arguments.args.first()? {
        GenericArgument::Type(inner) if is_typed => Some(inner),
        _ => None,
    }
}

fn check_changed(events: &[ListedEvent], changed: &[LitStr], errors: &mut Vec<Error>) {
    for field in changed {
        let name = field.value();
        let wrong = events.iter().find_map(|event| match event.facts {
            None => Some(format!(
                "`when(changed(..))` needs events whose object is known, not `{}`\n\
                 help: list events by name",
                event.name
            )),
            Some(facts) => unknown_field(&name, facts.objects),
        });

        errors.extend(wrong.map(|message| Error::new(field.span(), message)));
    }
}

/// The message for a field that none of the objects has; `None` if one of them has it.
fn unknown_field(name: &str, objects: &[&str]) -> Option<String> {
    let fields: Vec<&str> = OBJECT_FIELDS
        .iter()
        .filter(|(object, _)| objects.contains(object))
        .flat_map(|(_, fields)| fields.iter().copied())
        .collect();
    if fields.contains(&name) {
        return None;
    }

    if let Some((own, _)) = name.split_once('.')
        && fields.contains(&own)
    {
        return Some(format!(
            "`changed(..)` takes fields of the object itself, not `{name}`\n\
             help: write `{own}`, which has changed if anything in it has"
        ));
    }

    let help = match nearest(name, fields.iter().copied()) {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!("its fields are {}", list(&fields)),
    };
    Some(format!(
        "`{}` has no field `{name}`\nhelp: {help}",
        objects.join("` or `")
    ))
}

/// One line for each pair of an argument and an event, which compiles only if the argument's payload type implements
/// the event's trait.
pub(crate) fn assertions(
    attribute: &ReceiverAttribute,
    arguments: &[Type],
    private: &TokenStream,
) -> TokenStream {
    let mut output = TokenStream::new();
    for ty in arguments {
        for event in &attribute.events {
            let marker = match (event.facts, event.name.as_str()) {
                (Some(facts), _) => format_ident!("{}", type_name(facts.name)),
                (None, "*") => format_ident!("AnyEvent"),
                (None, _) => continue,
            };

            // The path spans the type from its first to its last token, so that rustc underlines all of it. For a type
            // that can't be an argument at all, rustc then merges this error with the one of the extraction.
            let (first, last) = ends(ty);
            let open = quote_spanned!(first=> let () = < <);
            let rest = quote_spanned!(last=> as #private::FromEvent>::Payload as #private::events::#marker>::FITS;);
            output.extend(quote!(#open #ty #rest));
        }
    }
    output
}

fn ends(ty: &Type) -> (Span, Span) {
    let mut spans = ty.to_token_stream().into_iter().map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::call_site);
    (first, spans.last().unwrap_or(first))
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

        #(impl #private::events::#markers for #name {})*
    }
}

/// `CheckoutSession` for `checkout.session`: the name of the generated model.
fn type_name(name: &str) -> String {
    let words = name.split(['.', '_']).filter(|word| !word.is_empty());
    words
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}
