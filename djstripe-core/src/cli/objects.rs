//! `objects`: mirrored objects of one type, or the columns of their table.

use clap::Args;
use djstripe_models::{COMMON_COLUMNS, ModelDescriptor, descriptor};
use serde_json::{Map, Value, json};

use super::database::open_migrated;
use super::exit::{CommandError, ExitStatus, UsageError};
use super::list::{self, DEFAULT_LIMIT};
use super::output::{OutputArgs, print};
use super::settings::DatabaseArgs;
use crate::app::Builder;
use crate::store::{ListedObject, ObjectFilter, Store, TableName};
use crate::webhook::mode_name;

#[derive(Debug, Args)]
pub(super) struct Objects {
    /// Type of the objects, such as customer or checkout.session
    object: String,
    /// Show the columns of the table instead, and where their values come from
    #[arg(long, conflicts_with_all = ["deleted", "account"])]
    describe: bool,
    /// Show deleted objects too
    #[arg(long)]
    deleted: bool,
    /// Show objects of this connected account only
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Show the objects after this one, which is the last of the page before: its id, or the position
    /// that the end of that page names
    #[arg(long, conflicts_with = "describe", value_name = "ID")]
    after: Option<String>,
    /// Show at most this many
    #[arg(long, default_value_t = DEFAULT_LIMIT, value_name = "NUMBER")]
    limit: u32,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, objects: Objects) -> Result<ExitStatus, CommandError> {
    let object = &*objects.object;
    let descriptor =
        descriptor(object).ok_or_else(|| format!("`{object}` is not a Stripe object"))?;
    let table = descriptor
        .table
        .ok_or_else(|| format!("`{object}` has no id, so it has no table"))?;

    if objects.describe {
        return describe(descriptor, table, objects.output.json);
    }

    let store = open_migrated(&objects.database.apply(builder)).await?;
    let tables = store.mirror_tables().await?;
    if let Some(group) = descriptor.feature.filter(|_| tables.lack(descriptor)) {
        return Err(format!(
            "the database was made without the tables of `{group}`, so `{object}` has none"
        )
        .into());
    }
    let table = TableName::new(table);
    let filter = ObjectFilter {
        deleted: objects.deleted,
        account: objects.account,
        limit: Some(list::one_more(objects.limit)),
        ..ObjectFilter::default()
    };
    let page = ObjectFilter {
        after: match &objects.after {
            Some(after) => Some(position(&store, table, &filter, after).await?),
            None => None,
        },
        ..filter.clone()
    };
    let rows = store.objects(table, &page).await?;

    let line = |row: &ListedObject| {
        Ok(if objects.output.json {
            row.json.clone()
        } else {
            list::shortened(&line(descriptor, &row.id, &row.json)?)
        })
    };
    list::print_page(&rows, objects.limit, "objects", line, async |last| {
        let limit = list::one_more(list::MOST_COUNTED);
        let all = store.count_objects(table, &filter, limit).await?;
        Ok((all, name_position(last)))
    })
    .await?;
    Ok(ExitStatus::Success)
}

/// The position of a row: `live/cus_1`, or `test/acct_1/cus_1` of a connected account.
fn name_position(row: &ListedObject) -> String {
    let mode = mode_name(row.livemode);
    match &*row.account {
        "" => format!("{mode}/{}", row.id),
        account => format!("{mode}/{account}/{}", row.id),
    }
}

/// Reads what [`name_position`] has written; `None` if it is an id alone.
fn read_position(text: &str) -> Option<(String, bool, String)> {
    let (mode, rest) = text.split_once('/')?;
    let livemode = [true, false]
        .into_iter()
        .find(|it| mode_name(*it) == mode)?;
    let (account, id) = match rest.split_once('/') {
        Some((account, id)) if account.starts_with("acct_") => (account, id),
        _ => ("", rest),
    };
    Some((account.to_owned(), livemode, id.to_owned()))
}

