//! The rows of one type, with filters on their columns.

use djstripe_models::{Column, ModelDescriptor, descriptor};
use maud::{Markup, html};

use crate::page::error::PageError;
use crate::page::filter::mode;
use crate::page::json::Json;
use crate::page::layout::{View, input, number, table};
use crate::page::personal::is_personal;
use crate::page::shown::{shown, shown_up_to};
use crate::page::visit::Visit;
use crate::store::operator::{COUNT_LIMIT, Counted, RowPage, RowPosition};
use crate::store::{ListedObject, ObjectFilter, TableName};
use crate::webhook::mode_name;

/// Rows of a page.
const PAGE: u32 = 50;

/// Columns that are shown of a type.
const MOST_COLUMNS: usize = 6;

/// Separates the parts of a position: no id has it.
const SEPARATOR: char = '/';

/// The type that a request names, and its table.
pub(super) fn type_of(visit: &Visit) -> Result<(&'static ModelDescriptor, TableName), PageError> {
    let name = visit.required("type")?;
    let unknown = || {
        PageError::NotFound(format!(
            "`{}` is not a type of object with a table.",
            shown_up_to(name, 60)
        ))
    };
    let found = descriptor(name).ok_or_else(unknown)?;
    let table = found.table.ok_or_else(unknown)?;
    Ok((found, TableName::new(table)))
}

pub(in crate::page) async fn show(visit: &Visit) -> Result<View, PageError> {
    let (of, table_name) = type_of(visit)?;
    let tables = visit.store().mirror_tables().await?;
    if tables.lack(of) {
        let what = format!(
            "The database was made without the table of `{}`.",
            of.object
        );
        return Err(PageError::NotFound(what));
    }

    let columns = readable(visit, of);
    let filter = read_filter(visit, &columns)?;
    let RowPage { rows, next, read } = visit.queries().row_page(table_name, &filter).await?;
    let count = match next {
        None => rows.len().to_string(),
        Some(_) if read.is_some() => Counted::at_least(rows.len() as u64).to_string(),
        Some(_) => {
            let counted = visit
                .queries()
                .count_object_rows(table_name, &filter, COUNT_LIMIT)
                .await?;
            counted.to_string()
        }
    };

    let shown_columns: Vec<&Column> = columns.iter().copied().take(MOST_COLUMNS).collect();
    let mut headings = vec!["Object"];
    headings.extend(shown_columns.iter().map(|column| column.name));
    let lines: Vec<Markup> = rows
        .iter()
        .map(|row| line(visit, of, row, &shown_columns))
        .collect();
    let content = html! {
        p { a href=(visit.to("objects", &[])) { "All types" } }
        (form(visit, of, &columns))
        @if let Some(read) = read {
            p.banner {
                "The column has no index: of " (number(read.into())) " rows from here on that the other "
                "filters leave. The link below continues."
            }
        }
        @if rows.is_empty() { p { @if read.is_some() { "None of these matches." } @else { "No row matches." } } }
        @else {
            p.soft { (count) " match" @if filter.after.is_some() { " from here on" } "." }
            (table("Rows, in the order of their ids", &headings, &lines))
        }
        @if let Some(next) = &next {
            nav.bar aria-label="Pages" {
                a rel="next" href=(visit.link("rows", &visit.params.with("after", &position(next)))) { "Next rows" }
            }
        }
    };
    Ok(View::new(format!("Objects: {}", of.object), content))
}

/// The columns that the operator may read.
fn readable(visit: &Visit, of: &'static ModelDescriptor) -> Vec<&'static Column> {
    let columns = of.columns.iter();
    columns
        .filter(|column| visit.sees_personal() || !is_personal(column.name))
        .collect()
}

fn read_filter(visit: &Visit, columns: &[&'static Column]) -> Result<ObjectFilter, PageError> {
    let params = &visit.params;
    let mut conditions = Vec::new();
    if let (Some(name), Some(value)) = (params.get("column"), params.get("value")) {
        let column = columns.iter().find(|column| column.name == name);
        let unknown = || {
            PageError::Invalid(format!(
                "The type has no column `{}`.",
                shown_up_to(name, 60)
            ))
        };
        conditions.push((column.ok_or_else(unknown)?.name, value.to_owned()));
    }
    let after = match params.get("after") {
        None => None,
        Some(text) => {
            let wrong = || {
                PageError::Invalid(
                    "The field `after` can't be read; write what a link to the next page has."
                        .to_owned(),
                )
            };
            let (livemode, rest) = text.split_once(SEPARATOR).ok_or_else(wrong)?;
            let (account, id) = rest.split_once(SEPARATOR).ok_or_else(wrong)?;
            Some((account.to_owned(), livemode == "live", id.to_owned()))
        }
    };
    Ok(ObjectFilter {
        deleted: params.get("deleted") == Some("yes"),
        account: params.get("account").map(str::to_owned),
        livemode: mode(params)?,
        id: params.get("id").map(str::to_owned),
        columns: conditions,
        limit: Some(PAGE),
        after,
    })
}

fn position((account, livemode, id): &RowPosition) -> String {
    let mode = mode_name(*livemode);
    format!("{mode}{SEPARATOR}{account}{SEPARATOR}{id}")
}

fn line(visit: &Visit, of: &ModelDescriptor, row: &ListedObject, columns: &[&Column]) -> Markup {
    let json = Json::read(&row.json);
    html! {
        th scope="row" {
            a href=(visit.object(of.object, &row.account, row.livemode, &row.id)) { (shown_up_to(&row.id, 80)) }
            @if !row.livemode { " " span.soft { "test" } }
            @if !row.account.is_empty() { br; code.soft { (shown_up_to(&row.account, 60)) } }
            @if !matches!(json.get("deleted_at"), None | Some(Json::Null)) { " " span.soft { "deleted" } }
        }
        @for column in columns {
            td { (value(json.get(column.name))) }
        }
    }
}

fn value(value: Option<&Json>) -> Markup {
    match value {
        None | Some(Json::Null) => html! { "–" },
        Some(Json::Text(text)) => html! { (shown_up_to(text, 60)) },
        Some(value) => html! { (shown(&value.line())) },
    }
}

fn form(visit: &Visit, of: &ModelDescriptor, columns: &[&Column]) -> Markup {
    let value = |name: &str| visit.params.get(name).unwrap_or_default().to_owned();
    let (current, mode) = (value("column"), value("mode"));
    html! {
        form.filters method="get" action=(visit.to("rows", &[])) aria-label="Filter" {
            input type="hidden" name="type" value=(of.object);
            label { "Id" (input(&visit.params, "id", "")) }
            label { "Column"
                select name="column" {
                    option value="" { "none" }
                    @for column in columns {
                        option value=(column.name) selected[column.name == current] {
                            (column.name) @if column.indexed { " (indexed)" } }
                    }
                }
            }
            label { "is" (input(&visit.params, "value", "")) }
            label { "Account" (input(&visit.params, "account", "")) }
            label { "Mode"
                select name="mode" {
                    @for (word, name) in [("", "any"), ("live", "live"), ("test", "test")] {
                        option value=(word) selected[word == mode] { (name) }
                    }
                }
            }
            label { "Deleted ones"
                select name="deleted" {
                    option value="" { "no" }
                    option value="yes" selected[value("deleted") == "yes"] { "too" }
                }
            }
            button.main { "Filter" }
            a href=(visit.to("rows", &[("type", of.object)])) { "Clear" }
        }
    }
}
