//! Names with a typing mistake. Does no IO.

use std::fmt::Display;

/// A name with more differing letters is not a typing mistake.
const MOST_MISTAKES: usize = 2;

/// The one of these names that was probably meant by another; of several, the first.
pub(crate) fn nearest<N: AsRef<str>>(names: impl IntoIterator<Item = N>, other: &str) -> Option<N> {
    let names = names.into_iter();
    let distances = names.map(|name| (strsim::osa_distance(name.as_ref(), other), name));
    let (distance, name) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= MOST_MISTAKES).then_some(name)
}

/// The end of an error about a name: `; did you mean …?`, or nothing.
pub(crate) fn suggestion(nearest: Option<impl Display>) -> String {
    nearest.map_or_else(String::new, |it| format!("; did you mean `{it}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_mistakes_are_forgiven() {
        let check = |other: &str, expected: Option<&str>| {
            assert_eq!(
                nearest(["ship", "shop", "thank"], other),
                expected,
                "{other}"
            );
        };
        check("ship", Some("ship"));
        check("shp", Some("ship"));
        check("htank", Some("thank"));
        check("thnx", Some("thank"));
        check("refund", None);
        assert_eq!(nearest([""; 0], "ship"), None);
    }

    #[test]
    fn only_a_name_is_suggested() {
        assert_eq!(suggestion(Some("ship")), "; did you mean `ship`?");
        assert_eq!(suggestion(None::<&str>), "");
    }
}
