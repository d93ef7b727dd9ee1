//! Search by one value of the metadata: `metadata["key"]:"value"`. Unlike the real one it finds at once what was just made.

use serde_json::{Value, json};

use super::answer::Answer;
use super::route::{Route, Target, route};
use super::state::{Scope, State};

/// The answer to a search; `None` if the path is of none.
pub(super) fn search(
    state: &State,
    scope: &Scope,
    path: &str,
    parameters: &[(String, String)],
) -> Option<Result<Answer, Box<Answer>>> {
    let Route {
        objects,
        target: Target::List,
        ..
    } = route(path.strip_suffix("/search")?)?
    else {
        return None;
    };
    let query = parameters
        .iter()
        .find(|(name, _)| name == "query")
        .map(|(_, query)| query.as_str());
    let Some(query) = query else {
        return Some(Err(Box::new(Answer::missing_parameter("query"))));
    };
    let Some((key, value)) = read(query) else {
        let message =
            format!("Only `metadata[\"key\"]:\"value\"` can be searched for here, not `{query}`.");
        return Some(Err(Box::new(Answer::invalid(&message, Some("query")))));
    };
    let all = objects.iter().flat_map(|object| state.all(scope, object));
    let found: Vec<Value> = all
        .filter(|object| object["metadata"][&key] == *value)
        .collect();
    Some(Ok(Answer::ok(json!({
        "object": "search_result", "data": found, "has_more": false, "next_page": null, "url": path,
    }))))
}

fn read(query: &str) -> Option<(String, String)> {
    let (key, rest) = quoted(query.strip_prefix("metadata[")?)?;
    let (value, rest) = quoted(rest.strip_prefix("]:")?)?;
    rest.is_empty().then_some((key, value))
}

/// A quoted text, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut characters = text.strip_prefix('"')?.char_indices();
    let mut read = String::new();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((read, &text[at + 2..])),
            '\\' => read.push(characters.next()?.1),
            other => read.push(other),
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
            assert_eq!(read(query), expected, "{query}");
        };
        check(r#"metadata["user"]:"7""#, Some(("user", "7")));
        check(r#"metadata["a\"b"]:"c\\d""#, Some(("a\"b", "c\\d")));
        check(r#"metadata["user"]:"7" AND email:"x""#, None);
        check(r#"email:"x""#, None);
        check(r#"metadata["user"]:"7"#, None);
    }
}
