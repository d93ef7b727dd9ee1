//! What comes out when something is wrong: the user's item all the same, so that the code that names it has no errors
//! of its own, and every mistake at once.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Error;

use crate::expand::with_item;

/// The item with every error beside it.
pub(crate) fn fallback(item: impl ToTokens, errors: Vec<Error>) -> TokenStream {
    with_item(item, errors.iter().map(Error::to_compile_error).collect())
}
