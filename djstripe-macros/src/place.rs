//! Which crate the attribute is written in: djstripe-core has an option that applications don't have.

/// The crate that is being compiled.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// djstripe-core itself.
    Core,
    /// Any other crate.
    Application,
}

impl Place {
    /// The crate that cargo compiles, as it names it to the compiler.
    pub(crate) fn current() -> Self {
        match std::env::var("CARGO_CRATE_NAME").as_deref() {
            Ok("djstripe_core") => Self::Core,
            _ => Self::Application,
        }
    }
}
