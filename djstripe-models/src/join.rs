//! Joins between mirrored tables.

/// The condition of a join: the column on the left holds the id of a row on the right, of the same
/// account and mode.
///
/// An id alone would mix accounts and modes. [`stripe_table!`](crate::stripe_table) with several tables
/// declares them so that they can be joined:
///
/// ```
/// use djstripe_models::diesel::prelude::*;
/// use djstripe_models::{stripe_on, stripe_table};
///
/// stripe_table!(stripe_customer, stripe_subscription, stripe_subscription_item);
///
/// // The price of each user's active subscriptions.
/// let query = stripe_subscription::table
///     .inner_join(stripe_customer::table.on(stripe_on!(stripe_subscription::customer => stripe_customer)))
///     .inner_join(
///         stripe_subscription_item::table
///             .on(stripe_on!(stripe_subscription_item::subscription => stripe_subscription)),
///     )
///     .filter(stripe_subscription::status.eq("active"))
///     .select((stripe_customer::subscriber, stripe_subscription_item::price));
/// # let _ = query;
/// ```
#[macro_export]
macro_rules! stripe_on {
    ($table:ident :: $column:ident => $other:ident) => {{
        use $crate::diesel::{
            BoolExpressionMethods as _, ExpressionMethods as _, NullableExpressionMethods as _,
        };
        $table::account
            .eq($other::account)
            .and($table::livemode.eq($other::livemode))
            .and($table::$column.eq($other::id.nullable()))
    }};
}
