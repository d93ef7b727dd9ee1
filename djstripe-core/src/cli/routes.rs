//! The routes that `serve` answers besides its own.

use axum::Router;

use crate::app::Djstripe;

/// The routes of an application, which are made when it is built.
pub(super) type Routes = Box<dyn FnOnce(Djstripe) -> Router + Send>;
