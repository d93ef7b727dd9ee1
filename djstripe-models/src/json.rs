//! The decoder. In: a JSON value. Out: a typed value, or the first field that has the wrong type.
//!
//! Structs are read field by field through one shared reader that is not generic, which costs the compiler a seventh
//! of what serde's derives cost (ARCHITECTURE.md has the figures). A field that is absent or `null` is `None`; unknown
//! fields are ignored.
//!
//! Invariant: decoding never panics, whatever the JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

/// A type that can be read from JSON: models, their parts, and unions of models.
///
/// Implemented by generated code. Applications read models with [`Model::decode`](crate::Model::decode) or through
/// [`Decoded`](crate::Decoded).
pub trait FromJson: Sized {
    /// Reads `value`. `None` means that it has another shape; `decoder` then holds the error.
    #[doc(hidden)]
    fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self>;
}

/// The first field of an object that has another type than it should.
///
/// ```
/// use djstripe_models::{Customer, Model};
///
/// let error = Customer::decode(&serde_json::json!({ "address": { "city": 7 } })).unwrap_err();
/// assert_eq!((error.object(), error.path()), ("customer", "address.city"));
/// assert_eq!(error.to_string(), "`customer` at `address.city`: expected a string, found a number");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    object: &'static str,
    path: String,
    expected: &'static str,
    found: &'static str,
}

impl FieldError {
    /// The field's path, `items.data[0].price`; empty for the object itself.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The type of the object that was read, `subscription`.
    pub fn object(&self) -> &'static str {
        self.object
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`", self.object)?;
        if !self.path.is_empty() {
            write!(formatter, " at `{}`", self.path)?;
        }
        write!(
            formatter,
            ": expected {}, found {}",
            self.expected, self.found
        )
    }
}

impl std::error::Error for FieldError {}

/// Reads an object whose type has the name `object`.
pub(crate) fn decode<T: FromJson>(object: &'static str, value: &Value) -> Result<T, FieldError> {
    let mut decoder = Decoder {
        object,
        path: Vec::new(),
        error: None,
    };
    let decoded = T::from_json(value, &mut decoder);

    match (decoder.error, decoded) {
        (Some(error), _) => Err(error),
        (None, Some(decoded)) => Ok(decoded),
        // A `from_json` written by hand can return `None` without reporting why.
        (None, None) => Err(FieldError {
            object,
            path: String::new(),
            expected: "another shape",
            found: kind(value),
        }),
    }
}

/// The path of the value that is being read, and the first error.
#[doc(hidden)]
#[derive(Debug)]
pub struct Decoder {
    object: &'static str,
    path: Vec<Segment>,
    error: Option<FieldError>,
}

#[derive(Debug)]
enum Segment {
    Field(&'static str),
    Index(usize),
    /// A map's key.
    Key(String),
}

impl Decoder {
    /// Reports that `value` is not what was expected. Only the first report counts.
    pub fn fail<T>(&mut self, expected: &'static str, value: &Value) -> Option<T> {
        self.report(expected, kind(value));
        None
    }

    /// The fields of an object.
    pub fn fields<'d>(&'d mut self, value: &'d Value) -> Option<Fields<'d>> {
        match value {
            Value::Object(map) => Some(Fields { map, decoder: self }),
            other => self.fail("an object", other),
        }
    }

    /// Reads a value one level deeper.
    fn nested<T: FromJson>(&mut self, segment: Segment, value: &Value) -> Option<T> {
        self.path.push(segment);
        let decoded = T::from_json(value, self);
        self.path.pop();
        decoded
    }

    fn report(&mut self, expected: &'static str, found: &'static str) {
        if self.error.is_none() {
            self.error = Some(FieldError {
                object: self.object,
                path: write_path(&self.path),
                expected,
                found,
            });
        }
    }
}

fn write_path(segments: &[Segment]) -> String {
    let mut path = String::new();
    for segment in segments {
        match segment {
            Segment::Field(name) if path.is_empty() => path.push_str(name),
            Segment::Field(name) => path.extend([".", name]),
            Segment::Key(key) => path.extend([".", key]),
            Segment::Index(index) => path.extend(["[", &index.to_string(), "]"]),
        }
    }
    path
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The fields of an object that is being read.
#[doc(hidden)]
#[derive(Debug)]
pub struct Fields<'d> {
    map: &'d Map<String, Value>,
    decoder: &'d mut Decoder,
}

impl Fields<'_> {
    /// The field's value; `None` if it is absent, `null` or of another type.
    pub fn field<T: FromJson>(&mut self, name: &'static str) -> Option<T> {
        let value = self.map.get(name).filter(|value| !value.is_null())?;
        self.decoder.nested(Segment::Field(name), value)
    }

    /// The value of a field that is empty when it is absent: a list or a map.
    pub fn field_or_empty<T: FromJson + Default>(&mut self, name: &'static str) -> T {
        self.field(name).unwrap_or_default()
    }
}

impl FromJson for String {
    fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self> {
        match value {
            Value::String(text) => Some(text.clone()),
            other => decoder.fail("a string", other),
        }
    }
}

impl FromJson for bool {
    fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self> {
        value.as_bool().or_else(|| decoder.fail("a boolean", value))
    }
}

impl FromJson for i64 {
    fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self> {
        value.as_i64().or_else(|| decoder.fail("an integer", value))
    }
}

impl FromJson for f64 {
    fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self> {
        value.as_f64().or_else(|| decoder.fail("a number", value))
    }
}

impl FromJson for Value {
    fn from_json(value: &Value, _: &mut Decoder) -> Option<Self> {
        Some(value.clone())
    }
}

impl<T: FromJson> FromJson for Box<T> {
    fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self> {
        T::from_json(value, decoder).map(Box::new)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self> {
        let Value::Array(items) = value else {
            return decoder.fail("an array", value);
        };

        let mut decoded = Self::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            decoded.push(decoder.nested(Segment::Index(index), item)?);
        }
        Some(decoded)
    }
}

impl<T: FromJson> FromJson for BTreeMap<String, T> {
    fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self> {
        let Value::Object(map) = value else {
            return decoder.fail("an object", value);
        };

        let mut decoded = Self::new();
        for (key, value) in map.iter().filter(|(_, value)| !value.is_null()) {
            let value = decoder.nested(Segment::Key(key.clone()), value)?;
            decoded.insert(key.clone(), value);
        }
        Some(decoded)
    }
}
