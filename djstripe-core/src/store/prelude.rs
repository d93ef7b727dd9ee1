//! diesel's prelude for the queries of an application, without `RunQueryDsl`.
//!
//! [`with_db!`](crate::with_db) brings the methods that run a query. `RunQueryDsl` would give every
//! type a method `first`, also a list of Stripe's that has one already.
//!
//! ```
//! use djstripe_core::models::Subscription;
//! use djstripe_core::store::prelude::*;
//! use djstripe_core::{Db, with_db};
//!
//! djstripe_core::models::stripe_table!(stripe_price);
//!
//! async fn product(
//!     subscription: &Subscription,
//!     db: &mut Db<'_>,
//! ) -> Result<Option<String>, diesel::result::Error> {
//!     let item = subscription.items.first();
//!     let price = item.and_then(|item| item.price.as_ref()).and_then(|price| price.id.clone());
//!     let query = stripe_price::table
//!         .filter(stripe_price::id.eq(price.unwrap_or_default()))
//!         .select(stripe_price::product);
//!     with_db!(db, connection => query.first(connection).await)
//! }
//! ```

pub use diesel::associations::{Associations, GroupedBy, Identifiable};
pub use diesel::deserialize::{Queryable, QueryableByName};
pub use diesel::expression::{
    BoxableExpression, IntoSql, Selectable, SelectableExpression, SelectableHelper,
};
pub use diesel::expression_methods::*;
pub use diesel::prelude::table;
pub use diesel::query_builder::AsChangeset;
pub use diesel::query_dsl::{BelongingToDsl, CombineDsl, JoinOnDsl, QueryDsl};
pub use diesel::result::{OptionalExtension, QueryResult};
pub use diesel::{
    Insertable, JoinTo, allow_columns_to_appear_in_same_group_by_clause,
    allow_tables_to_appear_in_same_query, joinable,
};
