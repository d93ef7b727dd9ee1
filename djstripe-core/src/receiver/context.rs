//! The application's shared values, which receivers take by their type.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Shared values of the application, one of each type.
#[derive(Clone, Default)]
pub struct Context {
    states: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
}

impl Context {
    /// Adds a value. A second one of the same type replaces the first.
    pub fn insert<S: Send + Sync + 'static>(&mut self, state: S) {
        self.insert_shared(Arc::new(state));
    }

    /// Adds a value that djstripe itself uses too.
    pub(crate) fn insert_shared<S: Send + Sync + 'static>(&mut self, state: Arc<S>) {
        self.states.insert(TypeId::of::<S>(), state);
    }

    /// The value of type `S`, if the application added one.
    pub fn state<S: Send + Sync + 'static>(&self) -> Option<Arc<S>> {
        let state = self.states.get(&TypeId::of::<S>())?;
        Arc::clone(state).downcast().ok()
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Context")
            .field("states", &self.states.len())
            .finish_non_exhaustive()
    }
}
