//! Bars over time, drawn on the server as SVG without styles of its own. Does no IO.

use std::fmt::Write;

use maud::{Markup, PreEscaped, html};

use super::time::clock;
use crate::timestamp::Timestamp;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 84.0;
/// Room for labels above and below the bars.
const ABOVE: f64 = 14.0;
const BELOW: f64 = 16.0;

/// Values over time.
pub(super) struct Chart<'c> {
    pub(super) title: &'c str,
    /// What the chart tells, for those who don't see it and as a line below the title.
    pub(super) summary: String,
    /// The class of its bars.
    pub(super) class: &'static str,
    /// The start of the first bar, and the end of the last.
    pub(super) span: (Timestamp, Timestamp),
    pub(super) values: Vec<f64>,
    /// Writes the value at the top.
    pub(super) label: fn(f64) -> String,
}

impl Chart<'_> {
    pub(super) fn show(&self) -> Markup {
        let highest = self.values.iter().copied().fold(0.0, f64::max);
        let (from, to) = (clock(self.span.0), clock(self.span.1));
        let label = format!("{}: {}", self.title, self.summary);
        let bottom = ABOVE + HEIGHT;
        html! {
            figure {
                figcaption { (self.title) }
                p.soft { (self.summary) }
                svg.chart viewBox={ "0 0 " (WIDTH) " " (bottom + BELOW) } role="img" aria-label=(label) {
                    line.axis x1="0" y1=(bottom) x2=(WIDTH) y2=(bottom) {}
                    @if highest > 0.0 {
                        line.axis x1="0" y1=(ABOVE) x2=(WIDTH) y2=(ABOVE) {}
                        text x="0" y=(ABOVE - 3.0) { ((self.label)(highest)) }
                        path class=(self.class) d=(bars(&self.values, highest)) {}
                    }
                    text x="0" y=(bottom + 13.0) { (from.get(..16).unwrap_or(&from)) }
                    text x=(WIDTH) y=(bottom + 13.0) text-anchor="end" { (to.get(..16).unwrap_or(&to)) }
                }
            }
        }
    }
}

/// The bars as one path.
fn bars(values: &[f64], highest: f64) -> PreEscaped<String> {
    let step = WIDTH / values.len().max(1) as f64;
    let width = (step * 0.82).max(0.6);
    let mut path = String::with_capacity(values.len() * 24);
    for (index, value) in values.iter().enumerate() {
        if *value <= 0.0 {
            continue;
        }
        // Even the smallest value is seen.
        let height = (value / highest * HEIGHT).max(1.0);
        let (left, top) = (index as f64 * step, ABOVE + HEIGHT - height);
        // Writing to a string can't fail.
        let _ = write!(
            path,
            "M{left:.1} {top:.1}h{width:.1}v{height:.1}h-{width:.1}z"
        );
    }
    PreEscaped(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: Vec<f64>) -> String {
        let chart = Chart {
            title: "Received",
            summary: "6 in the last hour".to_owned(),
            class: "s1",
            span: (Timestamp::from_seconds(0), Timestamp::from_seconds(3_600)),
            values,
            label: |value| format!("{value:.0}"),
        };
        chart.show().into_string()
    }

    #[test]
    fn a_bar_is_as_high_as_its_value() {
        let html = chart(vec![0.0, 2.0, 4.0]);
        assert!(html.contains("M106.7 56.0h87.5v42.0h-87.5z"), "{html}");
        assert!(html.contains("M213.3 14.0h87.5v84.0h-87.5z"), "{html}");
        assert!(
            html.contains(r#"aria-label="Received: 6 in the last hour""#),
            "{html}"
        );
        assert!(html.contains("1970-01-01 00:00"), "{html}");
        assert!(!html.contains("style"), "{html}");
    }

    #[test]
    fn nothing_has_no_bars_and_many_are_small() {
        assert!(!chart(vec![0.0; 60]).contains("<path"));
        assert!(!chart(Vec::new()).contains("NaN"));
        let html = chart(vec![1.0; 96]);
        assert!(html.len() < 4_000, "{}", html.len());
    }
}
