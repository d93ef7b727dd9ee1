//! Parses the attribute's arguments: names, `unchecked(..)` and options. It knows the grammar and no other rules. An
//! argument that can't be parsed is an error of its own and doesn't stop the others.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, LitStr, Result, Token, bracketed, parenthesized, token};

/// One argument of the attribute.
pub(crate) enum Arg {
    /// `"customer.updated"`, alone or in a bracketed list.
    Name(LitStr),
    /// `unchecked("preview.event")`.
    Unchecked(LitStr),
    /// An option and its value.
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

/// Parses the arguments. Those that can't be parsed are added to `errors`.
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
        args.extend(parse_names(&content)?.map(Arg::Name));
    } else if input.peek(Ident::peek_any) {
        let name = input.call(Ident::parse_any)?;
        parse_named(name, input, args)?;
    } else {
        return Err(input.error(
            "expected an event name in quotes or an option\n\
             help: write `#[stripe_receiver(\"customer.updated\")]`",
        ));
    }

    if input.is_empty() || input.peek(Token![,]) {
        Ok(())
    } else {
        Err(input.error("expected a comma\nhelp: separate names and options with commas"))
    }
}

/// Parses what follows a name without quotes.
fn parse_named(name: Ident, input: ParseStream<'_>, args: &mut Vec<Arg>) -> Result<()> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        args.push(Arg::Option(name, Value::Assigned(input.parse()?)));
    } else if input.peek(token::Paren) {
        let content;
        parenthesized!(content in input);
        if name == "unchecked" {
            args.extend(parse_names(&content)?.map(Arg::Unchecked));
        } else {
            args.push(Arg::Option(name, Value::Called(content.parse()?)));
        }
    } else if input.peek(Token![.]) {
        let message = format!("an event name must be in quotes\nhelp: write `\"{name}.…\"`");
        return Err(Error::new(name.span(), message));
    } else {
        args.push(Arg::Option(name, Value::Nothing));
    }

    Ok(())
}

fn parse_names(input: ParseStream<'_>) -> Result<impl Iterator<Item = LitStr> + use<>> {
    Ok(Punctuated::<LitStr, Token![,]>::parse_terminated(input)?.into_iter())
}

fn skip_to_comma(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}
