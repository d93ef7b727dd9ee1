//! Hooks: callbacks of the application around receiving and processing. They observe, and change
//! nothing.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::webhook::delivery::Delivery;
use crate::webhook::event::Event;

/// What a hook is called with.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct HookContext {
    /// The request as it came in. Absent while an event is processed in the background, long after
    /// its delivery was answered.
    pub delivery: Option<Delivery>,
    /// The event, once it is known.
    pub event: Option<Event>,
}

type Hook<A> = Arc<dyn Fn(HookContext, A) -> BoxFuture<'static, ()> + Send + Sync>;

/// The hooks of an application.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pre_validate: Vec<Hook<()>>,
    post_validate: Vec<Hook<bool>>,
    pre_process: Vec<Hook<()>>,
    post_process: Vec<Hook<()>>,
    processing_error: Vec<Hook<String>>,
}

/// Adding hooks.
impl Hooks {
    pub(crate) fn on_pre_validate<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        hook: impl Fn(HookContext) -> F + Send + Sync + 'static,
    ) {
        self.pre_validate
            .push(boxed(move |context, ()| hook(context)));
    }

    pub(crate) fn on_post_validate<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        hook: impl Fn(HookContext, bool) -> F + Send + Sync + 'static,
    ) {
        self.post_validate.push(boxed(hook));
    }

    pub(crate) fn on_pre_process<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        hook: impl Fn(HookContext) -> F + Send + Sync + 'static,
    ) {
        self.pre_process
            .push(boxed(move |context, ()| hook(context)));
    }

    pub(crate) fn on_post_process<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        hook: impl Fn(HookContext) -> F + Send + Sync + 'static,
    ) {
        self.post_process
            .push(boxed(move |context, ()| hook(context)));
    }

    pub(crate) fn on_processing_error<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        hook: impl Fn(HookContext, String) -> F + Send + Sync + 'static,
    ) {
        self.processing_error.push(boxed(hook));
    }
}

/// Calling hooks.
impl Hooks {
    pub(crate) async fn pre_validate(&self, delivery: &Delivery) {
        let context = || HookContext {
            delivery: Some(delivery.clone()),
            event: None,
        };
        call(&self.pre_validate, "pre_validate", context, ()).await;
    }

    pub(crate) async fn post_validate(&self, delivery: &Delivery, event: Option<&Event>) {
        let context = || HookContext {
            delivery: Some(delivery.clone()),
            event: event.cloned(),
        };
        let is_valid = event.is_some();
        call(&self.post_validate, "post_validate", context, is_valid).await;
    }

    pub(crate) async fn pre_process(&self, delivery: Option<&Delivery>, event: &Event) {
        let context = || processing(delivery, event);
        call(&self.pre_process, "pre_process", context, ()).await;
    }

    pub(crate) async fn post_process(&self, delivery: Option<&Delivery>, event: &Event) {
        let context = || processing(delivery, event);
        call(&self.post_process, "post_process", context, ()).await;
    }

    pub(crate) async fn processing_error(
        &self,
        delivery: Option<&Delivery>,
        event: &Event,
        error: &str,
    ) {
        let context = || processing(delivery, event);
        let error = error.to_owned();
        call(&self.processing_error, "processing_error", context, error).await;
    }
}

fn processing(delivery: Option<&Delivery>, event: &Event) -> HookContext {
    HookContext {
        delivery: delivery.cloned(),
        event: Some(event.clone()),
    }
}

/// Calls hooks one after another. One that panics is logged, and the next one is called all the
/// same.
async fn call<A: Clone>(
    hooks: &[Hook<A>],
    name: &str,
    context: impl Fn() -> HookContext,
    argument: A,
) {
    for hook in hooks {
        let called = async { hook(context(), argument.clone()).await };
        if AssertUnwindSafe(called).catch_unwind().await.is_err() {
            tracing::error!(hook = name, "a hook panicked");
        }
    }
}

fn boxed<A, F: Future<Output = ()> + Send + 'static>(
    hook: impl Fn(HookContext, A) -> F + Send + Sync + 'static,
) -> Hook<A> {
    Arc::new(move |context, argument| hook(context, argument).boxed())
}

impl fmt::Debug for Hooks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Hooks").finish_non_exhaustive()
    }
}
