//! Lists with a limit. A list that is cut says so on standard error.

use std::fmt::Display;

use super::exit::CommandError;
use super::output::{note, print};

/// How many rows a list shows unless `--limit` says otherwise.
pub(super) const DEFAULT_LIMIT: u32 = 100;

/// How many rows to request: one more than are shown, which tells whether there are more.
pub(super) const fn one_more(limit: u32) -> u32 {
    limit.saturating_add(1)
}

/// Prints at most `limit` of the rows, a line each.
///
/// `rows` were requested with [`one_more`]; `noun` says in the plural what they are.
pub(super) fn print_rows<T, L: Display>(
    rows: &[T],
    limit: u32,
    noun: &str,
    line: impl Fn(&T) -> Result<L, CommandError>,
) -> Result<(), CommandError> {
    let shown = usize::try_from(limit).unwrap_or(usize::MAX).min(rows.len());
    for row in &rows[..shown] {
        print(line(row)?)?;
    }

    if shown < rows.len() {
        note(format_args!(
            "{shown} {noun} shown, there are more; use `--limit` to show them"
        ));
    }
    Ok(())
}
