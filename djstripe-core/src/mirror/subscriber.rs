//! Subscribers: the application's users that customers belong to.
//!
//! The application implements how one of them is found, and how all of them are listed.

use std::collections::BTreeMap;
use std::future::Future;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::error::BoxError;
use crate::store::Db;

/// Finds the application's user that a customer belongs to.
///
/// diesel's `table!` needs diesel in the application's `Cargo.toml`: see [`with_db!`](crate::with_db).
///
/// ```
/// use djstripe_core::mirror::{MirrorSettings, SubscriberLookup};
/// use djstripe_core::BoxError;
/// use djstripe_core::store::prelude::*;
/// use djstripe_core::{Db, with_db};
///
/// diesel::table! {
///     users (id) { id -> BigInt, }
/// }
///
/// struct Users;
///
/// impl SubscriberLookup for Users {
///     async fn find(&self, key: &str, db: &mut Db<'_>) -> Result<Option<String>, BoxError> {
///         // Metadata can hold any string; one that is not a number is no user's id.
///         let Ok(id) = key.parse::<i64>() else { return Ok(None) };
///         let query = users::table.find(id).select(users::id);
///         let found: Vec<i64> = with_db!(db, connection => query.load(connection).await)?;
///         Ok(found.first().map(i64::to_string))
///     }
/// }
///
/// let settings = MirrorSettings::default().subscriber_key("user_id").subscribers(Users);
/// # let _ = settings;
/// ```
pub trait SubscriberLookup: Send + Sync + 'static {
    /// The primary key, as a string, of the user whose key in Stripe's metadata is `key`; `None` if
    /// there is no such user.
    ///
    /// Runs in the transaction that links the customer.
    ///
    /// # Errors
    /// Any; the event is then retried.
    fn find(
        &self,
        key: &str,
        db: &mut Db<'_>,
    ) -> impl Future<Output = Result<Option<String>, BoxError>> + Send;

    /// The primary keys, as strings, of all users with this email address, which is in lower case.
    /// Needed for [`LinkBy::Email`](super::LinkBy::Email); a customer is linked only if there is
    /// exactly one.
    ///
    /// Return only users who have confirmed that the address is theirs.
    ///
    /// # Errors
    /// Any; the event is then retried. Default: [`NoEmailLookup`].
    fn find_by_email(
        &self,
        email: &str,
        db: &mut Db<'_>,
    ) -> impl Future<Output = Result<Vec<String>, BoxError>> + Send {
        let _ = (email, db);
        std::future::ready(Err(NoEmailLookup.into()))
    }
}

/// Customers are linked by email address, and the application doesn't find users by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`link_by` has `LinkBy::Email`, and the `SubscriberLookup` doesn't implement `find_by_email`; \
     implement it"
)]
pub struct NoEmailLookup;

/// [`SubscriberLookup`] behind a pointer.
pub(crate) trait DynLookup: Send + Sync {
    fn find<'f>(
        &'f self,
        key: &'f str,
        db: &'f mut Db<'_>,
    ) -> BoxFuture<'f, Result<Option<String>, BoxError>>;

    fn find_by_email<'f>(
        &'f self,
        email: &'f str,
        db: &'f mut Db<'_>,
    ) -> BoxFuture<'f, Result<Vec<String>, BoxError>>;
}

impl<L: SubscriberLookup> DynLookup for L {
    fn find<'f>(
        &'f self,
        key: &'f str,
        db: &'f mut Db<'_>,
    ) -> BoxFuture<'f, Result<Option<String>, BoxError>> {
        SubscriberLookup::find(self, key, db).boxed()
    }

    fn find_by_email<'f>(
        &'f self,
        email: &'f str,
        db: &'f mut Db<'_>,
    ) -> BoxFuture<'f, Result<Vec<String>, BoxError>> {
        SubscriberLookup::find_by_email(self, email, db).boxed()
    }
}

