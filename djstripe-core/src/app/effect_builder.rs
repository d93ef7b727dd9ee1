//! The builder's effects: those given to it, and those that the program declares.

use super::builder::Builder;
use crate::error::BoxError;
use crate::receiver::effects::handlers::{DuplicateEffect, EffectHandler, Effects, registered};
use crate::receiver::effects::{Effect, EffectInfo, EffectOptions};

/// Effects.
impl Builder {
    /// Sets the function that runs the effects of this name, which receivers request with
    /// [`Db::after_commit`](crate::Db::after_commit). It replaces a function with
    /// [`stripe_effect`](crate::stripe_effect) of the same name.
    ///
    /// An effect that fails is retried by the application's schedule, unless its error is
    /// [`Permanent`](crate::Permanent).
    ///
    /// ```
    /// use djstripe_core::Djstripe;
    /// use djstripe_core::receiver::Effect;
    ///
    /// let builder = Djstripe::builder().effect("welcome_mail", |effect: Effect| async move {
    ///     let address: String = effect.payload()?;
    ///     println!("mail to {address}");
    ///     Ok::<(), serde_json::Error>(())
    /// });
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn effect<F, E>(self, name: &str, run: impl Fn(Effect) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        self.effect_with(name, EffectOptions::DEFAULT, run)
    }

    /// As [`effect`](Self::effect), with a retry schedule or a time limit of its own.
    ///
    /// ```
    /// use std::time::Duration;
    /// use djstripe_core::receiver::{Effect, EffectOptions};
    /// use djstripe_core::{BoxError, Djstripe};
    ///
    /// async fn ring(effect: Effect) -> Result<(), BoxError> {
    ///     println!("{}", effect.payload::<String>()?);
    ///     Ok(())
    /// }
    ///
    /// let options = EffectOptions::DEFAULT.schedule([Duration::from_secs(5)]);
    /// let builder = Djstripe::builder().effect_with("alarm", options, ring);
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn effect_with<F, E>(
        mut self,
        name: &str,
        options: EffectOptions,
        run: impl Fn(Effect) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let handler = EffectHandler::new(options, run);
        self.given_effects.insert(name.to_owned(), handler);
        self
    }

    /// Uses these declared effects instead of those that the program registers. After
    /// [`receivers`](Self::receivers), none are registered without this.
    ///
    /// ```
    /// use djstripe_core::receiver::StripeEffect;
    /// use djstripe_core::{Djstripe, stripe_effect};
    ///
    /// #[stripe_effect]
    /// fn ring(text: String) {
    ///     println!("{text}");
    /// }
    ///
    /// let builder = Djstripe::builder().receivers([]).effects([ring::info()]);
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn effects(mut self, effects: impl IntoIterator<Item = &'static EffectInfo>) -> Self {
        self.declared_effects = Some(effects.into_iter().collect());
        self
    }

    /// The effects that are declared with `#[stripe_effect]` and apply to this application.
    pub(super) fn declared(&self) -> Vec<&'static EffectInfo> {
        match &self.declared_effects {
            Some(declared) => declared.clone(),
            None if self.has_own_receivers() => Vec::new(),
            None => registered(),
        }
    }

    /// The effects that the built application can run.
    pub(crate) fn effect_handlers(&self) -> Result<Effects, DuplicateEffect> {
        Effects::new(self.declared(), self.given_effects.clone())
    }
}
