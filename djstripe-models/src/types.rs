//! The shapes that recur in Stripe's objects: currencies, decimals, expandable ids, pages.

use std::fmt;
use std::ops::{Deref, DerefMut};

use serde_json::Value;

use crate::json::{Decoder, FromJson};

/// A currency as Stripe writes it: three lower-case letters, `usd`.
///
/// The object's amounts are in its smallest unit: cents for `usd`, yen for `jpy`, thousandths for `kwd`.
///
/// Source: [Supported currencies](https://docs.stripe.com/currencies#minor-units).
///
/// ```
/// use djstripe_models::Currency;
///
/// assert_eq!(Currency::new("usd").minor_digits(), 2);
/// assert_eq!(Currency::new("jpy").minor_digits(), 0);
/// assert_eq!(Currency::new("kwd").minor_digits(), 3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Currency(Box<str>);

/// Currencies without a smaller unit.
const ZERO_DECIMAL: [&str; 15] = [
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
];
/// Currencies whose smallest unit is a thousandth.
const THREE_DECIMAL: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];

impl Currency {
    /// The currency with this code.
    pub fn new(code: &str) -> Self {
        Self(code.into())
    }

    /// The code as Stripe writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number of digits of an amount after the decimal point.
    pub fn minor_digits(&self) -> u32 {
        let is_in = |list: &[&str]| list.iter().any(|code| self.0.eq_ignore_ascii_case(code));
        if is_in(&ZERO_DECIMAL) {
            0
        } else if is_in(&THREE_DECIMAL) {
            3
        } else {
            2
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromJson for Currency {
    fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self> {
        value
            .as_str()
            .map(Self::new)
            .or_else(|| decoder.fail("a currency code", value))
    }
}

/// A decimal number with more digits than a float can hold: `0.000000012`. Stripe writes it as a string.
///
/// ```
/// use djstripe_models::{Model, Price};
///
/// let price = Price::decode(&serde_json::json!({ "unit_amount_decimal": "0.000000012" }))?;
/// assert_eq!(price.unit_amount_decimal.unwrap().as_str(), "0.000000012");
/// # Ok::<(), djstripe_models::FieldError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal(Box<str>);

impl Decimal {
    /// The number as Stripe writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromJson for Decimal {
    fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self(text.as_str().into())),
            // Some older API versions write a number.
            Value::Number(number) => Some(Self(number.to_string().into())),
            other => decoder.fail("a decimal number", other),
        }
    }
}

/// A reference to another object: its id, or the object itself if the request expanded it.
///
/// Source: [Expanding responses](https://docs.stripe.com/api/expanding_objects).
///
/// ```
/// use djstripe_models::{Expandable, Invoice, Model};
///
/// let invoice = Invoice::decode(&serde_json::json!({ "customer": "cus_1" }))?;
/// assert_eq!(invoice.customer.as_ref().and_then(Expandable::id), Some("cus_1"));
/// # Ok::<(), djstripe_models::FieldError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Expandable<T> {
    /// The id alone.
    Id(String),
    /// The expanded object. Its id is a field of its own, because some types of object have none.
    Object {
        /// The object's id.
        id: Option<String>,
        /// The object itself.
        object: Box<T>,
    },
}

impl<T> Expandable<T> {
    /// The id of the other object, expanded or not.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Id(id) => Some(id),
            Self::Object { id, .. } => id.as_deref(),
        }
    }

    /// The other object, if it was expanded.
    pub fn object(&self) -> Option<&T> {
        match self {
            Self::Id(_) => None,
            Self::Object { object, .. } => Some(object),
        }
    }
}

impl<T: FromJson> FromJson for Expandable<T> {
    fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self> {
        match value {
            Value::String(id) => Some(Self::Id(id.clone())),
            Value::Object(map) => {
                let id = map.get("id").and_then(Value::as_str).map(str::to_owned);
                T::from_json(value, decoder).map(|object| Self::Object {
                    id,
                    object: Box::new(object),
                })
            }
            other => decoder.fail("an id or an object", other),
        }
    }
}