/// One of the application's users.
///
/// Where a function takes `impl Into<Subscriber>`, a user's key alone will do, as a string or an
/// integer. With a conversion from the application's own type, that type will do too, and a
/// customer that is created for the user gets the email address and the name:
///
/// ```
/// use djstripe_core::mirror::Subscriber;
///
/// struct User {
///     id: i64,
///     email: String,
/// }
///
/// impl From<&User> for Subscriber {
///     fn from(user: &User) -> Self {
///         Self {
///             email: Some(user.email.clone()),
///             ..Self::from(user.id)
///         }
///     }
/// }
///
/// let ann = User { id: 7, email: "ann@example.com".to_owned() };
/// assert_eq!(Subscriber::from(&ann).id, "7");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscriber {
    /// The user's primary key, as a string, as [`SubscriberLookup::find`] returns it.
    pub id: String,
    /// The email address for the customer at Stripe.
    pub email: Option<String>,
    /// The name for the customer at Stripe.
    pub name: Option<String>,
    /// Further metadata for the customer at Stripe.
    pub metadata: BTreeMap<String, String>,
}

impl From<&str> for Subscriber {
    fn from(id: &str) -> Self {
        Self::from(id.to_owned())
    }
}

impl From<String> for Subscriber {
    fn from(id: String) -> Self {
        Self {
            id,
            ..Self::default()
        }
    }
}

macro_rules! from_key {
    ($($key:ty),*) => {
        $(impl From<$key> for Subscriber {
            fn from(id: $key) -> Self {
                Self::from(id.to_string())
            }
        })*
    };
}

from_key!(i32, i64, u32, u64, uuid::Uuid);

impl From<&Self> for Subscriber {
    fn from(user: &Self) -> Self {
        user.clone()
    }
}

/// Lists the application's users, for
/// [`Djstripe::init_customers`](crate::Djstripe::init_customers).
///
/// diesel's `table!` needs diesel in the application's `Cargo.toml`: see [`with_db!`](crate::with_db).
///
/// ```
/// use djstripe_core::mirror::{MirrorSettings, Subscriber, SubscriberSource};
/// use djstripe_core::BoxError;
/// use djstripe_core::store::prelude::*;
/// use djstripe_core::{Db, with_db};
///
/// diesel::table! {
///     users (id) { id -> BigInt, email -> Text, }
/// }
///
/// struct Users;
///
/// impl SubscriberSource for Users {
///     async fn page(&self, after: Option<&str>, limit: u32, db: &mut Db<'_>) -> Result<Vec<Subscriber>, BoxError> {
///         let after: i64 = after.map_or(Ok(i64::MIN), str::parse)?;
///         let query = users::table.filter(users::id.gt(after)).order(users::id).limit(limit.into());
///         let found: Vec<(i64, String)> = with_db!(db, connection => query.load(connection).await)?;
///         let subscriber = |(id, email): (i64, String)| Subscriber {
///             id: id.to_string(),
///             email: Some(email),
///             ..Subscriber::default()
///         };
///         Ok(found.into_iter().map(subscriber).collect())
///     }
/// }
///
/// let settings = MirrorSettings::default().subscriber_key("user_id").subscriber_source(Users);
/// # let _ = settings;
/// ```
pub trait SubscriberSource: Send + Sync + 'static {
    /// The next page of at most `limit` users, in the order of their keys: users after the one with
    /// the key `after`, or the first ones. An empty page ends the list.
    ///
    /// # Errors
    /// Any; `init_customers` then stops.
    fn page(
        &self,
        after: Option<&str>,
        limit: u32,
        db: &mut Db<'_>,
    ) -> impl Future<Output = Result<Vec<Subscriber>, BoxError>> + Send;
}

/// [`SubscriberSource`] behind a pointer.
pub(crate) trait DynSource: Send + Sync {
    fn page<'f>(
        &'f self,
        after: Option<&'f str>,
        limit: u32,
        db: &'f mut Db<'_>,
    ) -> BoxFuture<'f, Result<Vec<Subscriber>, BoxError>>;
}

impl<S: SubscriberSource> DynSource for S {
    fn page<'f>(
        &'f self,
        after: Option<&'f str>,
        limit: u32,
        db: &'f mut Db<'_>,
    ) -> BoxFuture<'f, Result<Vec<Subscriber>, BoxError>> {
        SubscriberSource::page(self, after, limit, db).boxed()
    }
}
