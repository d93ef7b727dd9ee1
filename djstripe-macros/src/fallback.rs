//! The output when there are mistakes. In: the user's item and the errors. Out: the item unchanged, so that code that
//! names it has no errors of its own, and every error at once.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Error;

use crate::expand::with_item;

/// The item, followed by every error.
pub(crate) fn fallback(item: impl ToTokens, errors: Vec<Error>) -> TokenStream {
    with_item(item, errors.iter().map(Error::to_compile_error).collect())
}
