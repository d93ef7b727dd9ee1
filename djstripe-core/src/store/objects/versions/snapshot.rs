//! What rows hold now, as versions: the first state of an object whose versions were not kept before,
//! and changes that are no observations.

use super::statements::EVENT_OF_ROW;
use crate::store::backend::statement::Statement;
use crate::store::row::TableName;

/// Of rows that have not changed since their last version was recorded, the content is not read.
const SINCE_LAST_VERSION: &str = "latest.recorded_at >= present.djstripe_updated OR ";

/// The statement that stores what rows hold, where the last version says something else. `rows` names
/// them `present`, and ends with a condition; the binds are the time of recording and those of
/// `event`, then those of `rows`.
fn sql(object: &str, rows: &str, event: &str, unless: &str) -> String {
    let at = "CASE WHEN present.deleted_at > present.observed_at THEN present.deleted_at \
         ELSE present.observed_at END";
    let of_object = format!(
        "known.object = '{object}' AND known.id = present.id AND known.account = present.account \
         AND known.livemode = present.livemode"
    );
    format!(
        "INSERT INTO djstripe_object_version (object, id, account, livemode, observed_at, number, recorded_at, \
             event_id, content, deleted, confirmed_at) \
         SELECT '{object}', present.id, present.account, present.livemode, {at}, \
             coalesce((SELECT max(known.number) + 1 FROM djstripe_object_version AS known \
                 WHERE {of_object} AND known.observed_at = {at}), 0), \
             ?, {event}, CAST(present.stripe_data AS text), present.deleted_at IS NOT NULL, {at} \
         FROM {rows} AND coalesce(present.djstripe_source, '') <> 'copy' AND NOT EXISTS ( \
             SELECT 1 FROM (SELECT known.recorded_at, known.observed_at, known.content, known.deleted \
                 FROM djstripe_object_version AS known WHERE {of_object} \
                 ORDER BY known.observed_at DESC, known.number DESC LIMIT 1) AS latest \
             WHERE {unless}latest.observed_at > {at} \
                 OR latest.deleted = (present.deleted_at IS NOT NULL) \
                     AND latest.content = CAST(present.stripe_data AS text)) \
         ON CONFLICT DO NOTHING"
    )
}

/// The SQL that stores what the rows hold which a batch is about to write. Another transaction that
/// does so at the same time writes the same.
#[cfg(feature = "postgres")]
pub(in crate::store::objects) fn before_batch_sql(table: TableName, object: &str) -> String {
    // LATERAL, as in `same_sql` of the upsert.
    let rows = format!(
        "unnest(?, ?, ?) AS given (account, livemode, id) CROSS JOIN LATERAL ( \
             SELECT stored.account, stored.livemode, stored.id, stored.stripe_data, stored.observed_at, \
                 stored.deleted_at, stored.djstripe_source, stored.djstripe_events, stored.djstripe_updated \
             FROM {table} AS stored WHERE stored.account = given.account \
                 AND stored.livemode = given.livemode AND stored.id = given.id OFFSET 0) AS present \
         WHERE true"
    );
    sql(object, &rows, EVENT_OF_ROW, SINCE_LAST_VERSION)
}

/// Stores what one row holds before it is written.
#[cfg(feature = "sqlite")]
pub(super) fn before_write<'k>(
    table: TableName,
    object: &str,
    (account, livemode, id): &'k crate::store::objects::observation::Key,
    now: i64,
) -> Statement<'k> {
    let rows = format!(
        "{table} AS present WHERE present.account = ? AND present.livemode = ? AND present.id = ?"
    );
    Statement::new(sql(object, &rows, EVENT_OF_ROW, SINCE_LAST_VERSION))
        .bind(now)
        .bind(&**account)
        .bind(*livemode)
        .bind(&**id)
}

/// A parent, and when which event ended some of its children.
pub(in crate::store::objects) struct EndedBy<'p> {
    pub(in crate::store::objects) account: &'p str,
    pub(in crate::store::objects) livemode: bool,
    /// Type and id of the parent.
    pub(in crate::store::objects) object: &'static str,
    pub(in crate::store::objects) id: &'p str,
    pub(in crate::store::objects) at: i64,
    pub(in crate::store::objects) event_id: Option<&'p str>,
}

/// Stores the end of children whose rows were ended at `now`.
pub(in crate::store::objects) fn ended_children(
    table: TableName,
    object: &str,
    parent: &EndedBy<'_>,
    now: i64,
) -> Statement<'static> {
    let rows = format!(
        "{table} AS present WHERE present.account = ? AND present.livemode = ? AND present.parent_type = ? \
             AND present.parent_id = ? AND present.deleted_at = ? AND present.djstripe_updated = ?"
    );
    Statement::new(sql(object, &rows, "?", ""))
        .bind(now)
        .bind(parent.event_id.map(str::to_owned))
        .bind(parent.account.to_owned())
        .bind(parent.livemode)
        .bind(parent.object)
        .bind(parent.id.to_owned())
        .bind(parent.at)
        .bind(now)
}

/// Stores the end of a customer's entitlements that ended at `now`.
pub(in crate::store::objects) fn ended_entitlements(
    table: TableName,
    object: &str,
    (account, livemode, customer): (&str, bool, &str),
    event_id: Option<&str>,
    now: i64,
) -> Statement<'static> {
    let rows = format!(
        "{table} AS present WHERE present.account = ? AND present.livemode = ? AND present.customer = ? \
             AND present.deleted_at IS NOT NULL AND present.djstripe_updated = ?"
    );
    Statement::new(sql(object, &rows, "?", ""))
        .bind(now)
        .bind(event_id.map(str::to_owned))
        .bind(account.to_owned())
        .bind(livemode)
        .bind(customer.to_owned())
        .bind(now)
}
