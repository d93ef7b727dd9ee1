//! One SQL statement as a string with `?` in place of each value. Either backend runs it as a
//! prepared statement, which the connection caches.
//!
//! A string rather than diesel's query builder: hot statements of PostgreSQL use arrays, CTEs and
//! locking clauses that the builder can't express, and a string costs no compile time.
//!
//! Invariant: no bound string contains U+0000, whatever its source. The rows of events have U+FFFD in
//! its place, so a query by the id in a payload finds them.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};

use crate::store::text::without_nul;

/// The SQL type of rows whose columns are found by their names: structs that derive
/// `QueryableByName`.
pub(in crate::store) type ByName = diesel::sql_types::Untyped;

/// A statement whose rows have the SQL types `Row`.
pub(in crate::store) struct Statement<'a, Row = ()> {
    sql: Cow<'static, str>,
    binds: Vec<Bind<'a>>,
    row: PhantomData<fn() -> Row>,
}

/// A value of a statement.
pub(in crate::store) enum Bind<'a> {
    Text(Option<Cow<'a, str>>),
    BigInt(Option<i64>),
    Integer(i32),
    Bool(bool),
    OptionalBool(Option<bool>),
    Binary(Option<Cow<'a, [u8]>>),
    #[cfg(feature = "postgres")]
    Texts(Vec<Option<Cow<'a, str>>>),
    #[cfg(feature = "postgres")]
    BigInts(Vec<Option<i64>>),
    #[cfg(feature = "postgres")]
    Integers(Vec<i32>),
    #[cfg(feature = "postgres")]
    Bools(Vec<bool>),
}

impl<'a, Row> Statement<'a, Row> {
    pub(in crate::store) fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self {
            sql: sql.into(),
            binds: Vec::new(),
            row: PhantomData,
        }
    }

    /// Binds the value of the next `?`.
    pub(in crate::store) fn bind(mut self, value: impl Into<Bind<'a>>) -> Self {
        self.binds.push(value.into());
        self
    }

    /// Appends to the SQL.
    pub(in crate::store) fn sql(mut self, sql: &str) -> Self {
        self.sql.to_mut().push_str(sql);
        self
    }
}

impl<'a, Row> Statement<'a, Row> {
    /// The statement that counts the rows of this one.
    pub(in crate::store) fn counted(self) -> Statement<'a, BigInt> {
        Statement {
            sql: format!("SELECT count(*) FROM ({}) AS counted", self.sql).into(),
            binds: self.binds,
            row: PhantomData,
        }
    }
}

#[cfg(feature = "postgres")]
impl<'a> Bind<'a> {
    /// An array of strings.
    pub(in crate::store) fn texts<T: Into<Cow<'a, str>>>(
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        Self::optional_texts(values.into_iter().map(Some))
    }

    /// An array of strings and NULLs.
    pub(in crate::store) fn optional_texts<T: Into<Cow<'a, str>>>(
        values: impl IntoIterator<Item = Option<T>>,
    ) -> Self {
        Self::Texts(
            values
                .into_iter()
                .map(|value| value.map(without_nul))
                .collect(),
        )
    }

    /// An array of integers of 64 bits.
    pub(in crate::store) fn big_ints(values: impl IntoIterator<Item = i64>) -> Self {
        Self::BigInts(values.into_iter().map(Some).collect())
    }

    /// An array of booleans.
    pub(in crate::store) fn bools(values: impl IntoIterator<Item = bool>) -> Self {
        Self::Bools(values.into_iter().collect())
    }
}

impl<'a, T: Into<Cow<'a, str>>> From<Option<T>> for Bind<'a> {
    fn from(value: Option<T>) -> Self {
        Self::Text(value.map(without_nul))
    }
}

impl<'a> From<&'a str> for Bind<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Some(without_nul(value)))
    }
}

impl<'a> From<Cow<'a, str>> for Bind<'a> {
    fn from(value: Cow<'a, str>) -> Self {
        Self::Text(Some(without_nul(value)))
    }
}

impl From<String> for Bind<'_> {
    fn from(value: String) -> Self {
        Self::Text(Some(without_nul(value)))
    }
}

impl From<i64> for Bind<'_> {
    fn from(value: i64) -> Self {
        Self::BigInt(Some(value))
    }
}

impl From<i32> for Bind<'_> {
    fn from(value: i32) -> Self {
        Self::Integer(value)
    }
}

