//! `objects --describe`: the columns of a table.

use djstripe_models::{COMMON_COLUMNS, ModelDescriptor};
use serde_json::json;

use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::print;

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
pub(super) fn describe(
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
