//! Numbers that are counted up to a bound.

use std::fmt;

use diesel::sql_types::BigInt;

use super::limit::{OperatorQueries, load_limited};
use crate::store::backend::statement::Statement;
use crate::store::error::StoreError;

/// How far rows are counted by default.
pub const COUNT_LIMIT: u32 = 10_000;

/// A number of rows, counted up to a bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// How many were counted.
    pub number: u64,
    /// Whether there are, or may be, more.
    pub is_more: bool,
}

impl Counted {
    /// What it means that `counted` rows were found where at most one more than `limit` was counted.
    pub(super) fn up_to(limit: u32, counted: u64) -> Self {
        Self {
            number: counted.min(limit.into()),
            is_more: counted > limit.into(),
        }
    }

    /// The number, if it is exact.
    pub(crate) fn exactly(number: u64) -> Self {
        Self {
            number,
            is_more: false,
        }
    }

    /// The number, if there may be more.
    #[cfg(feature = "page")]
    pub(crate) fn at_least(number: u64) -> Self {
        Self {
            number,
            is_more: true,
        }
    }
}

/// `1,234`, or `10,000+` if there are more.
impl fmt::Display for Counted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.number.to_string();
        let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        if self.is_more {
            text.push('+');
        }
        formatter.pad(&text)
    }
}

impl OperatorQueries {
    /// Runs a statement that counts at most one more row than `limit`.
    pub(super) async fn counted(
        &self,
        statement: Statement<'static, BigInt>,
        limit: u32,
    ) -> Result<Counted, StoreError> {
        let counts: Vec<i64> = load_limited!(self, "count rows", statement)?;
        let counted: i64 = counts.into_iter().sum();
        Ok(Counted::up_to(limit, counted.unsigned_abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_beyond_the_bound_has_a_plus() {
        let check = |counted: u64, expected: &str| {
            assert_eq!(Counted::up_to(COUNT_LIMIT, counted).to_string(), expected);
        };
        check(0, "0");
        check(1_234, "1,234");
        check(10_000, "10,000");
        check(10_001, "10,000+");
        check(2_000_000, "10,000+");
    }
}
