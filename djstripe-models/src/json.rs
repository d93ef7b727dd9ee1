//! The light decoder: a JSON value comes in, a typed one or the path of the first mistake goes out.
//!
//! Models are read field by field through one shared, not generic reader, which costs the compiler a seventh of what
//! serde's derives do (ARCHITECTURE.md has the figures). A field that is absent or `null` is `None`; a field that
//! nobody knows is passed over.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

/// A type that can be read from JSON.
pub trait FromJson: Sized {
    /// Reads `value`. `None` means that it has another shape; the decoder then knows where.
    fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self>;
}

/// Why JSON is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    object: &'static str,
    path: String,
    expected: &'static str,
    found: &'static str,
}

impl DecodeError {
    /// Where the mistake is: `items.data[0].price`; empty for the whole value.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The type of object that was being read, `subscription`.
    pub fn object(&self) -> &'static str {
        self.object
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            object,
            path,
            expected,
            found,
        } = self;
        let place = if path.is_empty() {
            String::new()
        } else {
            format!(" at `{path}`")
        };
        write!(
            formatter,
            "`{object}`{place}: expected {expected}, found {found}"
        )
    }
}

impl std::error::Error for DecodeError {}

/// Where the reading is, and the first mistake.
#[derive(Debug, Default)]
pub struct Decoder {
    path: Vec<Step>,
    failure: Option<Failure>,
}

#[derive(Debug)]
enum Step {
    Field(&'static str),
    Index(usize),
    /// A map's key.
    Key(String),
}

#[derive(Debug)]
struct Failure {
    path: String,
    expected: &'static str,
    found: &'static str,
}

/// Reads one object of Stripe's.
pub(crate) fn decode<T: FromJson>(object: &'static str, value: &Value) -> Result<T, DecodeError> {
    let mut decoder = Decoder::default();
    let decoded = T::from_json(value, &mut decoder);
    decoder.finish(object, decoded)
}

impl Decoder {
    /// Notes that `value` is not what was expected, unless a mistake is noted already.
    pub fn fail<T>(&mut self, expected: &'static str, value: &Value) -> Option<T> {
        self.note(expected, kind(value));
        None
    }

    /// The fields of an object.
    pub fn fields<'d>(&'d mut self, value: &'d Value) -> Option<Fields<'d>> {
        match value {
            Value::Object(map) => Some(Fields { map, decoder: self }),
            other => self.fail("an object", other),
        }
    }

    fn finish<T>(self, object: &'static str, decoded: Option<T>) -> Result<T, DecodeError> {
        match (self.failure, decoded) {
            (None, Some(decoded)) => Ok(decoded),
            (
                Some(Failure {
                    path,
                    expected,
                    found,
                }),
                _,
            ) => Err(DecodeError {
                object,
                path,
                expected,
                found,
            }),
            (None, None) => Err(DecodeError {
                object,
                path: String::new(),
                expected: "another shape",
                found: "this",
            }),
        }
    }

    fn note(&mut self, expected: &'static str, found: &'static str) {
        if self.failure.is_none() {
            self.failure = Some(Failure {
                path: write_path(&self.path),
                expected,
                found,
            });
        }
    }
}

fn write_path(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Field(name) if path.is_empty() => path.push_str(name),
            Step::Field(name) => path.extend([".", name]),
            Step::Key(key) => path.extend([".", key]),
            Step::Index(index) => path.extend(["[", &index.to_string(), "]"]),
        }
    }
    path
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The fields of an object that is being read.
#[derive(Debug)]
pub struct Fields<'d> {
    map: &'d Map<String, Value>,
    decoder: &'d mut Decoder,
}

impl Fields<'_> {
    /// A field; `None` if it is absent, `null` or not what it should be.
    pub fn field<T: FromJson>(&mut self, name: &'static str) -> Option<T> {
        let value = self.map.get(name).filter(|value| !value.is_null())?;
        self.decoder.path.push(Step::Field(name));
        let decoded = T::from_json(value, self.decoder);
        self.decoder.path.pop();
        decoded
    }

    /// A field whose absence is the same as its being empty: lists, maps.
    pub fn field_or_empty<T: FromJson + Default>(&mut self, name: &'static str) -> T {
        self.field(name).unwrap_or_default()
    }
}

impl FromJson for String {
    fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self> {
        match value {
            Value::String(text) => Some(text.clone()),
            other => decoder.fail("a text", other),
        }
    }
}

impl FromJson for bool {
    fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self> {
        value
            .as_bool()
            .or_else(|| decoder.fail("a truth value", value))
    }
}

impl FromJson for i64 {
    fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self> {
        value
            .as_i64()
            .or_else(|| decoder.fail("a whole number", value))
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
            decoder.path.push(Step::Index(index));
            let item = T::from_json(item, decoder);
            decoder.path.pop();
            decoded.push(item?);
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
        for (name, value) in map.iter().filter(|(_, value)| !value.is_null()) {
            decoder.path.push(Step::Key(name.clone()));
            let value = T::from_json(value, decoder);
            decoder.path.pop();
            decoded.insert(name.clone(), value?);
        }
        Some(decoded)
    }
}
