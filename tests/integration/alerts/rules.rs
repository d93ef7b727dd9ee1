//! The rules of the page, and `promtool`, which runs them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use djstripe_tests::packages;
use serde_json::{Value, json};

use super::exported::{Exported, PAGE, name};
use super::scenarios::{CASES, Change, HEALTHY, OTHER_PROGRAM, Scenario};

/// As Debian 12 has it. An update replaces the previous build in Debian's archive; any build will do.
const PACKAGE: &str = "prometheus=2.42.0+ds-*";
const TARGET: &str = env!("CARGO_TARGET_TMPDIR");
/// What Prometheus adds to each series.
const SCRAPED: &str = r#"job="djstripe",instance="shop:9464""#;

/// A rule of the page.
pub(super) struct Rule {
    pub(super) alert: String,
    severity: String,
    /// All its lines.
    text: String,
}

impl Rule {
    /// The metrics that it reads.
    pub(super) fn metrics(&self) -> BTreeSet<&str> {
        let words = self
            .text
            .split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
        words
            .filter(|word| word.starts_with("djstripe_") || word.starts_with("process_"))
            .collect()
    }
}

/// The block of rules that users copy.
fn block() -> &'static str {
    let (_, alerts) = PAGE.split_once("\n## Alerts\n").unwrap();
    let (_, block) = alerts.split_once("```yaml\n").unwrap();
    block.split_once("```").unwrap().0
}

pub(super) fn of_the_page() -> Vec<Rule> {
    let rules = block().split("      - alert: ").skip(1).map(|text| {
        let (_, severity) = text.split_once("severity: ").unwrap();
        Rule {
            alert: text.lines().next().unwrap().to_owned(),
            severity: severity.split_whitespace().next().unwrap().to_owned(),
            text: text.to_owned(),
        }
    });
    rules.collect()
}

/// Runs all rules through all scenarios. In each, the alerts that it names fire and no other does.
pub(super) fn check(rules: &[Rule], exported: &Exported) {
    let alerts: BTreeSet<&str> = rules.iter().map(|rule| &*rule.alert).collect();
    let proved: BTreeSet<&str> = CASES.iter().map(|case| case.alert).collect();
    assert_eq!(alerts, proved, "each alert has a case in scenarios.rs");

    let read: BTreeSet<&str> = rules.iter().flat_map(Rule::metrics).collect();
    let mut tests = vec![test(&HEALTHY, None, rules, &read, exported)];
    for case in CASES {
        assert!(
            !case.fires.is_empty() && !case.quiet.is_empty(),
            "{}",
            case.alert
        );
        for scenario in case.fires {
            let fires = Some((case.alert, case.labels));
            tests.push(test(scenario, fires, rules, &read, exported));
        }
        for scenario in case.quiet {
            tests.push(test(scenario, None, rules, &read, exported));
        }
    }

    let promtool = install();
    let folder = Path::new(TARGET).join("alerts");
    fs::create_dir_all(&folder).unwrap();
    let rules_file = folder.join("rules.yml");
    fs::write(&rules_file, block()).unwrap();
    run(Command::new(&promtool)
        .args(["check", "rules"])
        .arg(&rules_file));

    let mut test_rules = Command::new(&promtool);
    test_rules.args(["test", "rules"]);
    for step in [1, 5, 30] {
        let interval = format!("{step}m");
        let of_step: Vec<&Value> = tests
            .iter()
            .filter(|it| it["interval"] == *interval)
            .collect();
        assert!(!of_step.is_empty(), "{interval}");
        let tests_file = folder.join(format!("tests-{interval}.yml"));
        // JSON is YAML.
        let all = json!({
            "rule_files": [rules_file], "evaluation_interval": interval, "tests": of_step,
        });
        fs::write(&tests_file, all.to_string()).unwrap();
        test_rules.arg(tests_file);
    }
    run(&mut test_rules);
}

/// The scenario as `promtool` reads it: a healthy program, with the scenario's changes.
fn test(
    scenario: &Scenario,
    fires: Option<(&str, &[(&str, &str)])>,
    rules: &[Rule],
    read: &BTreeSet<&str>,
    exported: &Exported,
) -> Value {
    let Scenario {
        step,
        steps,
        changes,
    } = scenario;
    let minutes = step * steps;
    let changes: Vec<&Change> = HEALTHY.changes.iter().chain(*changes).collect();
    for change in &changes {
        assert!(
            exported
                .series
                .keys()
                .any(|series| change.value(series).is_some()),
            "djstripe exports no series `{}`",
            change.series()
        );
    }

    let mut input = Vec::new();
    let series = exported.series.iter();
    for (series, value) in series.filter(|(series, _)| read.contains(name(series))) {
        // The last change of a series wins.
        let changed = changes.iter().rev().find_map(|change| change.value(series));
        let values = changed.map_or_else(|| format!("{value}+0xN"), str::to_owned);
        let series = match series.strip_suffix('}') {
            Some(labels) => format!("{labels},{SCRAPED}}}"),
            None => format!("{series}{{{SCRAPED}}}"),
        };
        input.push(json!({ "series": series, "values": values.replace('N', &steps.to_string()) }));
    }
    for (series, values) in OTHER_PROGRAM {
        input.push(json!({ "series": series, "values": values.replace('N', &steps.to_string()) }));
    }

    let alerts = rules.iter().map(|rule| {
        let firing = fires.filter(|(alert, _)| *alert == rule.alert);
        let expected = firing.map(|(_, labels)| {
            let mut all = json!({ "severity": rule.severity });
            for (label, value) in labels {
                all[*label] = json!(value);
            }
            json!({ "exp_labels": all })
        });
        json!({
            "eval_time": format!("{minutes}m"),
            "alertname": rule.alert,
            "exp_alerts": expected.into_iter().collect::<Vec<_>>(),
        })
    });
    let changed: Vec<String> = scenario.changes.iter().map(Change::to_string).collect();
    json!({
        "name": format!("{minutes}m: {}", changed.join("; ")),
        "interval": format!("{step}m"),
        "input_series": input,
        "alert_rule_test": alerts.collect::<Vec<_>>(),
    })
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Unpacks the program into a folder of the build, and returns its path.
fn install() -> PathBuf {
    let folder = Path::new(TARGET).join("debian-prometheus-2.42.0");
    fs::create_dir_all(&folder).unwrap();
    let mut download = Command::new("sh");
    download
        .args(["-ec", DOWNLOAD, "sh", PACKAGE])
        .current_dir(&folder);
    packages::install(PACKAGE, "promtool", &folder, [&mut download]);
    folder.join("usr/bin/promtool")
}

/// Without lists of packages, as in a fresh container, apt gets its own here.
const DOWNLOAD: &str = r#"
apt-get --quiet --quiet download "$1" || {
    mkdir -p state/lists/partial cache/archives/partial
    set -- "$1" -o Dir::State="$PWD/state" -o Dir::Cache="$PWD/cache"
    package=$1; shift
    apt-get --quiet --quiet "$@" update
    apt-get --quiet --quiet "$@" download "$package"
}
dpkg -x prometheus_*.deb .
rm -r prometheus_*.deb
"#;
