//! What rustc checks of a receiver beyond the fit of its arguments: options and arguments that don't go together are
//! errors, and an event that is newer than the pinned API version is a warning.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::generated::event_names::API_VERSION;
use crate::hint;
use crate::options::{EventKind, Options};
use crate::receiver_fn::ReceiverFn;
use crate::validate::{ListedEvent, ReceiverAttribute};

/// The event whose answer Stripe waits for.
const SYNCHRONOUS: &str = "issuing_authorization.request";

/// How long Stripe waits for an answer.
///
/// Source: <https://docs.stripe.com/issuing/controls/real-time-authorizations>.
const LONGEST_REPLY: Duration = Duration::from_secs(2);

/// A constant expression: whether this constant of any argument is true.
pub(crate) fn any_argument(
    function: &ReceiverFn,
    private: &TokenStream,
    constant: TokenStream,
) -> TokenStream {
    let constants = function
        .arguments
        .iter()
        .map(|ty| argument_item(ty, private, constant.clone()));
    quote!(false #(|| #constants)*)
}

pub(crate) fn argument_item(
    ty: &syn::Type,
    private: &TokenStream,
    item: TokenStream,
) -> TokenStream {
    let argument = hint::argument_trait(ty, private);
    quote_spanned!(ty.span()=> <#ty as #argument>::#item)
}

/// `transaction = false` without a database argument doesn't compile. Only rustc knows which arguments use it.
pub(crate) fn transaction_check(
    options: &Options,
    uses_database: &TokenStream,
) -> Option<TokenStream> {
    let option = options.disabled_transaction()?;
    Some(quote_spanned! {option.span()=>
        const _: () = ::core::assert!(
            #uses_database,
            "`transaction = false` has no effect without an argument that uses the database\nhelp: remove it, or take `Db<'_>`"
        );
    })
}

/// `mirror = optional` with the object as the mirror has it doesn't compile: the mirror may not have it yet.
pub(crate) fn optional_mirror_check(
    options: &Options,
    reads_object: &TokenStream,
) -> Option<TokenStream> {
    let option = options.optional_mirror()?;
    Some(quote_spanned! {option.span()=>
        const _: () = ::core::assert!(
            !(#reads_object),
            "`mirror = optional` runs before the mirror has the object that `Object<T>` is\nhelp: take `Snapshot<T>`, the object as the event has it, or remove the option"
        );
    })
}

/// The object as a snapshot event has it doesn't compile with an event that Stripe sends as a thin event only.
pub(crate) fn snapshot_check(
    attribute: &ReceiverAttribute,
    function: &ReceiverFn,
    private: &TokenStream,
) -> Option<TokenStream> {
    let thin_only = |event: &&ListedEvent| event.facts.is_some_and(|facts| !facts.has_snapshot);
    let first = attribute.events.iter().find(thin_only)?;
    let message = format!(
        "`{}` is a thin event only, without a snapshot of the object\nhelp: take `Object<T>`, the object as it is now",
        first.name
    );

    let mut checks = TokenStream::new();
    for ty in &function.arguments {
        let takes_snapshot = argument_item(ty, private, quote!(TAKES_SNAPSHOT));
        checks.extend(quote_spanned! {ty.span()=>
            const _: () = ::core::assert!(!#takes_snapshot, #message);
        });
    }
    Some(checks)
}

/// What only a thin event carries doesn't compile with an event that may arrive as a snapshot event alone.
pub(crate) fn data_check(
    attribute: &ReceiverAttribute,
    function: &ReceiverFn,
    private: &TokenStream,
) -> Option<TokenStream> {
    if attribute.options.only == Some(EventKind::Thin) {
        return None;
    }
    let has_snapshot = |event: &&ListedEvent| event.facts.is_some_and(|facts| facts.has_snapshot);
    let first = attribute.events.iter().find(has_snapshot)?;
    let message = format!(
        "`{}` may arrive as a snapshot event, which has no `data` of this kind\nhelp: add `only = thin`",
        first.name
    );

    let mut checks = TokenStream::new();
    for ty in &function.arguments {
        let reads_data = argument_item(ty, private, quote!(READS_DATA));
        checks.extend(quote_spanned! {ty.span()=>
            const _: () = ::core::assert!(!#reads_data, #message);
        });
    }
    Some(checks)
}

/// A receiver that answers the delivery runs before the event is stored and before the mirror, for events whose answer
/// Stripe waits for.
pub(crate) fn reply_check(
    attribute: &ReceiverAttribute,
    function: &ReceiverFn,
    replies: &TokenStream,
    private: &TokenStream,
) -> TokenStream {
    let output = &function.output;
    let is_awaited = |event: &ListedEvent| event.name == SYNCHRONOUS;
    // Of nearly all receivers, this one constant is all that rustc has to evaluate.
    if !attribute.events.iter().all(is_awaited) {
        let message = format!(
            "Stripe waits for an answer to `{SYNCHRONOUS}` alone\nhelp: return nothing, or `Result<(), E>`"
        );
        return quote_spanned! {output.span()=>
            const _: () = ::core::assert!(!#replies, #message);
        };
    }

    let mut checks = TokenStream::new();
    for ty in &function.arguments {
        let reads_object = argument_item(ty, private, quote!(READS_OBJECT));
        let uses_database = argument_item(ty, private, quote!(USES_DATABASE));
        let takes_checkpoint = argument_item(ty, private, quote!(TAKES_CHECKPOINT));
        checks.extend(quote_spanned! {ty.span()=>
            const _: () = ::core::assert!(
                !(#replies && #reads_object),
                "a receiver that answers runs before the mirror\nhelp: take `Snapshot<T>`, the object as the event has it"
            );
            const _: () = ::core::assert!(
                !(#replies && #uses_database),
                "a receiver that answers runs before the event is stored, and has no transaction\nhelp: take `State<S>` with a pool of your own"
            );
            const _: () = ::core::assert!(
                !(#replies && #takes_checkpoint),
                "a receiver that answers runs before the event is stored, and has no checkpoint\nhelp: remove it and `transaction = own`"
            );
        });
    }
    if attribute
        .options
        .timeout
        .is_some_and(|timeout| timeout >= LONGEST_REPLY)
    {
        checks.extend(quote_spanned! {output.span()=>
            const _: () = ::core::assert!(
                !#replies,
                "Stripe waits two seconds for an answer\nhelp: give the receiver a `timeout` below that"
            );
        });
    }
    checks
}

/// `transaction = own` and an argument that is a checkpoint don't compile without each other, nor with djstripe's own
/// transaction.
pub(crate) fn checkpoint_check(
    attribute: &ReceiverAttribute,
    function: &ReceiverFn,
    uses_database: &TokenStream,
    takes_checkpoint: &TokenStream,
) -> TokenStream {
    let Some(option) = attribute.options.own_transaction() else {
        let name = &function.name;
        return quote_spanned! {name.span()=>
            const _: () = ::core::assert!(
                !(#takes_checkpoint),
                "a `Checkpoint` is for a receiver with a transaction of its own\nhelp: add `transaction = own`"
            );
        };
    };
    quote_spanned! {option.span()=>
        const _: () = ::core::assert!(
            #takes_checkpoint,
            "`transaction = own` needs the statement that records the receiver's success\nhelp: take `Checkpoint`"
        );
        const _: () = ::core::assert!(
            !(#uses_database),
            "`transaction = own` has no use for djstripe's transaction\nhelp: remove the argument that uses the database, or the option"
        );
    }
}

/// A second argument that uses the database doesn't compile: a run has one connection.
pub(crate) fn one_database_check(
    function: &ReceiverFn,
    private: &TokenStream,
) -> Option<TokenStream> {
    let (first, others) = function.arguments.split_first()?;
    if others.is_empty() {
        return None;
    }

    let mut count = argument_item(first, private, quote!(USES_DATABASE as u8));
    let mut asserts = TokenStream::new();
    for ty in others {
        let uses = argument_item(ty, private, quote!(USES_DATABASE as u8));
        count.extend(quote!(+ #uses));
        asserts.extend(quote_spanned! {ty.span()=>
            ::core::assert!(
                2 > #count,
                "only one argument of a receiver can use the database\nhelp: remove this one, and use the other for all queries"
            );
        });
    }
    Some(quote!(const _: () = { #asserts };))
}

/// A warning at each event that is newer than the pinned API version: only endpoints of a newer version receive it.
pub(crate) fn newer_event_warnings(attribute: &ReceiverAttribute) -> TokenStream {
    if attribute.options.allow_newer {
        return TokenStream::new();
    }

    // A use of a deprecated constant is the one warning that a macro can write on stable Rust.
    let warning = |(number, event): (usize, &ListedEvent)| {
        let since = event.facts?.since?;
        let text = format!(
            "`{}` was added in API version {since}, but djstripe is pinned to {API_VERSION}\n\
             help: add `allow(newer)` if an endpoint of yours has the newer version",
            event.name
        );
        let span = Span::mixed_site().located_at(event.span);
        let constant = Ident::new(&format!("NEWER_{number}"), span);
        Some(quote! {
            #[deprecated(note = #text)]
            const #constant: () = ();
            const _: () = #constant;
        })
    };
    let events = attribute.events.iter().enumerate();
    events.filter_map(warning).collect()
}
