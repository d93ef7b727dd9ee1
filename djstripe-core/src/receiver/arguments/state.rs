//! The application's shared values as arguments.

use std::ops::Deref;
use std::sync::Arc;

use djstripe_models::AnyObject;

use super::error::ArgumentError;
use super::from_event::{FromEvent, Parts};
use crate::receiver::context::Context;

/// A shared value of the application, given with [`Builder::state`](crate::Builder::state).
///
/// ```
/// use djstripe_core::{State, stripe_receiver};
///
/// struct Shop {
///     name: String,
/// }
///
/// #[stripe_receiver("checkout.session.completed")]
/// fn thank(State(shop): State<Shop>) {
///     println!("{} says thank you", shop.name);
/// }
/// ```
#[derive(Debug)]
pub struct State<S>(pub Arc<S>);

impl<S> Clone for State<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> Deref for State<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.0
    }
}

impl<'a, S: Send + Sync + 'static> FromEvent<'a> for State<S> {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        find_state(parts.context()).map(Self)
    }

    fn check(context: &Context) -> Result<(), ArgumentError> {
        find_state::<S>(context).map(drop)
    }
}

/// The application's value of a type.
pub(crate) fn find_state<S: Send + Sync + 'static>(
    context: &Context,
) -> Result<Arc<S>, ArgumentError> {
    context.state().ok_or_else(|| {
        let type_name = std::any::type_name::<S>();
        match context.state::<Arc<S>>() {
            Some(_) => ArgumentError::StateInArc { type_name },
            None => ArgumentError::MissingState { type_name },
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_missing_is_told_from_one_in_an_arc() {
        let mut context = Context::default();
        let told = |context: &Context| State::<String>::check(context).unwrap_err().to_string();
        assert!(told(&context).starts_with("no `alloc::string::String` was given"));
        context.insert(Arc::new("shop".to_owned()));
        assert!(told(&context).contains("an `Arc` of `alloc::string::String`"));
        context.insert("shop".to_owned());
        assert!(State::<String>::check(&context).is_ok());
    }
}
