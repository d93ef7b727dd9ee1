//! Callbacks around receiving and processing: they look on, and change nothing.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::app::Builder;
use crate::webhook::delivery::Delivery;
use crate::webhook::event::Event;

/// What a hook is told of.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Occasion {
    /// The request as it came in. Absent while an event is processed in the background: it is long answered then.
    pub delivery: Option<Delivery>,
    /// The event, once it is known.
    pub event: Option<Event>,
}

type Hook<A> = Arc<dyn Fn(Occasion, A) -> BoxFuture<'static, ()> + Send + Sync>;

/// The hooks of an application.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pre_validate: Vec<Hook<()>>,
    post_validate: Vec<Hook<bool>>,
    pre_process: Vec<Hook<()>>,
    post_process: Vec<Hook<()>>,
    processing_error: Vec<Hook<String>>,
}

impl Hooks {
    pub(crate) async fn pre_validate(&self, delivery: &Delivery) {
        call(
            &self.pre_validate,
            "pre_validate",
            || Occasion {
                delivery: Some(delivery.clone()),
                event: None,
            },
            (),
        )
        .await;
    }

    pub(crate) async fn post_validate(&self, delivery: &Delivery, event: Option<&Event>) {
        let occasion = || Occasion {
            delivery: Some(delivery.clone()),
            event: event.cloned(),
        };
        call(
            &self.post_validate,
            "post_validate",
            occasion,
            event.is_some(),
        )
        .await;
    }

    pub(crate) async fn pre_process(&self, delivery: Option<&Delivery>, event: &Event) {
        call(
            &self.pre_process,
            "pre_process",
            || processing(delivery, event),
            (),
        )
        .await;
    }

    pub(crate) async fn post_process(&self, delivery: Option<&Delivery>, event: &Event) {
        call(
            &self.post_process,
            "post_process",
            || processing(delivery, event),
            (),
        )
        .await;
    }

    pub(crate) async fn processing_error(
        &self,
        delivery: Option<&Delivery>,
        event: &Event,
        error: &str,
    ) {
        if !self.processing_error.is_empty() {
            let occasion = || processing(delivery, event);
            call(
                &self.processing_error,
                "processing_error",
                occasion,
                error.to_owned(),
            )
            .await;
        }
    }
}

fn processing(delivery: Option<&Delivery>, event: &Event) -> Occasion {
    Occasion {
        delivery: delivery.cloned(),
        event: Some(event.clone()),
    }
}

/// Calls hooks one after another. One that panics is logged, and the others are called all the same.
async fn call<A: Clone>(
    hooks: &[Hook<A>],
    name: &str,
    occasion: impl Fn() -> Occasion,
    argument: A,
) {
    for hook in hooks {
        let called =
            AssertUnwindSafe(async { hook(occasion(), argument.clone()).await }).catch_unwind();
        if called.await.is_err() {
            tracing::error!(hook = name, "a hook has panicked");
        }
    }
}

fn boxed<A, F: Future<Output = ()> + Send + 'static>(
    hook: impl Fn(Occasion, A) -> F + Send + Sync + 'static,
) -> Hook<A> {
    Arc::new(move |occasion, argument| hook(occasion, argument).boxed())
}

/// Hooks. They are awaited, so they delay what they look on at; they can't change it.
impl Builder {
    /// Called with each delivery before anything about it is checked.
    ///
    /// ```
    /// use djstripe_core::Djstripe;
    ///
    /// let builder = Djstripe::builder()
    ///     .pre_validate(|occasion| async move { println!("{:?}", occasion.delivery.map(|delivery| delivery.peer)) })
    ///     .post_validate(|_, valid| async move { println!("valid: {valid}") })
    ///     .processing_error(|occasion, error| async move { eprintln!("{:?} failed: {error}", occasion.event) });
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn pre_validate<F: Future<Output = ()> + Send + 'static>(
        mut self,
        hook: impl Fn(Occasion) -> F + Send + Sync + 'static,
    ) -> Self {
        self.hooks
            .pre_validate
            .push(boxed(move |occasion, ()| hook(occasion)));
        self
    }

    /// Called with each delivery after the check, and whether it passed.
    #[must_use]
    pub fn post_validate<F: Future<Output = ()> + Send + 'static>(
        mut self,
        hook: impl Fn(Occasion, bool) -> F + Send + Sync + 'static,
    ) -> Self {
        self.hooks.post_validate.push(boxed(hook));
        self
    }

    /// Called with each event before its receivers run, at every try.
    #[must_use]
    pub fn pre_process<F: Future<Output = ()> + Send + 'static>(
        mut self,
        hook: impl Fn(Occasion) -> F + Send + Sync + 'static,
    ) -> Self {
        self.hooks
            .pre_process
            .push(boxed(move |occasion, ()| hook(occasion)));
        self
    }

    /// Called with each event after all its receivers have succeeded.
    #[must_use]
    pub fn post_process<F: Future<Output = ()> + Send + 'static>(
        mut self,
        hook: impl Fn(Occasion) -> F + Send + Sync + 'static,
    ) -> Self {
        self.hooks
            .post_process
            .push(boxed(move |occasion, ()| hook(occasion)));
        self
    }

    /// Called with each failure of a receiver: its id and the error.
    #[must_use]
    pub fn processing_error<F: Future<Output = ()> + Send + 'static>(
        mut self,
        hook: impl Fn(Occasion, String) -> F + Send + Sync + 'static,
    ) -> Self {
        self.hooks.processing_error.push(boxed(hook));
        self
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Hooks").finish_non_exhaustive()
    }
}
