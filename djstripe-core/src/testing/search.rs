//! Search by one value of the metadata: `metadata["key"]:"value"`.
//!
//! Unlike Stripe's search, it finds an object as soon as the object exists.

use serde_json::{Value, json};

use super::answer::Answer;
use super::route::{Route, Target, route};
use super::state::{Scope, State};

/// The response to a search. `None` if the path is not that of a search.
pub(super) fn search(
    state: &State,
    scope: &Scope,
    path: &str,
    parameters: &[(String, String)],
) -> Option<Answer> {
    let Route {
        objects,
        target: Target::List,
        ..
    } = route(path.strip_suffix("/search")?)?
    else {
        return None;
    };

    let query = parameters.iter().find(|(name, _)| name == "query");
    let Some((_, query)) = query else {
        return Some(Answer::missing_parameter("query"));
    };
    let Some((key, value)) = parse_query(query) else {
        let message =
            format!("The fake Stripe only finds `metadata[\"key\"]:\"value\"`, not `{query}`.");
        return Some(Answer::invalid(&message, Some("query")));
    };

    let found: Vec<Value> = objects
        .iter()
        .flat_map(|object| state.all(scope, object))
        .filter(|object| object["metadata"][&key] == *value)
        .collect();
    Some(Answer::ok(json!({
        "object": "search_result", "data": found, "has_more": false, "next_page": null, "url": path,
    })))
}

/// The key and the value of `metadata["key"]:"value"`.
fn parse_query(query: &str) -> Option<(String, String)> {
    let (key, rest) = parse_quoted(query.strip_prefix("metadata[")?)?;
    let (value, rest) = parse_quoted(rest.strip_prefix("]:")?)?;
    rest.is_empty().then_some((key, value))
}

/// A quoted string without its quotes and escapes, and the rest of the input.
fn parse_quoted(input: &str) -> Option<(String, &str)> {
    let mut characters = input.strip_prefix('"')?.char_indices();
    let mut unquoted = String::new();

    while let Some((at, character)) = characters.next() {
        match character {
            // `at` counts from behind the opening quote, so the rest begins two bytes later.
            '"' => return Some((unquoted, &input[at + 2..])),
            '\\' => unquoted.push(characters.next()?.1),
            other => unquoted.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_names_a_key_and_a_value() {
        let check = |query: &str, expected: Option<(&str, &str)>| {
            let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
            assert_eq!(parse_query(query), expected, "{query}");
        };

        check(r#"metadata["user"]:"7""#, Some(("user", "7")));
        check(r#"metadata["a\"b"]:"c\\d""#, Some(("a\"b", "c\\d")));

        check(r#"metadata["user"]:"7" AND email:"x""#, None);
        check(r#"email:"x""#, None);
        check(r#"metadata["user"]:"7"#, None);
    }
}
