//! Lists with a limit. A list that is cut says so on standard error.

use std::fmt::Display;

use super::count::Count;
use super::exit::CommandError;
use super::output::{note, print};

/// How many rows a list shows unless `--limit` says otherwise.
pub(super) const DEFAULT_LIMIT: u32 = 100;

/// How far the rows are counted that a list leaves out.
pub(super) const MOST_COUNTED: u32 = 100_000;

/// Characters of a line for people. `--json` has all.
const LONGEST_LINE: usize = 300;

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
    let shown = print_shown(rows, limit, line)?;
    if shown.len() < rows.len() {
        note(format_args!(
            "{} {noun} shown, there are more; use `--limit` to show them",
            shown.len()
        ));
    }
    Ok(())
}

/// As [`print_rows`], for a list with `--after`. `rest` gets the last row that is shown, and returns
/// the number of all rows, counted up to [`MOST_COUNTED`], and what `--after` needs for the next ones.
pub(super) async fn print_page<T, L: Display>(
    rows: &[T],
    limit: u32,
    noun: &str,
    line: impl Fn(&T) -> Result<L, CommandError>,
    rest: impl AsyncFnOnce(&T) -> Result<(u64, String), CommandError>,
) -> Result<(), CommandError> {
    let shown = print_shown(rows, limit, line)?;
    if let Some(last) = shown.last()
        && shown.len() < rows.len()
    {
        let (all, after) = rest(last).await?;
        let (shown, all) = (shown.len(), Count::up_to(MOST_COUNTED, all));
        note(format_args!(
            "{shown} of {all} {noun} shown; add `--after {after}` for the next ones, or raise `--limit`"
        ));
    }
    Ok(())
}

/// Prints at most `limit` of the rows, and returns them.
fn print_shown<T, L: Display>(
    rows: &[T],
    limit: u32,
    line: impl Fn(&T) -> Result<L, CommandError>,
) -> Result<&[T], CommandError> {
    let shown = usize::try_from(limit).unwrap_or(usize::MAX).min(rows.len());
    let shown = &rows[..shown];
    for row in shown {
        print(line(row)?)?;
    }
    Ok(shown)
}

/// A line that people can read: a very long one ends early.
pub(super) fn shortened(line: &str) -> String {
    cut_end(line.trim_end(), LONGEST_LINE)
}

/// A text of at most `width` characters. A longer one ends with `…`.
pub(super) fn cut_end(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        None => text.to_owned(),
        Some(_) => {
            let kept = text.chars().take(width.saturating_sub(1));
            kept.chain(['…']).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_ends_early() {
        assert_eq!(shortened("short  "), "short");
        let exact = "é".repeat(LONGEST_LINE);
        assert_eq!(shortened(&exact), exact);
        let cut = shortened(&"é".repeat(500_000));
        assert!(cut.chars().count() == LONGEST_LINE && cut.ends_with("é…"));
    }
}
