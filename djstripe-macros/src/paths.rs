//! The paths that the expansion uses. Everything it names is a private re-export of djstripe-core.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

/// `::djstripe_core::__private`, or `__private` below the path given by `crate = …`.
pub(crate) fn private(krate: Option<&Path>) -> TokenStream {
    match krate {
        Some(path) => quote!(#path::__private),
        None => quote!(::djstripe_core::__private),
    }
}
