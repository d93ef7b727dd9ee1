//! Checks the annotated function. The rules hold for every receiver and effect, whatever its arguments are.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, FnArg, Ident, Item, ItemFn, Pat, ReturnType, Signature, Type, TypeReference,
    Visibility,
};

use crate::shape::last_segment;

/// What a function becomes by its attribute.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Receiver,
    Effect,
}

impl Kind {
    const fn noun(self) -> &'static str {
        match self {
            Self::Receiver => "a receiver",
            Self::Effect => "an effect",
        }
    }

    const fn attribute(self) -> &'static str {
        match self {
            Self::Receiver => "stripe_receiver",
            Self::Effect => "stripe_effect",
        }
    }

    const fn usage(self) -> &'static str {
        match self {
            Self::Receiver => "async fn name(event: Event)",
            Self::Effect => "async fn name(input: String)",
        }
    }
}

/// The parts of the function that the expansion needs.
pub(crate) struct ReceiverFn {
    pub(crate) name: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) is_async: bool,
    /// The argument types, as the user's tokens.
    pub(crate) arguments: Vec<Type>,
    /// The return type, as the user's tokens. If none is written, `()` with the span of the function's name.
    pub(crate) output: TokenStream,
    /// The function's `#[cfg(..)]`s, which the registration must repeat.
    pub(crate) conditions: Vec<Attribute>,
}

impl ReceiverFn {
    /// Reads `item`. Every rule that it breaks is added to `errors`.
    pub(crate) fn read(item: &ItemFn, kind: Kind, errors: &mut Vec<Error>) -> Self {
        let signature = &item.sig;
        refuse_qualifiers(signature, kind, errors);
        refuse_generics(signature, kind, errors);

        let arguments = signature
            .inputs
            .iter()
            .filter_map(|argument| argument_type(argument, kind, errors))
            .collect();
        let conditions = item
            .attrs
            .iter()
            .filter(|attribute| attribute.path().is_ident("cfg"))
            .cloned()
            .collect();

        Self {
            name: signature.ident.clone(),
            visibility: item.vis.clone(),
            is_async: signature.asyncness.is_some(),
            arguments,
            output: output_type(signature, errors),
            conditions,
        }
    }
}

/// The error for an item that isn't a function.
pub(crate) fn not_a_function(item: &Item, kind: Kind) -> Error {
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

    let (attribute, usage) = (kind.attribute(), kind.usage());
    let message = format!(
        "`#[{attribute}]` can be applied to a function, not to {what}\n\
         help: annotate the function itself: `{usage}`"
    );
    Error::new(span, message)
}

fn refuse_qualifiers(signature: &Signature, kind: Kind, errors: &mut Vec<Error>) {
    let noun = kind.noun();
    let mut refuse = |span: Option<Span>, what: &str, help: &str| {
        let message = format!("{noun} can't be {what}\nhelp: {help}");
        errors.extend(span.map(|span| Error::new(span, message)));
    };

    refuse(
        signature.constness.map(|token| token.span),
        "`const`",
        match kind {
            Kind::Receiver => "remove `const`; receivers run when an event arrives",
            Kind::Effect => "remove `const`; effects run after a commit",
        },
    );

    let safety = &signature.safety;
    refuse(
        matches!(safety, syn::Safety::Unsafe(_)).then(|| safety.span()),
        "`unsafe`",
        "make the function safe and use an `unsafe` block inside",
    );

    refuse(
        signature.abi.as_ref().map(|abi| abi.extern_token.span),
        "`extern`",
        match kind {
            Kind::Receiver => "remove `extern`; only djstripe calls receivers",
            Kind::Effect => "remove `extern`; only djstripe calls effects",
        },
    );

    refuse(
        signature.variadic.as_ref().map(Spanned::span),
        "variadic",
        "name each argument",
    );
}

fn refuse_generics(signature: &Signature, kind: Kind, errors: &mut Vec<Error>) {
    let noun = kind.noun();
    let generics = &signature.generics;
    if !generics.params.is_empty() {
        let help = match kind {
            Kind::Receiver => "write concrete types; leave out lifetimes or write `'_`",
            Kind::Effect => "write concrete types without lifetimes",
        };
        let message = format!("{noun} can't be generic\nhelp: {help}");
        errors.push(Error::new(generics.span(), message));
    }

    if let Some(clause) = &generics.where_clause {
        let message = format!("{noun} can't have a `where` clause\nhelp: remove it");
        errors.push(Error::new(clause.where_token.span, message));
    }
}

fn argument_type(argument: &FnArg, kind: Kind, errors: &mut Vec<Error>) -> Option<Type> {
    let (noun, taken) = match kind {
        Kind::Receiver => (kind.noun(), "`Event`, `Object<T>` or `State<T>`"),
        Kind::Effect => (kind.noun(), "the input, `Effect`, `State<T>` or `Client`"),
    };
    let (span, message) = match argument {
        FnArg::Receiver(receiver) => (
            receiver.self_token.span,
            format!(
                "{noun} can't take `self`\n\
                 help: annotate a free function and take shared values as `State<T>`"
            ),
        ),
        FnArg::Typed(typed) => match &*typed.ty {
            Type::ImplTrait(ty) => (
                ty.impl_token.span,
                format!("an argument's type can't be `impl Trait`\nhelp: take {taken}"),
            ),
            Type::Reference(ty) if ty.mutability.is_some() => {
                errors.push(mutable_reference(&typed.pat, ty));
                return None;
            }
            ty => return Some(ty.clone()),
        },
    };

    errors.push(Error::new(span, message));
    None
}

fn mutable_reference(pattern: &Pat, ty: &TypeReference) -> Error {
    let help = match last_segment(&ty.elem) {
        Some(segment) if segment.ident == "Db" => {
            let name = match pattern {
                Pat::Ident(name) => name.ident.to_string(),
                _ => "db".to_owned(),
            };
            format!("write `mut {name}: Db<'_>`")
        }
        _ => "take the value; to change shared data, take `State<Mutex<T>>`".to_owned(),
    };
    Error::new(
        ty.span(),
        format!("an argument can't be a `&mut` reference\nhelp: {help}"),
    )
}

fn output_type(signature: &Signature, errors: &mut Vec<Error>) -> TokenStream {
    match &signature.output {
        ReturnType::Default => quote_spanned!(signature.ident.span()=> ()),
        ReturnType::Type(_, ty) => {
            if let Type::ImplTrait(ty) = &**ty {
                let message = "the return type can't be `impl Trait`\n\
                               help: return nothing or `Result<(), MyError>`";
                errors.push(Error::new(ty.impl_token.span, message));
            }
            quote::ToTokens::to_token_stream(ty)
        }
    }
}
