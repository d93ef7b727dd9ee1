//! The description of a type of object as data: its table, its API paths, its references.

/// The table, API paths and references of a type of object. The same whatever cargo features are on.
#[derive(Debug, PartialEq, Eq)]
pub struct ModelDescriptor {
    /// Name of the type, `checkout.session`.
    pub object: &'static str,
    /// Name of its table, `stripe_checkout_session`; `None` for objects that nothing identifies.
    pub table: Option<&'static str>,
    /// The field that identifies an object: `id`, or the one that a type without ids has instead, such as `customer` of
    /// a cash balance. Rows have its value in their column `id`.
    pub key: &'static str,
    /// Columns that the database generates from the JSON.
    pub columns: &'static [Column],
    /// Columns of this table that djstripe fills. Those of every table are in
    /// [`COMMON_COLUMNS`](crate::COMMON_COLUMNS).
    pub own_columns: &'static [OwnColumn],
    /// Path that retrieves an object by its id. Parameters are in braces: `/v1/checkout/sessions/{session}`.
    pub retrieve: Option<&'static str>,
    /// Path that retrieves the object, if an account has only one.
    pub singleton: Option<&'static str>,
    /// Path that lists the objects.
    pub list: Option<&'static str>,
    /// Query parameters that the list requires.
    pub list_requires: &'static [&'static str],
    /// Whether the list accepts a range of `created`.
    pub list_by_created: bool,
    /// Parameter and value without which the list leaves some objects out: `status=all`.
    pub list_widest: Option<(&'static str, &'static str)>,
    /// Path that deletes an object.
    pub delete: Option<&'static str>,
    /// The fields that hold ids of other objects, wherever they stand below the object, sorted by their path. Those of
    /// embedded objects are in the descriptors of these.
    pub references: &'static [Reference],
    /// The lists of children that no event carries. Such a list is part of the object: a complete one names all of its
    /// children, and a child that it no longer names is gone.
    pub owned: &'static [OwnedList],
    /// The API version since when the object's id is unique. Before, only the ids of its parent and the object together
    /// are. `None` if the id has always been unique.
    pub ids_unique_since: Option<&'static str>,
    /// Cargo feature that compiles its struct in; `None` if it is always compiled.
    pub feature: Option<&'static str>,
}

/// A list of children within an object.
#[derive(Debug, PartialEq, Eq)]
pub struct OwnedList {
    /// The names of the fields from the object down to the list.
    pub path: &'static [&'static str],
    /// The type of the children.
    pub object: &'static str,
}

/// A field that holds the id of another object, or the object itself if it was expanded; or an array of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Reference {
    /// The names of the fields from the object down to this one. Each of them may hold an array, whose elements have the
    /// next field.
    pub path: &'static [&'static str],
    /// The types of object that it may refer to.
    pub objects: &'static [&'static str],
}

/// A column that the database generates from `stripe_data`.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// The column's name.
    pub name: &'static str,
    /// The type of its values.
    pub kind: ColumnKind,
    /// Whether the column has an index.
    pub indexed: bool,
    /// Where its value stands, from the object down; the first place that holds a value of the kind counts. Later places
    /// are those of older API versions. A number is a position in an array, and `*` the smallest number of the first ten
    /// elements.
    pub paths: &'static [&'static [&'static str]],
}

/// A column that djstripe fills.
#[derive(Debug, PartialEq, Eq)]
pub struct OwnColumn {
    /// The column's name.
    pub name: &'static str,
    /// The type of its values, in words: `string`, `integer`, `boolean` or `JSON`.
    pub kind: &'static str,
    /// Whether the column has an index.
    pub indexed: bool,
    /// What it holds.
    pub about: &'static str,
}

/// The type of a generated column. The column is `NULL` where the JSON has another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A string.
    Text,
    /// The id of another object, also where the object is expanded.
    Id,
    /// An integer.
    Integer,
    /// A boolean.
    Boolean,
    /// A time, in seconds since 1970: an integer, or RFC 3339 as API v2 writes times.
    Time,
}

impl ColumnKind {
    /// The type in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Id => "id",
            Self::Integer | Self::Time => "integer",
            Self::Boolean => "boolean",
        }
    }
}

impl Column {
    /// Where the value stands in Stripe's object, in words: `price.product`. Places of older API versions
    /// follow after a comma.
    pub fn places(&self) -> String {
        let places: Vec<String> = self.paths.iter().map(|path| path.join(".")).collect();
        places.join(", ")
    }
}
