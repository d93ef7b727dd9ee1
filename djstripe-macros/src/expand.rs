//! Writes the expansion: the user's function unchanged, and a static that registers it with the program.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::checks;
use crate::fit;
use crate::hint;
use crate::options::{EventKind, Options, TransactionOwner};
use crate::paths;
use crate::payload;
use crate::receiver_fn::ReceiverFn;
use crate::validate::ReceiverAttribute;

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
    let uses_database = checks::any_argument(function, &private, quote!(USES_DATABASE));
    let reads_object = checks::any_argument(function, &private, quote!(READS_OBJECT));
    let options = option_fields(&attribute.options, &private);

    let union = payload::union(attribute, &function.visibility, &private);
    let warnings = checks::newer_event_warnings(attribute);
    let call = call(function, &private);
    let check = check(function, &private);
    let hints = hint::definitions(&function.arguments, &private);
    let fit = fit::assertions(attribute, &function.arguments, &private);
    let transaction = checks::transaction_check(&attribute.options, &uses_database);
    let takes_checkpoint = checks::any_argument(function, &private, quote!(TAKES_CHECKPOINT));
    let takes_snapshot = checks::any_argument(function, &private, quote!(TAKES_SNAPSHOT));
    let reads_changes = checks::any_argument(function, &private, quote!(READS_CHANGES));
    let reads_data = checks::any_argument(function, &private, quote!(READS_DATA));
    let snapshots = checks::snapshot_check(attribute, function, &private);
    let data = checks::data_check(attribute, function, &private);
    let checkpoint =
        checks::checkpoint_check(attribute, function, &uses_database, &takes_checkpoint);
    let output = &function.output;
    let replies = quote_spanned!(output.span()=> <#output as #private::ReceiverOutput>::REPLIES);
    let reply = checks::reply_check(attribute, function, &replies, &private);
    let one_database = checks::one_database_check(function, &private);
    let optional_mirror = checks::optional_mirror_check(&attribute.options, &reads_object);

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
        let from_event = checks::argument_item(ty, private, quote!(from_event));
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
        let check = checks::argument_item(ty, private, quote!(check));
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

/// An identifier that neither the user's code nor a macro around it can name or shadow.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
