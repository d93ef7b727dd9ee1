//! `objects`: mirrored objects of one type.

use clap::Args;
use djstripe_models::{ModelDescriptor, descriptor};
use serde_json::{Map, Value};

use super::describe::describe;
use super::position::{name_position, read_position};
use crate::app::Builder;
use crate::cli::database::open_migrated;
use crate::cli::exit::{CommandError, ExitStatus, UsageError};
use crate::cli::list::{self, DEFAULT_LIMIT};
use crate::cli::output::OutputArgs;
use crate::cli::settings::DatabaseArgs;
use crate::store::{ListedObject, ObjectFilter, Store, TableName};

#[derive(Debug, Args)]
pub(super) struct List {
    /// Type of the objects, such as customer or checkout.session
    #[arg(required = true)]
    object: Option<String>,
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

pub(super) async fn run(builder: Builder, objects: List) -> Result<ExitStatus, CommandError> {
    let object = objects.object.as_deref().unwrap_or_default();
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
        Ok((all, position_of(last)))
    })
    .await?;
    Ok(ExitStatus::Success)
}

fn position_of(row: &ListedObject) -> String {
    name_position(&row.account, row.livemode, &row.id)
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
            let position = position_of(row);
            let message = format!("several objects are {after}; write {position} for one of them");
            Err(UsageError(message).into())
        }
    }
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
