//! Numbers for people: with separators, and up to a bound where counting all would take long.

use std::fmt;

/// A number of rows, of which at most one more than the bound were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count {
    counted: u64,
    bound: u64,
}

impl Count {
    pub(super) fn up_to(bound: u32, counted: u64) -> Self {
        Self {
            counted,
            bound: bound.into(),
        }
    }

    /// The sum of two numbers that were counted up to the same bound.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            counted: self.counted + other.counted,
            ..self
        }
    }

    pub(super) fn exceeds(self, number: u64) -> bool {
        self.counted > number
    }

    /// How many of the counted rows lie beyond the bound.
    pub(super) fn beyond(self) -> usize {
        usize::try_from(self.counted.saturating_sub(self.bound)).unwrap_or(usize::MAX)
    }

    /// The number, if it is exact.
    pub(super) fn exact(self) -> Option<u64> {
        (self.counted <= self.bound).then_some(self.counted)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.exact() {
            Some(number) => formatter.write_str(&separated(number)),
            None => write!(formatter, "more than {}", separated(self.bound)),
        }
    }
}

/// `20,000`
pub(super) fn separated(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 event`, `2,000 events`
pub(super) fn quantity(count: impl Into<Quantity>, noun: &str) -> String {
    let Quantity { text, is_one } = count.into();
    let plural = if is_one { "" } else { "s" };
    format!("{text} {noun}{plural}")
}

/// A number as text.
pub(super) struct Quantity {
    text: String,
    is_one: bool,
}

impl From<u64> for Quantity {
    fn from(number: u64) -> Self {
        Self {
            text: separated(number),
            is_one: number == 1,
        }
    }
}

impl From<Count> for Quantity {
    fn from(count: Count) -> Self {
        Self {
            text: count.to_string(),
            is_one: count.exact() == Some(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (20_000, "20,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(separated(number), expected);
        }
    }

    #[test]
    fn a_number_beyond_the_bound_is_not_made_up() {
        let check = |counted: u64, expected: &str| {
            assert_eq!(quantity(Count::up_to(10_000, counted), "event"), expected);
        };
        check(0, "0 events");
        check(1, "1 event");
        check(10_000, "10,000 events");
        check(10_001, "more than 10,000 events");
    }
}
