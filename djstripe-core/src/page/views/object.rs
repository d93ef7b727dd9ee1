//! One object: its columns, its JSON, what it refers to and what refers to it, and its history.

use djstripe_models::{ColumnKind, ModelDescriptor};
use maud::{Markup, html};

use super::history;
use super::rows::type_of;
use crate::maintenance::verify::dashboard_url::dashboard_url;
use crate::page::actions::redact;
use crate::page::error::PageError;
use crate::page::filter::mode;
use crate::page::json::Json;
use crate::page::json::tree::tree;
use crate::page::layout::{View, facts, table};
use crate::page::shown::{shown, shown_up_to};
use crate::page::visit::Visit;
use crate::store::{ListedObject, ObjectFilter, Scope, VersionedObject};
use crate::webhook::mode_name;

/// Rows of each type that refer to the object.
const REFERRERS: u32 = 10;

pub(in crate::page) async fn show(visit: &Visit) -> Result<View, PageError> {
    let (of, table_name) = type_of(visit)?;
    let id = visit.required("id")?;
    if visit.store().mirror_tables().await?.lack(of) {
        let what = format!(
            "The database was made without the table of `{}`.",
            of.object
        );
        return Err(PageError::NotFound(what));
    }
    let filter = ObjectFilter {
        deleted: true,
        account: Some(visit.params.get("account").unwrap_or_default().to_owned()),
        livemode: mode(&visit.params)?,
        id: Some(id.to_owned()),
        limit: Some(2),
        ..ObjectFilter::default()
    };
    let page = visit.queries().row_page(table_name, &filter).await?;
    let rows = page.rows;
    let Some(row) = rows.first() else {
        return without_row(visit, of, id).await;
    };

    let mut json = Json::read(&row.json);
    if !visit.sees_personal() {
        json = json.without_personal();
    }
    let scope = Scope {
        account: row.account.clone(),
        livemode: row.livemode,
    };
    let redacted = visit
        .store()
        .redacted(&scope, of.object, &[row.id.as_str()])
        .await?;
    let content = html! {
        @if !redacted.is_empty() {
            p.banner { "Redacted: this belongs to a customer who was forgotten. What was personal is blanked." }
        }
        (about(visit, of, row, &json))
        (redact::button(visit, of.object, &row.id, &row.account, row.livemode))
        h2 { "Columns" }
        (columns(of, &json))
        (references(visit, of, row, &json))
        (referrers(visit, of, row).await?)
        h2 { "History" }
        (history::show(visit, &versioned(of, &row.account, row.livemode, &row.id)).await?)
        h2 { "JSON" }
        @if let Some(data) = json.get("stripe_data") { (tree(data, &|id| visit.find(id))) }
    };
    Ok(View::new(
        format!("{} {}", of.object, shown_up_to(&row.id, 100)),
        content,
    ))
}

fn versioned(of: &ModelDescriptor, account: &str, livemode: bool, id: &str) -> VersionedObject {
    VersionedObject {
        object: of.object.to_owned(),
        id: id.to_owned(),
        account: account.to_owned(),
        livemode,
    }
}

/// What there is of an object that has no row.
async fn without_row(visit: &Visit, of: &ModelDescriptor, id: &str) -> Result<View, PageError> {
    let account = visit.params.get("account").unwrap_or_default();
    let livemode = mode(&visit.params)?.unwrap_or(true);
    let content = html! {
        p.banner { "The mirror has no row of this object, in this account and mode." }
        p { a href=(visit.to("events", &[("object", id)])) { "Its events" } }
        h2 { "History" }
        (history::show(visit, &versioned(of, account, livemode, id)).await?)
    };
    Ok(View::new(
        format!("{} {}", of.object, shown_up_to(id, 100)),
        content,
    ))
}

fn about(visit: &Visit, of: &ModelDescriptor, row: &ListedObject, json: &Json) -> Markup {
    let account = if row.account.is_empty() {
        html! { "the platform's own" }
    } else {
        html! { code { (shown(&row.account)) } }
    };
    let source = json
        .get("djstripe_source")
        .and_then(Json::text)
        .unwrap_or("unknown");
    facts(&[
        (
            "Type",
            html! { a href=(visit.to("rows", &[("type", of.object)])) { (of.object) } },
        ),
        ("Account", account),
        ("Mode", html! { (mode_name(row.livemode)) }),
        ("Taken from", html! { (shown_up_to(source, 60)) }),
        (
            "Events",
            html! { a href=(visit.to("events", &[("object", &row.id)])) { "its events" } },
        ),
        (
            "At Stripe",
            html! {
                a href=(dashboard_url(of.object, &row.account, row.livemode, &row.id)) rel="noreferrer noopener" { "Stripe's dashboard" }
            },
        ),
    ])
}

fn columns(of: &ModelDescriptor, json: &Json) -> Markup {
    let rows: Vec<Markup> = of
        .columns
        .iter()
        .filter_map(|column| {
            let value = json.get(column.name)?;
            (*value != Json::Null).then(|| {
                html! {
                    th scope="row" { code { (column.name) } }
                    td { (column.kind.as_str()) }
                    td.long { code { (shown(&value.line())) } }
                }
            })
        })
        .collect();
    if rows.is_empty() {
        return html! { p { "No column has a value." } };
    }
    table("Columns with a value", &["Column", "Type", "Value"], &rows)
}

/// The objects that the row's own columns name.
fn references(visit: &Visit, of: &ModelDescriptor, row: &ListedObject, json: &Json) -> Markup {
    let ids = of
        .columns
        .iter()
        .filter(|column| column.kind == ColumnKind::Id);
    let found: Vec<Markup> = ids
        .filter_map(|column| {
            let id = json.get(column.name)?.text()?;
            (id != row.id).then(|| {
                html! {
                    th scope="row" { code { (column.name) } }
                    td { a href=(visit.find(id)) { (shown_up_to(id, 100)) } }
                }
            })
        })
        .collect();
    html! {
        h2 { "Refers to" }
        @if found.is_empty() { p { "Nothing that a column names." } }
        @else { (table("Objects that it refers to", &["Column", "Object"], &found)) }
    }
}

async fn referrers(
    visit: &Visit,
    of: &ModelDescriptor,
    row: &ListedObject,
) -> Result<Markup, PageError> {
    // The name lives as long as the program.
    let object = djstripe_models::descriptor(of.object).map_or("", |of| of.object);
    let queries = visit.queries();
    let found = queries
        .referrers(object, &row.account, row.livemode, &row.id, REFERRERS)
        .await?;
    let rows: Vec<Markup> = found
        .rows
        .iter()
        .map(|referrer| {
            let address = visit.object(referrer.object, &row.account, row.livemode, &referrer.id);
            html! {
                th scope="row" { a href=(address) { (shown_up_to(&referrer.id, 100)) } }
                td { (referrer.object) }
                td { code { (referrer.column) } }
            }
        })
        .collect();
    Ok(html! {
        h2 { "Referred to by" }
        @if rows.is_empty() { p { "No row names it in an indexed column." } }
        @else { (table("Objects that refer to it", &["Object", "Type", "Column"], &rows)) }
        @for (object, column) in &found.cut {
            @let mode = mode_name(row.livemode);
            @let fields = [("type", *object), ("column", *column), ("value", &*row.id), ("account", &*row.account), ("mode", mode)];
            p { a href=(visit.to("rows", &fields)) { "All of type " (object) " by " (column) } }
        }
    })
}
