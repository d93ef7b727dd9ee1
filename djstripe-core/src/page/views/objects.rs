//! The types of objects that the mirror has.

use maud::{Markup, html};

use crate::page::error::PageError;
use crate::page::layout::{View, number, table};
use crate::page::visit::Visit;
use crate::store::operator::TypeRows;

pub(in crate::page) async fn show(visit: &Visit) -> Result<View, PageError> {
    let types = visit.queries().object_types().await?;
    let is_estimated = types.iter().any(|of| of.is_estimate);
    let (filled, empty): (Vec<&TypeRows>, Vec<&TypeRows>) =
        types.iter().partition(|of| of.rows.number > 0);
    let rows: Vec<Markup> = filled
        .iter()
        .map(|of| {
            html! {
                th scope="row" { a href=(visit.to("rows", &[("type", of.object)])) { (of.object) } }
                td.num { @if of.is_estimate { "about " } (of.rows) }
                td { code.soft { (of.table) } }
            }
        })
        .collect();

    let content = html! {
        @if rows.is_empty() {
            p { "The mirror is empty: `sync` fills it from Stripe's lists, and events add to it." }
        } @else {
            (table("Types with rows", &["Type", "Rows", "Table"], &rows))
        }
        @if is_estimated { p.soft { "Larger numbers are the database's estimates. Rows of deleted objects count." } }
        details {
            summary { (number(empty.len() as u64)) " types without rows" }
            p {
                @for (index, of) in empty.iter().enumerate() {
                    @if index > 0 { ", " }
                    a href=(visit.to("rows", &[("type", of.object)])) { (of.object) }
                }
            }
        }
    };
    Ok(View::new("Objects", content))
}
