//! `objects`: mirrored objects of one type, or the columns of their table.

use clap::Args;
use djstripe_models::{COMMON_COLUMNS, ModelDescriptor, descriptor};
use serde_json::{Map, Value, json};

use super::database::open_migrated;
use super::exit::{CommandError, ExitStatus};
use super::list::{self, DEFAULT_LIMIT};
use super::output::{OutputArgs, print};
use super::settings::DatabaseArgs;
use crate::app::Builder;
use crate::store::{ObjectFilter, TableName};

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
    let filter = ObjectFilter {
        deleted: objects.deleted,
        account: objects.account,
        limit: Some(list::one_more(objects.limit)),
        ..ObjectFilter::default()
    };
    let rows = store.objects(TableName::new(table), &filter).await?;

    list::print_rows(&rows, objects.limit, "objects", |row| {
        if objects.output.json {
            Ok(row.json.clone())
        } else {
            line(descriptor, &row.id, &row.json)
        }
    })?;
    Ok(ExitStatus::Success)
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
