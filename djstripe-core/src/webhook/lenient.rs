//! JSON values of any type, read without errors.
//!
//! In: any JSON value. Out: a [`Lenient`], which tells whether the value has the expected shape. A
//! value of another shape is not an error.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::timestamp::Timestamp;

/// Any JSON value: a map of the expected shape `T`, a scalar, or something else.
pub(super) enum Lenient<'a, T> {
    Map(T),
    String(Cow<'a, str>),
    Integer(i64),
    Bool(bool),
    Other,
}

/// Any JSON value, of which only scalars are read.
pub(super) type Scalar<'a> = Lenient<'a, IgnoredAny>;

impl<'a, T> Lenient<'a, T> {
    /// The string, unless it is empty.
    pub(super) fn into_string(self) -> Option<Cow<'a, str>> {
        match self {
            Self::String(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Unix seconds: an integer in API v1, an RFC 3339 string in API v2 and its thin events.
    pub(super) fn into_seconds(self) -> Option<i64> {
        match self {
            Self::Integer(seconds) => Some(seconds),
            other => other.into_time().map(Timestamp::seconds),
        }
    }

    /// The time of an RFC 3339 string, as API v2 and thin events have it.
    pub(super) fn into_time(self) -> Option<Timestamp> {
        match self {
            Self::String(text) => {
                let time = humantime::parse_rfc3339_weak(&text).ok();
                time.map(Timestamp::from)
            }
            _ => None,
        }
    }
}

impl<T: Default> Lenient<'_, T> {
    pub(super) fn into_map(self) -> T {
        match self {
            Self::Map(map) => map,
            _ => T::default(),
        }
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for Lenient<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LenientVisitor(PhantomData))
    }
}

struct LenientVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for LenientVisitor<T> {
    type Value = Lenient<'de, T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Lenient::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Lenient::String(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Lenient::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Lenient::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(value).map_or(Lenient::Other, Lenient::Integer))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Lenient::Other)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Lenient::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Lenient::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(entries)).map(Lenient::Map)
    }
}
