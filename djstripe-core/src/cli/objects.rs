//! `objects`: mirrored objects of one type.

use clap::Args;
use djstripe_models::{ModelDescriptor, descriptor};
use serde_json::{Map, Value};

use super::database::open_migrated;
use super::exit::{CommandError, ExitStatus};
use super::list::{self, DEFAULT_LIMIT};
use super::output::OutputArgs;
use super::settings::DatabaseArgs;
use crate::app::Builder;
use crate::store::{ObjectFilter, TableName};

#[derive(Debug, Args)]
pub(super) struct Objects {
    /// Type of the objects, such as customer or checkout.session
    object: String,
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

/// The id and the columns that have a value.
fn line(descriptor: &ModelDescriptor, id: &str, json: &str) -> Result<String, CommandError> {
    let values: Map<String, Value> = serde_json::from_str(json)?;
    let columns = descriptor.columns.iter().filter_map(|column| {
        let value = values.get(column.name).filter(|value| !value.is_null())?;
        Some(format!("{}={value}", column.name))
    });
    Ok(format!("{id}  {}", columns.collect::<Vec<_>>().join(" ")))
}
