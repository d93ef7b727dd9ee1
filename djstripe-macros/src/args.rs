//! The attribute's arguments as written: names, `unchecked(..)` and options. Knows no rules beyond the grammar; an
//! argument that doesn't fit it is an error of its own and doesn't stop the others.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, LitStr, Result, Token, bracketed, parenthesized, token};

/// One argument of the attribute.
pub(crate) enum Arg {
    /// `"customer.updated"`, also from a list in brackets.
    Name(LitStr),
    /// `unchecked("preview.event")`.
    Unchecked(LitStr),
    /// Anything with a name of its own.
    Option(Ident, Value),
}

/// What follows an option's name.
pub(crate) enum Value {
    /// `= value`.
    Assigned(Box<Expr>),
    /// `(…)`.
    Called(TokenStream),
    /// Nothing.
    Nothing,
}

/// Reads the arguments; what can't be read is added to `errors`.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Vec<Error>) -> Vec<Arg> {
    let mut args = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = parse_arg(input, &mut args) {
                errors.push(error);
                skip_to_comma(input)?;
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        errors.push(error);
    }
    args
}

fn parse_arg(input: ParseStream<'_>, args: &mut Vec<Arg>) -> Result<()> {
    if input.peek(LitStr) {
        args.push(Arg::Name(input.parse()?));
    } else if input.peek(token::Bracket) {
        let content;
        bracketed!(content in input);
        let names = Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?;
        args.extend(names.into_iter().map(Arg::Name));
    } else if input.peek(Ident::peek_any) {
        let name = input.call(Ident::parse_any)?;
        parse_named(name, input, args)?;
    } else {
        return Err(input.error(
            "expected an event name in quotes or an option\nhelp: write `#[stripe_receiver(\"customer.updated\")]`",
        ));
    }
    if input.is_empty() || input.peek(Token![,]) {
        Ok(())
    } else {
        Err(input.error("expected a comma\nhelp: names and options are separated by commas"))
    }
}

fn parse_named(name: Ident, input: ParseStream<'_>, args: &mut Vec<Arg>) -> Result<()> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        args.push(Arg::Option(name, Value::Assigned(input.parse()?)));
    } else if input.peek(token::Paren) {
        let content;
        parenthesized!(content in input);
        if name == "unchecked" {
            let names = Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?;
            args.extend(names.into_iter().map(Arg::Unchecked));
        } else {
            args.push(Arg::Option(name, Value::Called(content.parse()?)));
        }
    } else if input.peek(Token![.]) {
        let message = format!("an event name stands in quotes\nhelp: write `\"{name}.…\"`");
        return Err(Error::new(name.span(), message));
    } else {
        args.push(Arg::Option(name, Value::Nothing));
    }
    Ok(())
}

fn skip_to_comma(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}
