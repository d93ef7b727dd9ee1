//! Writes the expansion of `#[stripe_effect]`: the user's function unchanged, a type of the same name by which
//! receivers request the effect, and a static that registers it with the program.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::effect_options::EffectOptions;
use crate::expand::{RunNames, argument_names, future, local};
use crate::paths;
use crate::receiver_fn::ReceiverFn;

const OF_EFFECTS: RunNames = RunNames {
    output: "EffectOutput",
    finish: "finish_effect",
    ready: "effect_ready",
};

/// Registers `function` as an effect.
///
/// Types and functions have namespaces of their own, so the type can be named as the function, and one `use` imports
/// both. Each trait bound is written once, with the user's own tokens.
pub(crate) fn expand(options: &EffectOptions, function: &ReceiverFn) -> TokenStream {
    let private = paths::private(options.krate.as_ref());
    let ReceiverFn {
        name,
        visibility,
        conditions,
        arguments,
        ..
    } = function;
    let effect_name = match &options.name {
        Some(name) => quote!(#name),
        None => {
            let name = name.to_string();
            quote!(::core::concat!(::core::module_path!(), "::", #name))
        }
    };
    let input = match arguments.first() {
        Some(ty) => quote!(#ty),
        None => quote!(()),
    };

    let doc = format!("The effect [`{name}`]({name}()), as receivers request it.");
    let (call, check) = (call(function, &private), check(function, &private));
    let fields = option_fields(options);
    quote! {
        #(#conditions)*
        #[doc = #doc]
        #[allow(non_camel_case_types, dead_code)]
        #visibility enum #name {}
        #(#conditions)*
        const _: () = {
            #call
            #check
            static __DJSTRIPE_INFO: #private::EffectInfo = #private::EffectInfo {
                name: #effect_name,
                call: __djstripe_call,
                check: __djstripe_check,
                location: #private::Location {
                    file: ::core::file!(),
                    line: ::core::line!(),
                    column: ::core::column!(),
                },
                options: #private::EffectOptions { #fields ..#private::EffectOptions::DEFAULT },
            };
            impl #private::StripeEffect for #name {
                type Input = #input;
                fn info() -> &'static #private::EffectInfo {
                    &__DJSTRIPE_INFO
                }
            }
            #private::inventory::submit! { #private::EffectRegistration(&__DJSTRIPE_INFO) }
        };
    }
}

/// The function that makes the arguments, one after another, and calls the user's function.
fn call(function: &ReceiverFn, private: &TokenStream) -> TokenStream {
    let ReceiverFn {
        name, arguments, ..
    } = function;
    let (effect, made, error) = (local("effect"), local("made"), local("error"));
    let locals = argument_names(arguments.len());

    let makes = arguments.iter().zip(&locals).enumerate();
    let makes = makes.map(|(index, (ty, argument))| {
        let made_by = match index {
            0 => quote!(EffectInput),
            _ => quote!(FromEffect),
        };
        let from_effect = quote_spanned!(ty.span()=> <#ty as #private::#made_by>::from_effect);
        quote_spanned! {ty.span()=>
            let #argument = match #from_effect(#effect) {
                ::core::result::Result::Ok(#made) => #made,
                ::core::result::Result::Err(#error) => return #private::effect_failed(#error),
            };
        }
    });
    let run = quote_spanned!(name.span()=> #name(#(#locals),*));
    let future = future(function, &run, private, &OF_EFFECTS);

    quote! {
        fn __djstripe_call(#effect: &#private::Effect) -> #private::EffectFuture {
            let _ = #effect;
            #(#makes)*
            #future
        }
    }
}

/// The function that checks at start-up whether each argument after the input can be made.
fn check(function: &ReceiverFn, private: &TokenStream) -> TokenStream {
    let context = local("context");
    let checks = function.arguments.iter().skip(1).map(|ty| {
        let check = quote_spanned!(ty.span()=> <#ty as #private::FromEffect>::check);
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
fn option_fields(options: &EffectOptions) -> TokenStream {
    let mut fields = TokenStream::new();
    if let Some(schedule) = &options.schedule {
        let delays = schedule.iter().copied().map(from_millis);
        fields.extend(quote! {
            schedule: ::core::option::Option::Some(::std::borrow::Cow::Borrowed(&[#(#delays),*])),
        });
    }
    if let Some(timeout) = options.timeout {
        let timeout = from_millis(timeout);
        fields.extend(quote!(timeout: ::core::option::Option::Some(#timeout),));
    }
    fields
}

fn from_millis(duration: Duration) -> TokenStream {
    let milliseconds = duration.as_millis() as u64;
    quote!(::core::time::Duration::from_millis(#milliseconds))
}
