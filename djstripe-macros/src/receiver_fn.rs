//! The annotated function: what a receiver must look like, whatever its arguments are.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Attribute, Error, FnArg, Ident, Item, ItemFn, ReturnType, Signature, Type, Visibility};

/// The facts of a function that can be a receiver.
pub(crate) struct ReceiverFn {
    pub(crate) name: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) is_async: bool,
    /// Types of the arguments, in the user's tokens.
    pub(crate) arguments: Vec<Type>,
    /// The return type, in the user's tokens; `()` at the name if none is written.
    pub(crate) output: TokenStream,
    /// `#[cfg(..)]`s of the function; what is registered for it comes and goes with it.
    pub(crate) conditions: Vec<Attribute>,
}

impl ReceiverFn {
    /// Takes the facts of `item`; every rule that it breaks is added to `errors`.
    pub(crate) fn read(item: &ItemFn, errors: &mut Vec<Error>) -> Self {
        let signature = &item.sig;
        refuse_qualifiers(item, errors);
        refuse_generics(signature, errors);
        let arguments = signature
            .inputs
            .iter()
            .filter_map(|argument| argument_type(argument, errors))
            .collect();
        Self {
            name: signature.ident.clone(),
            visibility: item.vis.clone(),
            is_async: signature.asyncness.is_some(),
            arguments,
            output: output_type(signature, errors),
            conditions: item
                .attrs
                .iter()
                .filter(|attribute| attribute.path().is_ident("cfg"))
                .cloned()
                .collect(),
        }
    }
}

/// The error for an item that isn't a function.
pub(crate) fn not_a_function(item: &Item) -> Error {
    let (what, span) = match item {
        Item::Struct(item) => ("a struct", item.struct_token.span),
        Item::Enum(item) => ("an enum", item.enum_token.span),
        Item::Impl(item) => ("an impl block", item.impl_token.span),
        Item::Mod(item) => ("a module", item.mod_token.span),
        Item::Trait(item) => ("a trait", item.trait_token.span),
        Item::Const(item) => ("a constant", item.const_token.span),
        Item::Static(item) => ("a static", item.static_token.span),
        _ => ("this item", item.span()),
    };
    let message = format!(
        "`#[stripe_receiver]` goes on a function, not on {what}\nhelp: annotate `async fn name(event: Event)` itself"
    );
    Error::new(span, message)
}

fn refuse_qualifiers(item: &ItemFn, errors: &mut Vec<Error>) {
    let signature = &item.sig;
    let mut refuse = |span: Option<Span>, what: &str, help: &str| {
        errors.extend(
            span.map(|span| Error::new(span, format!("a receiver can't be {what}\nhelp: {help}"))),
        );
    };
    let constness = signature.constness.map(|token| token.span);
    refuse(
        constness,
        "`const`",
        "remove `const`; it is called when an event arrives",
    );
    let safety = &signature.safety;
    let unsafe_span = matches!(safety, syn::Safety::Unsafe(_)).then(|| safety.span());
    refuse(
        unsafe_span,
        "`unsafe`",
        "make it safe to call and use an `unsafe` block inside",
    );
    let abi = signature.abi.as_ref().map(|abi| abi.extern_token.span);
    refuse(abi, "`extern`", "remove `extern`; only djstripe calls it");
    let variadic = signature.variadic.as_ref().map(Spanned::span);
    refuse(variadic, "variadic", "name each argument");
}

fn refuse_generics(signature: &Signature, errors: &mut Vec<Error>) {
    let generics = &signature.generics;
    if !generics.params.is_empty() {
        let message = "a receiver can't be generic\nhelp: name the types; a lifetime can be left out or be `'_`";
        errors.push(Error::new(generics.span(), message));
    }
    if let Some(clause) = &generics.where_clause {
        errors.push(Error::new(
            clause.where_token.span,
            "a receiver has no `where` clause\nhelp: remove it",
        ));
    }
}

fn argument_type(argument: &FnArg, errors: &mut Vec<Error>) -> Option<Type> {
    let (span, message) = match argument {
        FnArg::Receiver(receiver) => (
            receiver.self_token.span,
            "a receiver has no `self`\nhelp: annotate a free function and take what it needs as `State<T>`",
        ),
        FnArg::Typed(typed) => match &*typed.ty {
            Type::ImplTrait(ty) => (
                ty.impl_token.span,
                "the argument's type must be named\nhelp: take `Event`, `Object<T>` or `State<T>`",
            ),
            Type::Reference(ty) if ty.mutability.is_some() => (
                ty.span(),
                "an argument can't be a `&mut` reference\nhelp: take the value, or `State<Mutex<T>>` to change something shared",
            ),
            ty => return Some(ty.clone()),
        },
    };
    errors.push(Error::new(span, message));
    None
}

fn output_type(signature: &Signature, errors: &mut Vec<Error>) -> TokenStream {
    match &signature.output {
        ReturnType::Default => quote_spanned!(signature.ident.span()=> ()),
        ReturnType::Type(_, ty) => {
            if let Type::ImplTrait(ty) = &**ty {
                let message =
                    "the return type must be named\nhelp: return nothing or `Result<(), MyError>`";
                errors.push(Error::new(ty.impl_token.span, message));
            }
            quote::ToTokens::to_token_stream(ty)
        }
    }
}
