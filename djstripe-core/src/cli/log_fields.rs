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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::Value;
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    const FORGED: &str = "evt\u{1b}[31m\r\nERROR forged\t\u{9b}2J\u{202e}live";

    /// A log in memory.
    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Memory {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Memory {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    /// Logs the text wherever an entry can have it.
    fn log_forged() {
        let span = tracing::error_span!("delivery", id = %FORGED);
        let _entered = span.enter();
        tracing::error!(shown = %FORGED, quoted = FORGED, debug = ?[FORGED], "{FORGED}");
    }

    #[test]
    fn a_text_entry_is_one_line_without_control_characters() {
        for has_colors in [false, true] {
            let memory = Memory::default();
            let subscriber = tracing_subscriber::fmt()
                .with_writer(memory.clone())
                .with_ansi(has_colors)
                .fmt_fields(EscapedFields::default())
                .finish();
            tracing::subscriber::with_default(subscriber, log_forged);

            let text = memory.text();
            assert_eq!(text.lines().count(), 1, "{text:?}");
            // Colors come from the formatter, which ends each where it began one.
            let foreign = ['\r', '\t', '\u{9b}', '\u{202e}'];
            assert!(
                !text.contains(foreign) && !text.contains("\u{1b}[31mERROR forged"),
                "{text:?}"
            );
            assert_eq!(text.contains('\u{1b}'), has_colors, "{text:?}");
            assert!(!text.contains("evt\u{1b}"), "{text:?}");
            let escaped = r"\r\nERROR forged\t";
            assert_eq!(text.matches(escaped).count(), 5, "{text:?}");
        }
    }

    #[test]
    fn a_json_entry_is_one_line_with_the_same_meaning() {
        let memory = Memory::default();
        let writer = memory.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(move || EscapedJson(writer.clone()))
            .finish();
        tracing::subscriber::with_default(subscriber, log_forged);

        let text = memory.text();
        assert_eq!(text.lines().count(), 1, "{text:?}");
        assert!(
            text.trim_end()
                .chars()
                .all(|it| !it.is_control() && it != '\u{202e}'),
            "{text:?}"
        );
        let entry: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(entry["fields"]["message"], FORGED);
        assert_eq!(entry["fields"]["shown"], FORGED);
        assert_eq!(entry["span"]["id"], FORGED);
    }

    #[test]
    fn a_long_value_is_cut_in_text() {
        let memory = Memory::default();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(memory.clone())
            .fmt_fields(EscapedFields::default())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!(id = %"x".repeat(500_000), after = 1, "received");
        });
        let text = memory.text();
        assert!(
            text.len() < 1_000 && text.contains("more characters]"),
            "{text}"
        );
        assert!(text.contains("after=1"), "{text}");
    }
}
