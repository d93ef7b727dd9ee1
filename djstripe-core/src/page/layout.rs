//! The frame of every view, and the parts that views share.

use maud::{DOCTYPE, Markup, html};

use super::assets::{ICON, SCRIPT, STYLE};
use super::params::{ENCODED_FIELD, Params, encoded};
use super::shown::{shown, shown_up_to};
use super::visit::Visit;

/// The views of the menu, with their addresses.
const MENU: [(&str, &str); 10] = [
    ("", "Overview"),
    ("events", "Events"),
    ("effects", "Effects"),
    ("objects", "Objects"),
    ("receivers", "Receivers"),
    ("refused", "Refused"),
    ("endpoints", "Endpoints"),
    ("runs", "Runs"),
    ("database", "Database"),
    ("audit", "Audit"),
];

/// Views that belong to one of the menu.
const BELOW: [(&str, &str); 4] = [
    ("event", "events"),
    ("effect", "effects"),
    ("object", "objects"),
    ("delivery", "refused"),
];

/// What a view puts into the frame.
pub(super) struct View {
    pub(super) title: String,
    pub(super) content: Markup,
    /// After how many seconds it is read again; `None`: never.
    pub(super) refresh: Option<u32>,
}

impl View {
    pub(super) fn new(title: impl Into<String>, content: Markup) -> Self {
        Self {
            title: title.into(),
            content,
            refresh: None,
        }
    }

    pub(super) fn refreshing(self, seconds: u32) -> Self {
        Self {
            refresh: Some(seconds),
            ..self
        }
    }
}

/// A view as a whole document.
pub(super) fn document(visit: &Visit, view: &View) -> String {
    let asset = |address: String| format!("{}{address}", visit.base);
    let title = shown_up_to(&view.title, 120);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · djstripe" }
                link rel="icon" href=(asset(ICON.address()));
                link rel="stylesheet" href=(asset(STYLE.address()));
                script type="module" src=(asset(SCRIPT.address())) {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                (top(visit))
                (menu(visit))
                main id="main" tabindex="-1" data-refresh=[view.refresh] {
                    @if let Some(why) = visit.unwritable {
                        p.banner { "Read-only: " (why) "." }
                    }
                    h1 { (title) }
                    (view.content)
                }
                footer {
                    "djstripe-core " (env!("CARGO_PKG_VERSION")) " · times in UTC · "
                    span id="refresh" role="status" {}
                    " "
                    button type="button" id="pause-refresh" aria-pressed="false" hidden { "Stop refreshing" }
                }
            }
        }
    };
    markup.into_string()
}

fn top(visit: &Visit) -> Markup {
    let query = match visit.view.as_str() {
        "find" => visit.params.get("q").unwrap_or_default(),
        _ => "",
    };
    html! {
        header.top {
            a.brand href=(visit.to("", &[])) { "djstripe" }
            form role="search" method="get" action=(visit.to("find", &[])) {
                label.hidden-label for="find" { "Find an id" }
                input id="find" type="search" name="q" value=(shown_up_to(query, 200)) maxlength="500"
                    placeholder="Any id: event, object, effect, request" autocomplete="off" spellcheck="false";
                button { "Find" }
            }
            p { (shown_up_to(visit.operator.name(), 40)) " · " (visit.access_words()) }
        }
    }
}

fn menu(visit: &Visit) -> Markup {
    let above = BELOW.iter().find(|(view, _)| *view == visit.view);
    let current = above.map_or(&*visit.view, |(_, above)| above);
    html! {
        nav.views aria-label="Views" {
            ul {
                @for (view, name) in MENU {
                    li {
                        a href=(visit.to(view, &[])) aria-current=[(view == current).then_some("page")] { (name) }
                    }
                }
            }
        }
    }
}

/// A table that scrolls within itself where it is wider than the window.
pub(super) fn table(caption: &str, headings: &[&str], rows: &[Markup]) -> Markup {
    html! {
        div.wide role="region" aria-label=(caption) tabindex="0" {
            table {
                caption { (caption) }
                thead { tr { @for heading in headings { th scope="col" { (heading) } } } }
                tbody { @for row in rows { tr { (row) } } }
            }
        }
    }
}

/// Names and values.
pub(super) fn facts(facts: &[(&str, Markup)]) -> Markup {
    html! {
        dl.facts { @for (name, value) in facts { dt { (name) } dd { (value) } } }
    }
}

/// A number with its name, and a line below it.
pub(super) fn tile(name: &str, value: Markup, below: Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) small { (below) } } } }
}

/// A text from outside, as code.
pub(super) fn code(text: &str) -> Markup {
    html! { code { (shown(text)) } }
}

/// A text from outside, or a dash.
pub(super) fn code_or_none(text: Option<&str>) -> Markup {
    match text {
        Some(text) if !text.is_empty() => code(text),
        _ => html! { "–" },
    }
}

/// Longest value of a filter's field.
const LONGEST_FIELD: usize = 500;

/// The input of a filter's field. A value that would not be seen, or that an input would change, goes
/// along [encoded](Params::read) instead, and is shown as the input's hint.
pub(super) fn input(params: &Params, name: &str, hint: &str) -> Markup {
    let value = params.get(name).unwrap_or_default();
    let seen = shown_up_to(value, LONGEST_FIELD);
    let (value, hint, kept) = if seen == value {
        (value, hint, None)
    } else {
        ("", &*seen, Some(encoded(value)))
    };
    html! {
        @if let Some(kept) = kept { input type="hidden" name={ (name) (ENCODED_FIELD) } value=(kept); }
        input name=(name) value=(value) placeholder=(hint) maxlength=(LONGEST_FIELD) autocomplete="off" spellcheck="false";
    }
}

/// `1,234`.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 event`, `2 events`.
pub(super) fn quantity(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", number(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (count, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(number(count), expected);
        }
        assert_eq!(quantity(1, "event"), "1 event");
        assert_eq!(quantity(1_000, "event"), "1,000 events");
    }

    #[test]
    fn a_table_has_headings_that_say_of_what_they_are() {
        let rows = [html! { td { "<b>" } }];
        let html = table("Things", &["Name"], &rows).into_string();
        assert!(html.contains(r#"<th scope="col">Name</th>"#), "{html}");
        assert!(html.contains("<caption>Things</caption>"), "{html}");
        assert!(html.contains("&lt;b&gt;"), "{html}");
    }
}
