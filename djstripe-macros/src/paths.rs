//! The one place that knows where the expansion's names are found: in private re-exports of djstripe-core.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

/// `::djstripe_core::__private`, or the same under the path that `crate = …` gives.
pub(crate) fn private(krate: Option<&Path>) -> TokenStream {
    match krate {
        Some(path) => quote!(#path::__private),
        None => quote!(::djstripe_core::__private),
    }
}
