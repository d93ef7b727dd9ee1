//! Asserts that the arguments fit the listed events.
//!
//! rustc knows the types, so it decides; the words are ours. Events whose names have one prefix and that carry the same
//! objects accept the same arguments, so one assertion speaks for all of them. The first that fails is the one error
//! of the argument.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Type;

use crate::catalogue;
use crate::event_facts::EventFacts;
use crate::payload::type_name;
use crate::shape::{DATA, Shape, text};
use crate::validate::ReceiverAttribute;

/// Events that accept the same arguments.
enum EventGroup {
    /// `"*"`.
    Every,
    /// Events of one prefix with one payload type.
    Events {
        first: &'static EventFacts,
        others: Vec<&'static EventFacts>,
    },
}

/// For each argument an item that compiles only if its payload type is carried by every event.
pub(crate) fn assertions(
    attribute: &ReceiverAttribute,
    arguments: &[Type],
    private: &TokenStream,
) -> TokenStream {
    let groups = groups(attribute);
    let mut output = TokenStream::new();
    for ty in arguments {
        let mut asserts = TokenStream::new();
        for group in &groups {
            let marker = group.marker();
            let fit = quote!(#private::Fit::<#private::events::#marker, #ty>);

            let fits = quote!(!#private::Argument::<#ty>::IS_ONE || #fit::IS_CARRIED);
            asserts.extend(assert(ty, fits, &group.misfit(ty, &groups)));
            if let Some(message) = group.switched_off() {
                asserts.extend(assert(ty, quote!(#fit::IS_COMPILED_IN), &message));
            }
        }

        output.extend(quote! {
            const _: () = {
                #[allow(unused_imports)]
                use #private::NoFit as _;
                #asserts
            };
        });
    }
    output
}

/// An assertion that underlines the whole type.
fn assert(ty: &Type, condition: TokenStream, message: &str) -> TokenStream {
    let mut spans = ty.to_token_stream().into_iter().map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::call_site);
    let last = spans.last().unwrap_or(first);

    let mut arguments = Group::new(Delimiter::Parenthesis, quote!(#condition, #message));
    arguments.set_span(last);
    let name = quote_spanned!(first=> ::core::assert!);
    quote!(#name #arguments;)
}

fn groups(attribute: &ReceiverAttribute) -> Vec<EventGroup> {
    let mut groups: Vec<EventGroup> = Vec::new();
    for event in &attribute.events {
        match event.facts {
            None if event.name == "*" => groups.push(EventGroup::Every),
            // Nothing is known of the payload of an `unchecked` event.
            None => {}
            Some(facts) => {
                let same = groups.iter_mut().find_map(|group| match group {
                    EventGroup::Events { first, others } if accept_the_same(first, facts) => {
                        Some(others)
                    }
                    _ => None,
                });
                match same {
                    Some(others) => others.push(facts),
                    None => groups.push(EventGroup::Events {
                        first: facts,
                        others: Vec::new(),
                    }),
                }
            }
        }
    }
    groups
}

fn accept_the_same(left: &EventFacts, right: &EventFacts) -> bool {
    let prefix = |facts: &EventFacts| facts.name.rsplit_once('.').map(|(prefix, _)| prefix);
    left.payload == right.payload && prefix(left) == prefix(right)
}

impl EventGroup {
    fn marker(&self) -> proc_macro2::Ident {
        match self {
            Self::Every => format_ident!("AnyEvent"),
            Self::Events { first, .. } => format_ident!("{}", type_name(first.name)),
        }
    }

    /// The message for a payload type whose cargo feature is off.
    fn switched_off(&self) -> Option<String> {
        let Self::Events { first, .. } = self else {
            return None;
        };
        let payload = first.payload;
        first.feature.map(|feature| {
            format!(
                "the model `{payload}` needs the cargo feature `{feature}`, which is off\n\
                 help: turn on the feature `{feature}` of djstripe-core"
            )
        })
    }

    /// The message for an argument that these events don't fit. `all` are the groups of the receiver.
    fn misfit(&self, ty: &Type, all: &[Self]) -> String {
        let shape = Shape::of(ty);
        match self {
            Self::Every => misfit_of_every_event(ty, &shape),
            Self::Events { first, others } => {
                let payload = first.payload;
                let carried = carried(first, others);
                let is_data = matches!(shape, Shape::Holder { holder: DATA, .. });
                if payload.is_empty() && !is_data && !matches!(shape, Shape::Family { .. }) {
                    return format!("{carried} no object\nhelp: take `Event`");
                }
                match shape {
                    Shape::Holder { holder: DATA, .. } => misfit_of_data(first),
                    Shape::Holder {
                        holder,
                        payload: held,
                    } => format!(
                        "{carried} `{payload}`, not `{}`\n\
                         help: take `{holder}<{payload}>`, or `Event` for any payload",
                        text(held)
                    ),
                    Shape::Family { prefix } => format!(
                        "`{}` is for the events of `{prefix}.*`, not for `{}`\nhelp: {}",
                        text(ty),
                        first.name,
                        other_family(prefix, all)
                    ),
                    Shape::Model { .. } | Shape::Borrowed { .. } | Shape::Other => format!(
                        "{carried} `{payload}`, which is not what `{}` takes\n\
                         help: take `Object<{payload}>`, or `Event` for any payload",
                        text(ty)
                    ),
                }
            }
        }
    }
}

fn misfit_of_every_event(ty: &Type, shape: &Shape<'_>) -> String {
    match shape {
        Shape::Family { prefix } => format!(
            "`\"*\"` matches all events, not only those of `{prefix}.*`\n\
             help: list `\"{prefix}.*\"`, or take `EventName`"
        ),
        Shape::Holder { payload, .. } => every_event_carries(&text(payload)),
        Shape::Model { .. } | Shape::Borrowed { .. } | Shape::Other => {
            every_event_carries(&text(ty))
        }
    }
}

fn misfit_of_data(facts: &EventFacts) -> String {
    let name = facts.name;
    match facts.data {
        Some(data) => format!(
            "the `data` of `{name}` is `{data}`\n\
             help: take `EventData<{data}>`"
        ),
        None => format!(
            "`{name}` has no `data` besides its object\n\
             help: take `Object<T>`, or `Event`"
        ),
    }
}

fn every_event_carries(payload: &str) -> String {
    format!(
        "`\"*\"` matches events that carry any type of object, not only `{payload}`\n\
         help: list the events by name, or take `Event` for any payload"
    )
}

/// `customer.updated` carries …, or the first of several events and how many more.
fn carried(first: &EventFacts, others: &[&EventFacts]) -> String {
    let name = first.name;
    match others {
        [] => format!("`{name}` carries"),
        [second] => format!("`{name}` and `{}` carry", second.name),
        _ => format!("`{name}` and {} more events carry", others.len()),
    }
}

/// What to take instead of the enum of a family that some of the events don't belong to.
fn other_family(prefix: &str, groups: &[EventGroup]) -> String {
    let mut names = Vec::new();
    for group in groups {
        match group {
            EventGroup::Every => return "take `EventName`".to_owned(),
            EventGroup::Events { first, others } => {
                names.push(first.name);
                names.extend(others.iter().map(|event| event.name));
            }
        }
    }

    match catalogue::common_family(&names) {
        Some(common) => format!("take `{}`", catalogue::enum_of_family(common)),
        None => format!("list only events of `{prefix}.*`, or take `EventName`"),
    }
}