impl From<bool> for Bind<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl<'a> From<&'a [u8]> for Bind<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Binary(Some(Cow::Borrowed(value)))
    }
}

impl<Row> QueryId for Statement<'_, Row> {
    type QueryId = ();

    // The SQL is only known at run time, so the connection's cache uses it as the key.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Row> Query for Statement<'_, Row> {
    type SqlType = Row;
}

/// Writes the SQL and, at each `?`, the next value.
macro_rules! push_pieces {
    ($self:ident, $pass:ident, $bind:ident => $push:expr) => {{
        let mut binds = $self.binds.iter();
        for (index, piece) in $self.sql.split('?').enumerate() {
            if index > 0 {
                let $bind = binds.next().ok_or_else(|| missing_value(&$self.sql))?;
                $push?;
            }
            $pass.push_sql(piece);
        }
        Ok(())
    }};
}

#[cfg(feature = "sqlite")]
impl<Row> QueryFragment<diesel::sqlite::Sqlite> for Statement<'_, Row> {
    fn walk_ast<'b>(
        &'b self,
        mut pass: AstPass<'_, 'b, diesel::sqlite::Sqlite>,
    ) -> QueryResult<()> {
        push_pieces!(self, pass, bind => match bind {
            Bind::Text(value) => pass.push_bind_param::<Nullable<Text>, _>(value),
            Bind::BigInt(value) => pass.push_bind_param::<Nullable<BigInt>, _>(value),
            Bind::Integer(value) => pass.push_bind_param::<Integer, _>(value),
            Bind::Bool(value) => pass.push_bind_param::<Bool, _>(value),
            Bind::OptionalBool(value) => pass.push_bind_param::<Nullable<Bool>, _>(value),
            Bind::Binary(value) => pass.push_bind_param::<Nullable<Binary>, _>(value),
            #[cfg(feature = "postgres")]
            Bind::Texts(_) | Bind::BigInts(_) | Bind::Integers(_) | Bind::Bools(_) => Err(missing_value(&self.sql)),
        })
    }
}

#[cfg(feature = "postgres")]
impl<Row> QueryFragment<diesel::pg::Pg> for Statement<'_, Row> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, diesel::pg::Pg>) -> QueryResult<()> {
        use diesel::sql_types::Array;

        push_pieces!(self, pass, bind => match bind {
            Bind::Text(value) => pass.push_bind_param::<Nullable<Text>, _>(value),
            Bind::BigInt(value) => pass.push_bind_param::<Nullable<BigInt>, _>(value),
            Bind::Integer(value) => pass.push_bind_param::<Integer, _>(value),
            Bind::Bool(value) => pass.push_bind_param::<Bool, _>(value),
            Bind::OptionalBool(value) => pass.push_bind_param::<Nullable<Bool>, _>(value),
            Bind::Binary(value) => pass.push_bind_param::<Nullable<Binary>, _>(value),
            Bind::Texts(values) => pass.push_bind_param::<Array<Nullable<Text>>, _>(values),
            Bind::BigInts(values) => pass.push_bind_param::<Array<Nullable<BigInt>>, _>(values),
            Bind::Integers(values) => pass.push_bind_param::<Array<Integer>, _>(values),
            Bind::Bools(values) => pass.push_bind_param::<Array<Bool>, _>(values),
        })
    }
}

#[cfg(feature = "sqlite")]
impl<Row> diesel::RunQueryDsl<diesel::SqliteConnection> for Statement<'_, Row> {}

#[cfg(feature = "sqlite")]
impl<Row> Statement<'_, Row> {
    /// Runs it on SQLite; returns the number of rows that it changed.
    pub(in crate::store) fn execute_on(
        self,
        raw: &mut diesel::SqliteConnection,
    ) -> QueryResult<usize> {
        diesel::RunQueryDsl::execute(self, raw)
    }

    /// Runs it on SQLite; returns its rows.
    pub(in crate::store) fn load_on<'query, R>(
        self,
        raw: &mut diesel::SqliteConnection,
    ) -> QueryResult<Vec<R>>
    where
        Self: diesel::query_dsl::LoadQuery<'query, diesel::SqliteConnection, R>,
    {
        diesel::RunQueryDsl::load(self, raw)
    }
}

fn missing_value(sql: &str) -> diesel::result::Error {
    diesel::result::Error::QueryBuilderError(
        format!("number or type of values doesn't fit the statement: {sql}").into(),
    )
}