/// The first page of a list that is embedded in an object. If the object has no such list, it is empty. Derefs to the
/// slice of the items.
///
/// ```
/// use djstripe_models::{Model, Subscription};
///
/// let items = serde_json::json!({ "data": [{ "id": "si_1" }], "has_more": false });
/// let subscription = Subscription::decode(&serde_json::json!({ "items": items }))?;
/// assert_eq!(subscription.items[0].id.as_deref(), Some("si_1"));
/// assert_eq!(subscription.items.iter().count(), 1);
/// for item in &subscription.items {
///     println!("{:?}", item.id);
/// }
/// # Ok::<(), djstripe_models::FieldError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct List<T> {
    /// The items of this page.
    pub data: Vec<T>,
    /// Whether there are more pages.
    pub has_more: Option<bool>,
    /// The API path of the whole list.
    pub url: Option<String>,
    /// The number of items on all pages, if Stripe reports it.
    pub total_count: Option<i64>,
}

impl<T> Deref for List<T> {
    type Target = [T];

    /// The items of this page.
    fn deref(&self) -> &[T] {
        &self.data
    }
}

impl<T> DerefMut for List<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.data
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.data.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.data.iter()
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            data: Vec::new(),
            has_more: None,
            url: None,
            total_count: None,
        }
    }
}

impl<T: FromJson> FromJson for List<T> {
    fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self> {
        let mut fields = decoder.fields(value)?;
        Some(Self {
            data: fields.field_or_empty("data"),
            has_more: fields.field("has_more"),
            url: fields.field("url"),
            total_count: fields.field("total_count"),
        })
    }
}

/// An object whose type is newer than this crate, where any type may stand. Holds the object's JSON.
///
/// ```
/// use djstripe_models::{BalanceTransaction, BalanceTransactionSource, Expandable, Model, Unmodelled};
///
/// let json = serde_json::json!({ "source": { "id": "new_1", "object": "newer", "amount": 5 } });
/// let source = BalanceTransaction::decode(&json)?.source;
///
/// let Some(BalanceTransactionSource::Unlisted(Unmodelled(json))) = source.as_ref().and_then(Expandable::object) else {
///     panic!("no type of object is called `newer`");
/// };
/// assert_eq!(json["amount"], 5);
/// # Ok::<(), djstripe_models::FieldError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Unmodelled(pub Value);

impl FromJson for Unmodelled {
    fn from_json(value: &Value, _: &mut Decoder) -> Option<Self> {
        Some(Self(value.clone()))
    }
}

/// A struct in place of a model whose cargo feature is off.
#[allow(unused_macros, reason = "with all features, no model is off")]
macro_rules! switched_off {
    ($name:ident, $object:literal, $feature:literal) => {
        #[doc = concat!(
                                                            "Not compiled in: the cargo feature `",
                                                            $feature,
                                                            "` is off. Holds the object's JSON."
                                                        )]
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name(pub serde_json::Value);

        impl crate::json::FromJson for $name {
            fn from_json(value: &serde_json::Value, _: &mut crate::json::Decoder) -> Option<Self> {
                Some(Self(value.clone()))
            }
        }

        impl crate::model::Model for $name {
            const OBJECT: &'static str = $object;
        }
    };
}
#[allow(unused_imports, reason = "with all features, no model is off")]
pub(crate) use switched_off;

/// Implements reading, `as_str` and `Debug` for an enum of strings, whose variant `Unlisted` holds any other string.
macro_rules! open_enum {
    ($name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        impl $name {
            /// The value as Stripe writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unlisted(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    other => Self::Unlisted(other.into()),
                }
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.as_str().fmt(formatter)
            }
        }

        impl $crate::FromJson for $name {
            fn from_json(value: &serde_json::Value, decoder: &mut $crate::Decoder) -> Option<Self> {
                match value.as_str() {
                    Some(text) => Some(text.into()),
                    None => decoder.fail("a string", value),
                }
            }
        }
    };
}
pub(crate) use open_enum;
