//! What a receiver becomes: the user's function, untouched, and one static of facts that the program registers.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::fit;
use crate::generated::event_names::API_VERSION;
use crate::options;
use crate::paths;
use crate::receiver_fn::ReceiverFn;
use crate::validate::{Listened, Validated};

/// Registers `function` for the events of `attribute`.
///
/// Each bound is written once in each place with the user's own tokens, so that rustc underlines those and says it
/// once. Locals have `mixed_site` spans: they can't be captured, also not inside `macro_rules!`.
pub(crate) fn expand(attribute: &Validated, function: &ReceiverFn) -> TokenStream {
    let private = paths::private(attribute.options.krate.as_ref());
    let conditions = &function.conditions;
    let id = id(attribute, function);
    let rank = match &attribute.options.rank {
        Some(rank) => quote!(#rank),
        None => quote!(Application),
    };
    let names = attribute.events.iter().map(|event| &event.name);
    let call = call(function, &private);
    let check = check(attribute, function, &private);
    let uses_database = uses_database(function, &private);
    let options = options::fields(&attribute.options, &private);
    let transaction = attribute.options.transaction_off().map(|option| {
        quote_spanned! {option.span()=>
            const _: () = ::core::assert!(
                #uses_database,
                "`transaction = false` has no effect without an argument that uses the database; remove it, or take `Db<'_>`"
            );
        }
    });
    let notes = notes(attribute);
    let union = fit::union(attribute, &function.visibility, &private);
    quote! {
        #union
        #(#conditions)*
        const _: () = {
            #notes
            #call
            #check
            #transaction
            static __DJSTRIPE_INFO: #private::ReceiverInfo = #private::ReceiverInfo {
                id: #id,
                rank: #private::Rank::#rank,
                events: &[#(#names),*],
                call: __djstripe_call,
                check: __djstripe_check,
                uses_database: #uses_database,
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

/// The key of the receiver's checkpoints. That of a built-in receiver doesn't depend on the module it stands in: users'
/// databases hold it.
fn id(attribute: &Validated, function: &ReceiverFn) -> TokenStream {
    let name = function.name.to_string();
    match (&attribute.options.id, &attribute.options.rank) {
        (Some(id), _) => quote!(#id),
        (None, Some(_)) => quote!(::core::concat!("djstripe::", #name)),
        (None, None) => quote!(::core::concat!(::core::module_path!(), "::", #name)),
    }
}

/// Makes the arguments, one after another, runs the function and takes its outcome.
///
/// What is the same for all receivers is in generic functions of core, which rustc checks once instead of in each
/// expansion: `cargo xtask timings` tells what a receiver costs.
fn call(function: &ReceiverFn, private: &TokenStream) -> TokenStream {
    let ReceiverFn {
        name,
        arguments,
        output,
        ..
    } = function;
    let (parts, made, error) = (local("parts"), local("made"), local("error"));
    let locals: Vec<Ident> = (1..=arguments.len())
        .map(|number| local(&format!("argument_{number}")))
        .collect();
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
    let into_result =
        quote_spanned!(output.span()=> <#output as #private::ReceiverOutput>::into_result);
    let future = if function.is_async {
        quote_spanned!(name.span()=> #private::finish(#run, #into_result))
    } else {
        quote_spanned!(name.span()=> #private::ready(#into_result(#run)))
    };
    let unused = arguments.is_empty().then(|| quote!(let _ = &mut #parts;));
    quote! {
        fn __djstripe_call<'event>(mut #parts: #private::Parts<'event>) -> #private::ReceiverFuture<'event> {
            #unused
            #(#makes)*
            #future
        }
    }
}

/// Asks each argument at start-up whether it can be made, and at compile time whether it fits the events.
fn check(attribute: &Validated, function: &ReceiverFn, private: &TokenStream) -> TokenStream {
    let context = local("context");
    let fits = fit::assertions(attribute, &function.arguments, private);
    let checks = function.arguments.iter().map(|ty| {
        let check = argument_item(ty, private, quote!(check));
        quote_spanned!(ty.span()=> #check(#context)?;)
    });
    quote! {
        fn __djstripe_check(#context: &#private::Context) -> ::core::result::Result<(), #private::ArgumentError> {
            let _ = #context;
            #fits
            #(#checks)*
            ::core::result::Result::Ok(())
        }
    }
}

fn uses_database(function: &ReceiverFn, private: &TokenStream) -> TokenStream {
    let constants = function
        .arguments
        .iter()
        .map(|ty| argument_item(ty, private, quote!(USES_DATABASE)));
    quote!(false #(|| #constants)*)
}

fn argument_item(ty: &syn::Type, private: &TokenStream, item: TokenStream) -> TokenStream {
    quote_spanned!(ty.span()=> <#ty as #private::FromEvent>::#item)
}

/// A warning at each name that is newer than the pinned API version: the event comes only to endpoints of a newer one.
fn notes(attribute: &Validated) -> TokenStream {
    if attribute.options.allow_newer {
        return TokenStream::new();
    }
    let note = |(number, event): (usize, &Listened)| {
        let since = event.facts?.since?;
        let name = &event.name;
        let text = format!(
            "`{name}` is known since API version {since}, djstripe is pinned to {API_VERSION}; \
             write `allow(newer)` beside it to say so on purpose"
        );
        let constant = Ident::new(
            &format!("NEWER_{number}"),
            Span::mixed_site().located_at(event.span),
        );
        Some(quote! {
            #[deprecated(note = #text)]
            const #constant: () = ();
            const _: () = #constant;
        })
    };
    attribute
        .events
        .iter()
        .enumerate()
        .filter_map(note)
        .collect()
}

/// An identifier that neither the user's code nor a macro around it can see or hide.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The whole output: the user's item first, then what is made of it.
pub(crate) fn with_item(item: impl ToTokens, expansion: TokenStream) -> TokenStream {
    quote!(#item #expansion)
}
