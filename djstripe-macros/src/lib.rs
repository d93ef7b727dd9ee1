//! Temporary.
use proc_macro::TokenStream;
use quote::quote;
use syn::{Expr, FnArg, ItemFn, Lit, Token, parse::Parser, punctuated::Punctuated};

/// Temporary.
#[proc_macro_attribute]
pub fn stripe_receiver(attr: TokenStream, item: TokenStream) -> TokenStream {
    let args = Punctuated::<Expr, Token![,]>::parse_terminated.parse(attr).unwrap();
    let f: ItemFn = syn::parse(item).unwrap();
    let mut names = vec![];
    let mut id = None;
    let mut opts = vec![];
    for a in args {
        match a {
            Expr::Lit(l) => {
                if let Lit::Str(s) = l.lit {
                    names.push(s)
                }
            }
            Expr::Assign(a) => {
                let l = &a.left;
                let r = &a.right;
                let n = quote!(#l).to_string();
                if n == "id" {
                    id = Some(quote!(#r))
                } else if n == "retries" {
                    opts.push(quote!(retries: Some(#r)))
                } else {
                    opts.push(quote!(#l: #r))
                }
            }
            _ => panic!("x"),
        }
    }
    let name = &f.sig.ident;
    let fname = name.to_string();
    let id = id.unwrap_or(quote!(concat!(module_path!(), "::", #fname)));
    let tys: Vec<_> = f
        .sig
        .inputs
        .iter()
        .map(|i| match i {
            FnArg::Typed(t) => &t.ty,
            _ => panic!(),
        })
        .collect();
    let locals: Vec<_> = (0..tys.len()).map(|i| quote::format_ident!("a{}", i)).collect();
    let aw = f.sig.asyncness.as_ref().map(|_| quote!(.await));
    let out = match &f.sig.output {
        syn::ReturnType::Default => quote!(()),
        syn::ReturnType::Type(_, t) => quote!(#t),
    };
    quote! { #f
      const _: () = {
        use ::djstripe_core::__private as p;
        fn call<'a>(mut parts: p::Parts<'a>) -> p::ReceiverFuture<'a> { Box::pin(async move {
            #(let #locals = <#tys as p::FromEvent>::from_event(&mut parts)?;)*
            drop(parts);
            <#out as p::ReceiverOutput>::into_result(#name(#(#locals),*) #aw)
        }) }
        static INFO: p::ReceiverInfo = p::ReceiverInfo { id: #id, events: &[#(#names),*], call,
            check: |c| { #(<#tys as p::FromEvent>::check(c)?;)* let _ = c; Ok(()) },
            uses_database: false #(|| <#tys as p::FromEvent>::USES_DATABASE)*,
            location: p::Location { file: file!(), line: line!(), column: column!() },
            options: p::ReceiverOptions { #(#opts,)* ..p::ReceiverOptions::DEFAULT } };
        p::inventory::submit!(p::Registration(&INFO));
      };
    }
    .into()
}
