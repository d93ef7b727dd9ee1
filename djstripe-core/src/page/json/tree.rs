//! A JSON value as a tree that opens and closes without a script. Does no IO.

use maud::{Markup, html};

use super::Json;
use crate::page::shown::{shown, shown_up_to};

/// Values that are shown.
const MOST_SHOWN: usize = 3_000;

/// Levels that are open at first.
const OPEN_LEVELS: usize = 3;

/// The address under which an id is looked up.
pub(in crate::page) type LinkOfId<'l> = &'l dyn Fn(&str) -> String;

/// The tree of a value.
pub(in crate::page) fn tree(value: &Json, link: LinkOfId<'_>) -> Markup {
    let mut left = MOST_SHOWN;
    let tree = html! { div.tree { (node(None, value, 0, &mut left, link)) } };
    html! {
        (tree)
        @if left == 0 { p.soft { "Further values are not shown: there are more than " (MOST_SHOWN) "." } }
    }
}

fn node(
    name: Option<&str>,
    value: &Json,
    level: usize,
    left: &mut usize,
    link: LinkOfId<'_>,
) -> Markup {
    if *left == 0 {
        return html! {};
    }
    *left -= 1;
    let name = name.map(|name| html! { span.key { (shown_up_to(name, 100)) } ": " });
    match value {
        Json::Map(fields) if !fields.is_empty() => {
            let children = fields
                .iter()
                .map(|(name, value)| node(Some(name), value, level + 1, left, link));
            let children: Vec<Markup> = children.collect();
            branch(name, &format!("{{{}}}", fields.len()), level, &children)
        }
        Json::List(items) if !items.is_empty() => {
            let children = items
                .iter()
                .enumerate()
                .map(|(index, item)| node(Some(&index.to_string()), item, level + 1, left, link));
            let children: Vec<Markup> = children.collect();
            branch(name, &format!("[{}]", items.len()), level, &children)
        }
        value => html! { div.leaf { (name.unwrap_or_default()) (leaf(value, link)) } },
    }
}

fn branch(name: Option<Markup>, count: &str, level: usize, children: &[Markup]) -> Markup {
    html! {
        details open[level < OPEN_LEVELS] {
            summary { (name.unwrap_or_default()) span.soft { (count) } }
            div.inner { @for child in children { (child) } }
        }
    }
}

fn leaf(value: &Json, link: LinkOfId<'_>) -> Markup {
    match value {
        Json::Text(text) if looks_like_id(text) => html! { a.text href=(link(text)) { (text) } },
        Json::Text(text) => html! { span.text { "\"" (shown(text)) "\"" } },
        Json::Number(number) => html! { span.number { (shown(number)) } },
        Json::Hidden => html! { em.soft title="a personal field, or a secret" { "hidden" } },
        value => html! { span.word { (shown(&value.line())) } },
    }
}

/// Whether a text may be the id of one of Stripe's objects: `cus_1`, `evt_1`.
pub(in crate::page) fn looks_like_id(text: &str) -> bool {
    let Some((prefix, rest)) = text.split_once('_') else {
        return false;
    };
    let is_prefix =
        (1..=12).contains(&prefix.len()) && prefix.bytes().all(|byte| byte.is_ascii_lowercase());
    let has_digit = rest.bytes().any(|byte| byte.is_ascii_digit());
    let is_rest = (1..=80).contains(&rest.len())
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_prefix && is_rest && has_digit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(json: &str) -> String {
        tree(&Json::read(json), &|id| format!("find?q={id}")).into_string()
    }

    #[test]
    fn values_are_shown_exactly_and_escaped() {
        let html = rendered(r#"{"a":1.50,"<b>":"</script>\u202e","id":"cus_1","e":{},"l":[null]}"#);
        assert!(html.contains("1.50"), "{html}");
        assert!(html.contains("&lt;b&gt;"), "{html}");
        assert!(html.contains("&lt;/script&gt;⟨U+202E⟩"), "{html}");
        assert!(
            html.contains(r#"<a class="text" href="find?q=cus_1">cus_1</a>"#),
            "{html}"
        );
        assert!(html.contains("[1]") && html.contains("null"), "{html}");
    }

    #[test]
    fn a_tree_is_bounded() {
        let html = rendered(&format!("[{}1]", "1,".repeat(10_000)));
        assert!(html.contains("Further values are not shown"));
        assert!(html.len() < 300_000, "{}", html.len());
        let html = rendered(&format!("\"{}\"", "x".repeat(1 << 20)));
        assert!(
            html.contains("(1 MiB)") && html.len() < 1_000,
            "{}",
            html.len()
        );
    }

    #[test]
    fn ids_are_told_from_words() {
        for id in ["cus_1", "evt_1NvGx2eZvKYlo2C", "acct_10", "cs_test_a1"] {
            assert!(looks_like_id(id), "{id}");
        }
        for word in [
            "balance_transaction",
            "a b_1",
            "Cus_1",
            "_1",
            "x",
            "cus_1\"",
            "cus_",
        ] {
            assert!(!looks_like_id(word), "{word}");
        }
    }
}
