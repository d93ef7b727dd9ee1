//! The fields of a log entry, which hold text from outside: ids and names of events, errors of Stripe
//! and of the database, addresses.
//!
//! `tracing-subscriber` escapes some control characters itself, and neither line ends nor characters
//! that change the direction of text. Colors and times are written around the fields, so that nothing
//! in them has to stay as it is.

use std::fmt;
use std::io::{self, Write};

use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{DefaultFields, Writer};

use super::escape;

/// Formats fields as text, escaped and cut as the results of commands are.
#[derive(Debug, Default)]
pub(super) struct EscapedFields(DefaultFields);

impl<'writer> FormatFields<'writer> for EscapedFields {
    fn format_fields<R: RecordFields>(
        &self,
        mut writer: Writer<'writer>,
        fields: R,
    ) -> fmt::Result {
        let mut text = String::new();
        self.0.format_fields(Writer::new(&mut text), fields)?;
        writer.write_str(&escape::line(&text))
    }
}

/// Writes entries in JSON, escaped further than serde does.
#[derive(Debug)]
pub(super) struct EscapedJson<W>(pub(super) W);

impl<W: Write> Write for EscapedJson<W> {
    /// Writes a whole entry: the formatter passes each in one piece.
    fn write(&mut self, entry: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(entry);
        let text = escape::json(text.trim_end_matches('\n'));
        self.0.write_all(format!("{text}\n").as_bytes())?;
        Ok(entry.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