/// Where `--after` stands in the list.
async fn position(
    store: &Store,
    table: TableName,
    filter: &ObjectFilter,
    after: &str,
) -> Result<(String, bool, String), CommandError> {
    if let Some(position) = read_position(after) {
        return Ok(position);
    }
    let with_id = ObjectFilter {
        id: Some(after.to_owned()),
        limit: Some(2),
        ..filter.clone()
    };
    let rows = store.objects(table, &with_id).await?;
    match &rows[..] {
        [row] => Ok((row.account.clone(), row.livemode, row.id.clone())),
        [] => Err(UsageError(format!("no object {after} to list after")).into()),
        [row, ..] => {
            let position = name_position(row);
            let message = format!("several objects are {after}; write {position} for one of them");
            Err(UsageError(message).into())
        }
    }
}

/// A column of a table.
struct DescribedColumn {
    name: &'static str,
    kind: &'static str,
    indexed: bool,
    /// Where its value stands in Stripe's object, if it does.
    places: String,
    /// What it holds, if djstripe fills it.
    about: &'static str,
}

fn columns_of(descriptor: &'static ModelDescriptor) -> Vec<DescribedColumn> {
    let stripes = descriptor.columns.iter().map(|column| DescribedColumn {
        name: column.name,
        kind: column.kind.as_str(),
        indexed: column.indexed,
        places: column.places(),
        about: "",
    });
    let own = descriptor.own_columns.iter().chain(COMMON_COLUMNS);
    let own = own.map(|column| DescribedColumn {
        name: column.name,
        kind: column.kind,
        indexed: column.indexed,
        places: String::new(),
        about: column.about,
    });
    stripes.chain(own).collect()
}

/// Prints the columns of a table.
fn describe(
    descriptor: &'static ModelDescriptor,
    table: &str,
    as_json: bool,
) -> Result<ExitStatus, CommandError> {
    let columns = columns_of(descriptor);
    if as_json {
        for column in &columns {
            print(json!({
                "table": table,
                "column": column.name,
                "type": column.kind,
                "indexed": column.indexed,
                "places": column.places,
                "about": column.about,
            }))?;
        }
        return Ok(ExitStatus::Success);
    }

    print(format_args!("{table}, of the type {}", descriptor.object))?;
    let width = columns.iter().map(|column| column.name.len()).max();
    let width = width.unwrap_or_default();
    for column in &columns {
        let indexed = if column.indexed { "indexed" } else { "" };
        let from = match &*column.places {
            "" => column.about.to_owned(),
            places => format!("from {places}"),
        };
        let (name, kind) = (column.name, column.kind);
        print(format_args!(
            "  {name:width$}  {kind:7}  {indexed:7}  {from}"
        ))?;
    }
    Ok(ExitStatus::Success)
}

/// The id and the columns that have a value.
fn line(descriptor: &ModelDescriptor, id: &str, json: &str) -> Result<String, CommandError> {
    let values: Map<String, Value> = serde_json::from_str(json)?;
    let columns = descriptor.columns.iter().filter_map(|column| {
        let value = values.get(column.name).filter(|value| !value.is_null())?;
        Some(format!("{}={value}", column.name))
    });
    Ok(format!("{id}  {}", columns.collect::<Vec<_>>().join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_is_written() {
        for (account, livemode, id, expected) in [
            ("", true, "cus_1", "live/cus_1"),
            ("acct_1", false, "cus_1", "test/acct_1/cus_1"),
            ("", false, "gold/monthly", "test/gold/monthly"),
        ] {
            let row = ListedObject {
                account: account.to_owned(),
                livemode,
                id: id.to_owned(),
                json: String::new(),
            };
            let position = name_position(&row);
            assert_eq!(position, expected);
            let read = (account.to_owned(), livemode, id.to_owned());
            assert_eq!(read_position(&position), Some(read));
        }
        assert_eq!(read_position("cus_1"), None);
        assert_eq!(read_position("gold/monthly"), None);
    }
}
