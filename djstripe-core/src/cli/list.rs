//! The commands that list: one line a row, or one JSON object a line.

use std::fmt;
use std::io::Write;

use djstripe_models::descriptor;
use serde_json::json;

use super::{CommandError, Output};
use crate::app::Builder;
use crate::store::{ObjectFilter, Store, TableName};

/// Prints one line to standard output; a closed pipe is an error like any other.
pub(super) fn print(line: fmt::Arguments<'_>) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}

/// Opens the database for reading; one without the tables of this version is told so.
pub(super) async fn open_current(builder: &Builder) -> Result<Store, CommandError> {
    let store = builder.open_store().await?;
    let pending = store.pending_migrations().await?;
    match pending.first() {
        None => Ok(store),
        Some(first) => {
            let more = pending.len() - 1;
            Err(format!("the database lacks migration {first} and {more} more; run the `migrate` command first").into())
        }
    }
}

pub(super) async fn objects(
    builder: &Builder,
    object: &str,
    filter: &ObjectFilter,
    output: Output,
) -> Result<(), CommandError> {
    let descriptor =
        descriptor(object).ok_or_else(|| format!("`{object}` is not an object of Stripe's"))?;
    let table = descriptor
        .table
        .ok_or_else(|| format!("`{object}` has no id, so there is no table of it"))?;
    let store = open_current(builder).await?;
    for row in store.objects(TableName::new(table), filter).await? {
        if output.json {
            print(format_args!("{}", row.json))?;
        } else {
            let columns: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(&row.json)?;
            let promoted = descriptor.columns.iter().filter_map(|column| {
                let value = columns.get(column.name).filter(|value| !value.is_null())?;
                Some(format!("{}={value}", column.name))
            });
            print(format_args!(
                "{}  {}",
                row.id,
                promoted.collect::<Vec<_>>().join(" ")
            ))?;
        }
    }
    Ok(())
}

pub(super) fn receivers(builder: &Builder, output: Output) -> Result<(), CommandError> {
    for receiver in builder.registry()?.receivers() {
        if output.json {
            print(format_args!(
                "{}",
                json!({
                    "id": receiver.id,
                    "events": receiver.events,
                    "priority": receiver.options.priority,
                    "location": receiver.location.to_string(),
                })
            ))?;
        } else {
            print(format_args!(
                "{}  {}  {}",
                receiver.id,
                receiver.events.join(","),
                receiver.location
            ))?;
        }
    }
    Ok(())
}

pub(super) async fn migrate(builder: &Builder) -> Result<(), CommandError> {
    let applied = builder.open_store().await?.migrate().await?;
    for name in &applied {
        print(format_args!("applied {name}"))?;
    }
    if applied.is_empty() {
        print(format_args!("up to date"))?;
    }
    Ok(())
}
