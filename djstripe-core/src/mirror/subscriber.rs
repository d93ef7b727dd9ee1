//! Customers belong to the application's users: how one is found.

use std::future::Future;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::receiver::BoxError;
use crate::store::Db;

/// Finds the user that a customer belongs to.
///
/// ```
/// use djstripe_core::mirror::{MirrorSettings, SubscriberLookup};
/// use djstripe_core::receiver::BoxError;
/// use djstripe_core::store::diesel::prelude::*;
/// use djstripe_core::store::diesel_async::RunQueryDsl as AsyncRunQueryDsl;
/// use djstripe_core::{Db, with_db};
///
/// diesel::table! {
///     users (id) { id -> BigInt, }
/// }
/// # use djstripe_core::store::diesel;
///
/// struct Users;
///
/// impl SubscriberLookup for Users {
///     async fn find(&self, key: &str, db: &mut Db<'_>) -> Result<Option<String>, BoxError> {
///         // The metadata may hold anything; a text that is no number is nobody's id.
///         let Ok(id) = key.parse::<i64>() else { return Ok(None) };
///         let query = users::table.find(id).select(users::id);
///         let found: Vec<i64> = with_db!(db, connection => AsyncRunQueryDsl::load(query, connection).await)?;
///         Ok(found.into_iter().next().map(|id| id.to_string()))
///     }
/// }
///
/// let settings = MirrorSettings::default().subscriber_key("user_id").subscribers(Users);
/// # let _ = settings;
/// ```
pub trait SubscriberLookup: Send + Sync + 'static {
    /// The primary key, as text, of the user whose key in Stripe's metadata is `key`; `None` if there is none.
    ///
    /// It runs in the transaction that links the customer.
    ///
    /// # Errors
    /// Any; the event is then tried again.
    fn find(&self, key: &str, db: &mut Db<'_>) -> impl Future<Output = Result<Option<String>, BoxError>> + Send;
}

/// [`SubscriberLookup`] behind a pointer.
pub(crate) trait DynLookup: Send + Sync {
    fn find<'f>(&'f self, key: &'f str, db: &'f mut Db<'_>) -> BoxFuture<'f, Result<Option<String>, BoxError>>;
}

impl<L: SubscriberLookup> DynLookup for L {
    fn find<'f>(&'f self, key: &'f str, db: &'f mut Db<'_>) -> BoxFuture<'f, Result<Option<String>, BoxError>> {
        SubscriberLookup::find(self, key, db).boxed()
    }
}
