//! Writes the expansion: the user's function unchanged, and a static that registers it with the program.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::fit;
use crate::generated::event_names::API_VERSION;
use crate::hint;
use crate::options::{EventKind, Options, TransactionOwner};
use crate::paths;
use crate::payload;
use crate::receiver_fn::ReceiverFn;
use crate::validate::{ListedEvent, ReceiverAttribute};

/// The event whose answer Stripe waits for.
const SYNCHRONOUS: &str = "issuing_authorization.request";

/// How long Stripe waits for an answer.
///
/// Source: <https://docs.stripe.com/issuing/controls/real-time-authorizations>.
const LONGEST_REPLY: Duration = Duration::from_secs(2);

/// Registers `function` for the events of `attribute`.
///
/// Each trait bound is written once per place, with the user's own tokens, so that rustc underlines those tokens and
/// reports the bound once. Local variables have `mixed_site` spans, so that the user's code can't capture them, not
/// even inside `macro_rules!`.
pub(crate) fn expand(attribute: &ReceiverAttribute, function: &ReceiverFn) -> TokenStream {
    let private = paths::private(attribute.options.krate.as_ref());
    let conditions = &function.conditions;
    let names = attribute.events.iter().map(|event| &event.name);

    let id = id(&attribute.options, function);
    let rank = match &attribute.options.rank {
        Some(rank) => quote!(#rank),
        None => quote!(Application),
    };
    let uses_database = any_argument(function, &private, quote!(USES_DATABASE));
    let reads_object = any_argument(function, &private, quote!(READS_OBJECT));
    let options = option_fields(&attribute.options, &private);

    let union = payload::union(attribute, &function.visibility, &private);
    let warnings = newer_event_warnings(attribute);
    let call = call(function, &private);
    let check = check(function, &private);
    let hints = hint::definitions(&function.arguments, &private);
    let fit = fit::assertions(attribute, &function.arguments, &private);
    let transaction = transaction_check(&attribute.options, &uses_database);
    let takes_checkpoint = any_argument(function, &private, quote!(TAKES_CHECKPOINT));
    let takes_snapshot = any_argument(function, &private, quote!(TAKES_SNAPSHOT));
    let reads_changes = any_argument(function, &private, quote!(READS_CHANGES));
    let reads_data = any_argument(function, &private, quote!(READS_DATA));
    let snapshots = snapshot_check(attribute, function, &private);
    let data = data_check(attribute, function, &private);
    let checkpoint = checkpoint_check(attribute, function, &uses_database, &takes_checkpoint);
    let output = &function.output;
    let replies = quote_spanned!(output.span()=> <#output as #private::ReceiverOutput>::REPLIES);
    let reply = reply_check(attribute, function, &replies, &private);
    let one_database = one_database_check(function, &private);
    let optional_mirror = optional_mirror_check(&attribute.options, &reads_object);

    quote! {
        #union
        #(#conditions)*
        const _: () = {
            #warnings
            #hints
            #call
            #check
            #fit
            #transaction
            #one_database
            #reply
            #checkpoint
            #optional_mirror
            #snapshots
            #data
            static __DJSTRIPE_INFO: #private::ReceiverInfo = #private::ReceiverInfo {
                id: #id,
                rank: #private::Rank::#rank,
                events: &[#(#names),*],
                call: __djstripe_call,
                check: __djstripe_check,
                uses_database: #uses_database,
                reads_object: #reads_object,
                takes_snapshot: #takes_snapshot,
                reads_changes: #reads_changes,
                reads_data: #reads_data,
                replies: #replies,
                location: #private::Location {
                    file: ::core::file!(),
                    line: ::core::line!(),
                    column: ::core::column!(),
                },
                options: #private::ReceiverOptions { #options ..#private::ReceiverOptions::DEFAULT },
            };
            #private::inventory::submit! { #private::Registration(&__DJSTRIPE_INFO) }
        };
    }
}

/// The whole output: the user's item, followed by the expansion.
pub(crate) fn with_item(item: impl ToTokens, expansion: TokenStream) -> TokenStream {
    quote!(#item #expansion)
}

/// The key of the receiver's checkpoints. A built-in receiver's id doesn't contain its module, because users' databases
/// hold the id.
fn id(options: &Options, function: &ReceiverFn) -> TokenStream {
    let name = function.name.to_string();
    match (&options.id, &options.rank) {
        (Some(id), _) => quote!(#id),
        (None, Some(_)) => quote!(::core::concat!("djstripe::", #name)),
        (None, None) => quote!(::core::concat!(::core::module_path!(), "::", #name)),
    }
}

/// The function that makes the arguments, one after another, and calls the user's function.
///
/// The parts that all receivers share are generic functions of djstripe-core, which rustc checks once and not in each
/// expansion. `cargo xtask timings` measures what a receiver costs.
fn call(function: &ReceiverFn, private: &TokenStream) -> TokenStream {
    let ReceiverFn {
        name, arguments, ..
    } = function;
    let (parts, made, error) = (local("parts"), local("made"), local("error"));
    let locals = argument_names(arguments.len());

    let makes = arguments.iter().zip(&locals).map(|(ty, argument)| {
        let from_event = argument_item(ty, private, quote!(from_event));
        quote_spanned! {ty.span()=>
            let #argument = match #from_event(&mut #parts) {
                ::core::result::Result::Ok(#made) => #made,
                ::core::result::Result::Err(#error) => return #private::failed(#error),
            };
        }
    });
    let run = quote_spanned!(name.span()=> #name(#(#locals),*));
    let future = future(function, &run, private, &OF_RECEIVERS);

    let unused = arguments.is_empty().then(|| quote!(let _ = &mut #parts;));
    quote! {
        fn __djstripe_call<'event>(mut #parts: #private::Parts<'event>) -> #private::ReceiverFuture<'event> {
            #unused
            #(#makes)*
            #future
        }
    }
}

/// What djstripe-core calls the parts of an expansion that runs a function.
pub(crate) struct RunNames {
    /// The trait of what the function returns.
    pub(crate) output: &'static str,
    pub(crate) finish: &'static str,
    pub(crate) ready: &'static str,
}

const OF_RECEIVERS: RunNames = RunNames {
    output: "ReceiverOutput",
    finish: "finish",
    ready: "ready",
};

/// The future of `run`, a call of the user's function, with its result as djstripe-core takes it.
pub(crate) fn future(
    function: &ReceiverFn,
    run: &TokenStream,
    private: &TokenStream,
    names: &RunNames,
) -> TokenStream {
    let output = &function.output;
    let name_span = function.name.span();
    let output_trait = Ident::new(names.output, output.span());
    let (finish, ready) = (
        Ident::new(names.finish, name_span),
        Ident::new(names.ready, name_span),
    );

    let into_result =
        quote_spanned!(output.span()=> <#output as #private::#output_trait>::into_result);
    if function.is_async {
        quote_spanned!(name_span=> #private::#finish(#run, #into_result))
    } else {
        quote_spanned!(name_span=> #private::#ready(#into_result(#run)))
    }
}

/// The names of the arguments, from the first.
pub(crate) fn argument_names(count: usize) -> Vec<Ident> {
    (1..=count)
        .map(|number| local(&format!("argument_{number}")))
        .collect()
}

/// The function that checks at start-up whether each argument can be made.
fn check(function: &ReceiverFn, private: &TokenStream) -> TokenStream {
    let context = local("context");
    let checks = function.arguments.iter().map(|ty| {
        let check = argument_item(ty, private, quote!(check));
        quote_spanned!(ty.span()=> #check(#context)?;)
    });

    quote! {
        fn __djstripe_check(#context: &#private::Context) -> ::core::result::Result<(), #private::ArgumentError> {
            let _ = #context;
            #(#checks)*
            ::core::result::Result::Ok(())
        }
    }
}

/// A constant expression: whether this constant of any argument is true.
fn any_argument(
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

fn argument_item(ty: &syn::Type, private: &TokenStream, item: TokenStream) -> TokenStream {
    let argument = hint::argument_trait(ty, private);
    quote_spanned!(ty.span()=> <#ty as #argument>::#item)
}

/// The values of the options that are given; the others keep their defaults.
fn option_fields(options: &Options, private: &TokenStream) -> TokenStream {
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
        let owner = match transaction {
            TransactionOwner::Djstripe => quote!(Djstripe),
            TransactionOwner::Receiver => quote!(Receiver),
            TransactionOwner::Nobody => quote!(Nobody),
        };
        fields.extend(quote!(transaction: #private::TransactionOwner::#owner,));
    }
    if let Some(waits_for_mirror) = options.waits_for_mirror {
        fields.extend(quote!(waits_for_mirror: #waits_for_mirror,));
    }
    if let Some(only) = options.only {
        let kind = match only {
            EventKind::Snapshot => quote!(Snapshot),
            EventKind::Thin => quote!(Thin),
        };
        fields.extend(quote!(only: ::core::option::Option::Some(#private::EventKind::#kind),));
    }
    if let Some(on_backfill) = options.on_backfill {
        fields.extend(quote!(on_backfill: #on_backfill,));
    }

    fields
}

/// `transaction = false` without a database argument doesn't compile. Only rustc knows which arguments use it.
fn transaction_check(options: &Options, uses_database: &TokenStream) -> Option<TokenStream> {
    let option = options.disabled_transaction()?;
    Some(quote_spanned! {option.span()=>
        const _: () = ::core::assert!(
            #uses_database,
            "`transaction = false` has no effect without an argument that uses the database\nhelp: remove it, or take `Db<'_>`"
        );
    })
}

/// `mirror = optional` with the object as the mirror has it doesn't compile: the mirror may not have it yet.
fn optional_mirror_check(options: &Options, reads_object: &TokenStream) -> Option<TokenStream> {
    let option = options.optional_mirror()?;
    Some(quote_spanned! {option.span()=>
        const _: () = ::core::assert!(
            !(#reads_object),
            "`mirror = optional` runs before the mirror has the object that `Object<T>` is\nhelp: take `Snapshot<T>`, the object as the event has it, or remove the option"
        );
    })
}

/// The object as a snapshot event has it doesn't compile with an event that Stripe sends as a thin event only.
fn snapshot_check(
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
fn data_check(
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
fn reply_check(
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
fn checkpoint_check(
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
fn one_database_check(function: &ReceiverFn, private: &TokenStream) -> Option<TokenStream> {
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
fn newer_event_warnings(attribute: &ReceiverAttribute) -> TokenStream {
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

/// An identifier that neither the user's code nor a macro around it can name or shadow.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
