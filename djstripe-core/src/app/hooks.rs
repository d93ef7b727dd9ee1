//! The builder's hooks.

use super::builder::Builder;
use crate::hooks::HookContext;

/// Hooks. The library awaits them, so they delay what they observe; they can't change it.
impl Builder {
    /// Calls `hook` with each delivery before anything about it is checked.
    ///
    /// ```
    /// use djstripe_core::Djstripe;
    ///
    /// let builder = Djstripe::builder()
    ///     .pre_validate(|context| async move {
    ///         println!("{:?}", context.delivery.map(|delivery| delivery.peer));
    ///     })
    ///     .post_validate(|_, valid| async move { println!("valid: {valid}") })
    ///     .processing_error(|context, error| async move {
    ///         eprintln!("{:?} failed: {error}", context.event);
    ///     });
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn pre_validate<F: Future<Output = ()> + Send + 'static>(
        mut self,
        hook: impl Fn(HookContext) -> F + Send + Sync + 'static,
    ) -> Self {
        self.hooks.on_pre_validate(hook);
        self
    }

    /// Calls `hook` with each delivery after the check, and with whether it passed.
    #[must_use]
    pub fn post_validate<F: Future<Output = ()> + Send + 'static>(
        mut self,
        hook: impl Fn(HookContext, bool) -> F + Send + Sync + 'static,
    ) -> Self {
        self.hooks.on_post_validate(hook);
        self
    }

    /// Calls `hook` with each event before its receivers run, and before each retry.
    #[must_use]
    pub fn pre_process<F: Future<Output = ()> + Send + 'static>(
        mut self,
        hook: impl Fn(HookContext) -> F + Send + Sync + 'static,
    ) -> Self {
        self.hooks.on_pre_process(hook);
        self
    }

    /// Calls `hook` with each event after all its receivers have succeeded.
    #[must_use]
    pub fn post_process<F: Future<Output = ()> + Send + 'static>(
        mut self,
        hook: impl Fn(HookContext) -> F + Send + Sync + 'static,
    ) -> Self {
        self.hooks.on_post_process(hook);
        self
    }

    /// Calls `hook` with each failure of a receiver: the event, and the receiver's id with the
    /// error.
    #[must_use]
    pub fn processing_error<F: Future<Output = ()> + Send + 'static>(
        mut self,
        hook: impl Fn(HookContext, String) -> F + Send + Sync + 'static,
    ) -> Self {
        self.hooks.on_processing_error(hook);
        self
    }
}
