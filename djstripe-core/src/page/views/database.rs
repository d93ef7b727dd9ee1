//! The database: its version, the way to it, and what its tables take.

use maud::{Markup, html};

use crate::page::error::PageError;
use crate::page::layout::{View, code, facts, number, table};
use crate::page::shown::{shown, size};
use crate::page::time::at_or_none;
use crate::page::visit::Visit;

pub(in crate::page) async fn show(visit: &Visit) -> Result<View, PageError> {
    let database = visit.queries().database().await?;
    let mut lines = vec![
        ("Kind", html! { (database.backend) }),
        ("Version", code(&database.version)),
        (
            "Way to it",
            html! { (database.route.unwrap_or("not known")) },
        ),
        ("Size", bytes(database.size)),
        (
            "Oldest transaction",
            at_or_none(database.oldest_transaction, visit.now),
        ),
    ];
    if let Some(file) = &database.file {
        lines.push((
            "File",
            html! { (code(&file.path)) ", " (bytes(Some(file.size))) },
        ));
        lines.push(("Pages", html! {
            (number(file.pages)) " of " (bytes(Some(file.page_size))) ", " (number(file.free_pages)) " free"
        }));
        lines.push(("Write-ahead log", bytes(Some(file.wal_size))));
    }

    let rows: Vec<Markup> = database
        .tables
        .iter()
        .map(|table| {
            let count = |rows: Option<u64>| rows.map_or("–".to_owned(), number);
            html! {
                th scope="row" { code { (shown(&table.name)) } }
                td.num { (bytes(table.size)) }
                td.num { (count(table.rows)) }
                td.num { (count(table.dead_rows)) }
            }
        })
        .collect();
    let content = html! {
        (facts(&lines))
        h2 { "Tables" }
        (table("Tables, the largest first; rows are estimates", &["Table", "Size", "Rows", "Dead rows"], &rows))
    };
    Ok(View::new("Database", content))
}

fn bytes(bytes: Option<u64>) -> Markup {
    match bytes {
        Some(bytes) => html! { (size(usize::try_from(bytes).unwrap_or(usize::MAX))) },
        None => html! { "–" },
    }
}
