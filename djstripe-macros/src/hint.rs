//! Better words for types that look like an argument but are none: `Invoice` and `&Object<Invoice>`.
//!
//! rustc decides whether the type is one: a user's own type may have the name of a model. The expansion uses such an
//! argument through a trait of its own, which everything that is `FromEvent` implements, and whose message leads to
//! the right type.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::Type;

use crate::shape::{Shape, text};

/// The trait through which the expansion uses this argument.
pub(crate) fn argument_trait(ty: &Type, private: &TokenStream) -> TokenStream {
    match note(ty) {
        Some(_) => {
            let name = trait_name(ty);
            quote!(#name)
        }
        None => quote!(#private::FromEvent),
    }
}

/// The traits of the arguments that need one of their own.
pub(crate) fn definitions(arguments: &[Type], private: &TokenStream) -> TokenStream {
    let mut output = TokenStream::new();
    let mut defined: Vec<Ident> = Vec::new();
    for ty in arguments {
        let name = trait_name(ty);
        if let Some(note) = note(ty)
            && !defined.contains(&name)
        {
            output.extend(definition(&name, &text(ty), &note, private));
            defined.push(name);
        }
    }
    output
}

fn definition(name: &Ident, ty: &str, note: &str, private: &TokenStream) -> TokenStream {
    let message = format!("`{ty}` cannot be an argument of a receiver");
    let error = quote!(#private::ArgumentError);
    quote! {
        #[diagnostic::on_unimplemented(
            message = #message,
            label = "cannot be made from an event",
            note = #note
        )]
        trait #name<'event>: ::core::marker::Sized {
            const USES_DATABASE: bool;
            const READS_OBJECT: bool;
            const TAKES_SNAPSHOT: bool;
            const READS_CHANGES: bool;
            const READS_DATA: bool;
            const TAKES_CHECKPOINT: bool;
            fn from_event(parts: &mut #private::Parts<'event>) -> ::core::result::Result<Self, #error>;
            fn check(context: &#private::Context) -> ::core::result::Result<(), #error>;
        }

        #[diagnostic::do_not_recommend]
        impl<'event, T: #private::FromEvent<'event>> #name<'event> for T {
            const USES_DATABASE: bool = <T as #private::FromEvent<'event>>::USES_DATABASE;
            const READS_OBJECT: bool = <T as #private::FromEvent<'event>>::READS_OBJECT;
            const TAKES_SNAPSHOT: bool = <T as #private::FromEvent<'event>>::TAKES_SNAPSHOT;
            const READS_CHANGES: bool = <T as #private::FromEvent<'event>>::READS_CHANGES;
            const READS_DATA: bool = <T as #private::FromEvent<'event>>::READS_DATA;
            const TAKES_CHECKPOINT: bool = <T as #private::FromEvent<'event>>::TAKES_CHECKPOINT;

            fn from_event(parts: &mut #private::Parts<'event>) -> ::core::result::Result<Self, #error> {
                <T as #private::FromEvent<'event>>::from_event(parts)
            }

            fn check(context: &#private::Context) -> ::core::result::Result<(), #error> {
                <T as #private::FromEvent<'event>>::check(context)
            }
        }
    }
}

/// What to take instead; `None` for a type that looks like an argument, or like nothing known.
fn note(ty: &Type) -> Option<String> {
    match Shape::of(ty) {
        Shape::Model { name } => Some(format!(
            "take `Object<{name}>`, which derefs to the model, or `Snapshot<{name}>` for the object as the event has it"
        )),
        Shape::Borrowed { value } => Some(format!("take `{value}`, without `&`")),
        Shape::Holder { .. } | Shape::Family { .. } | Shape::Other => None,
    }
}

/// `ObjectInvoiceArgument` for `&Object<Invoice>`. The user's code can't name it.
fn trait_name(ty: &Type) -> Ident {
    let words: String = text(ty)
        .chars()
        .filter(|character| character.is_ascii_alphanumeric())
        .collect();
    format_ident!("{}Argument", words, span = Span::mixed_site())
}
