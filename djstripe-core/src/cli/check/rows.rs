//! The mirror's rows, as far as they may not be what Stripe has.

use djstripe_models::{DESCRIPTORS, ModelDescriptor};

use super::findings::Findings;
use crate::error::describe;
use crate::maintenance::lists::{self, Listing};
use crate::mirror::references::is_child;
use crate::store::{DoubtfulRows, Store, TableName};

const POINT: &str = "mirror";

/// Counts the rows that know only the first page of a list, and those in which the order of two
/// events is undecided.
pub(super) async fn check(has_key: bool, store: &Store, findings: &mut Findings) {
    let present = match store.mirror_tables().await {
        Ok(tables) => tables,
        Err(error) => {
            findings.error(POINT, describe(&error), "see the database's log");
            return;
        }
    };
    // The rows of children are as doubtful as those of their parents.
    let types: Vec<(&'static ModelDescriptor, TableName)> = DESCRIPTORS
        .iter()
        .filter(|descriptor| !is_child(descriptor.object) && !present.lack(descriptor))
        .filter_map(|descriptor| Some((descriptor, TableName::new(descriptor.table?))))
        .collect();
    let tables: Vec<TableName> = types.iter().map(|(_, table)| *table).collect();

    let doubtful = match store.doubtful_rows(&tables).await {
        Ok(doubtful) => doubtful,
        Err(error) => {
            findings.error(POINT, describe(&error), "see the database's log");
            return;
        }
    };
    let of = |count: fn(&DoubtfulRows) -> u64| {
        let with_type = doubtful.iter().filter_map(|rows| {
            let (descriptor, _) = types.iter().find(|(_, table)| *table == rows.table)?;
            Some((*descriptor, count(rows)))
        });
        with_type.filter(|(_, count)| *count > 0).collect()
    };

    let undecided = "rows may show the earlier one of two events of the same second";
    report(undecided, of(|rows| rows.undecided), has_key, findings);
    let incomplete = "rows know only the first page of a list inside their object";
    report(incomplete, of(|rows| rows.incomplete), has_key, findings);
}

/// Reports rows by type and number.
fn report(
    what: &str,
    rows: Vec<(&'static ModelDescriptor, u64)>,
    has_key: bool,
    findings: &mut Findings,
) {
    if rows.is_empty() {
        return;
    }
    let tables: Vec<String> = rows
        .iter()
        .map(|(descriptor, count)| format!("{count} in {}", descriptor.table.unwrap_or_default()))
        .collect();
    let what = format!("{what}: {}", tables.join(", "));
    let types: Vec<&str> = rows
        .iter()
        .map(|(descriptor, _)| *descriptor)
        .filter(|descriptor| !matches!(lists::listing(descriptor), Listing::Unlisted(_)))
        .map(|descriptor| descriptor.object)
        .collect();
    findings.warning(POINT, what, fix(&types, has_key));
}

/// What brings Stripe's state into the rows. Some types have no list, and wait for an event.
fn fix(types: &[&str], has_key: bool) -> String {
    let key = if has_key {
        ""
    } else {
        "set STRIPE_SECRET_KEY, then "
    };
    if types.is_empty() {
        format!("{key}run their latest events again with `events replay`")
    } else {
        format!("{key}run `sync {}`", types.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fix_is_a_command_and_needs_a_key() {
        let check = |types: &[&str], has_key, expected| assert_eq!(fix(types, has_key), expected);
        check(&["charge", "invoice"], true, "run `sync charge invoice`");
        check(
            &["charge"],
            false,
            "set STRIPE_SECRET_KEY, then run `sync charge`",
        );
        check(
            &[],
            true,
            "run their latest events again with `events replay`",
        );
    }
}
