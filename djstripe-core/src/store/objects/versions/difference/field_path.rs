//! The place of a field inside JSON.

use std::fmt;

/// The place of a field: `items.data[id=si_1].quantity`, `preferred_locales[0]`, `metadata["a.b"]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldPath(pub Vec<PathSegment>);

/// One step of a [`FieldPath`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathSegment {
    /// The member of an object with this key.
    Field(String),
    /// The element of an array with this `id`.
    Id(String),
    /// The element of an array at this position, from 0.
    Position(usize),
}

impl fmt::Display for FieldPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            match segment {
                PathSegment::Field(key) if !is_plain(key) => {
                    let quoted = serde_json::to_string(key).map_err(|_| fmt::Error)?;
                    write!(formatter, "[{quoted}]")?;
                }
                PathSegment::Field(key) if index == 0 => formatter.write_str(key)?,
                PathSegment::Field(key) => write!(formatter, ".{key}")?,
                PathSegment::Id(id) => write!(formatter, "[id={id}]")?,
                PathSegment::Position(position) => write!(formatter, "[{position}]")?,
            }
        }
        Ok(())
    }
}

/// Whether a key can be written without quotes.
fn is_plain(key: &str) -> bool {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
    !key.is_empty() && key.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_with_dots_brackets_and_quotes() {
        use PathSegment::{Field, Id, Position};
        let check = |segments: &[PathSegment], expected: &str| {
            assert_eq!(FieldPath(segments.to_vec()).to_string(), expected);
        };
        let field = |key: &str| Field(key.to_owned());
        check(&[], "");
        check(&[field("email")], "email");
        check(
            &[
                field("items"),
                field("data"),
                Id("si_1".to_owned()),
                field("quantity"),
            ],
            "items.data[id=si_1].quantity",
        );
        check(&[field("locales"), Position(2)], "locales[2]");
        check(&[field("metadata"), field("a.b")], r#"metadata["a.b"]"#);
        check(&[field("")], r#"[""]"#);
        check(&[field("metadata"), field("\"\n")], r#"metadata["\"\n"]"#);
    }
}
