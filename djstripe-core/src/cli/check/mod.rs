//! `check`: what is wrong with the settings, the keys, the database and Stripe's side, each with what puts it right.
//!
//! Reads only, makes nothing, and goes on as far as it can: without a key, without a database, with migrations pending.
//! What could not be looked at is said.

mod database;
mod events;
mod keys;

use serde_json::json;

use super::list::print;
use super::{CommandError, Ending, Output};
use crate::app::Builder;
use crate::error::describe;
use crate::receiver::registry::Registry;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    /// Something doesn't work.
    Error,
    /// Something may not be meant so.
    Warning,
    /// Good to know.
    Note,
}

impl Severity {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One thing that was found.
#[derive(Debug)]
pub(super) struct Finding {
    severity: Severity,
    /// What was looked at.
    point: &'static str,
    what: String,
    /// The command or setting that puts it right.
    fix: Option<String>,
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    fn add(
        &mut self,
        severity: Severity,
        point: &'static str,
        what: impl Into<String>,
        fix: Option<String>,
    ) {
        self.0.push(Finding {
            severity,
            point,
            what: what.into(),
            fix,
        });
    }

    fn error(&mut self, point: &'static str, what: impl Into<String>, fix: impl Into<String>) {
        self.add(Severity::Error, point, what, Some(fix.into()));
    }

    fn warning(&mut self, point: &'static str, what: impl Into<String>, fix: impl Into<String>) {
        self.add(Severity::Warning, point, what, Some(fix.into()));
    }

    fn note(&mut self, point: &'static str, what: impl Into<String>) {
        self.add(Severity::Note, point, what, None);
    }

    fn count(&self, severity: Severity) -> usize {
        self.0
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }
}

pub(super) async fn run(builder: &Builder, output: Output) -> Result<Ending, CommandError> {
    let findings = examine(builder).await;
    for Finding {
        severity,
        point,
        what,
        fix,
    } in &findings.0
    {
        let severity = severity.as_str();
        if output.json {
            print(format_args!(
                "{}",
                json!({ "severity": severity, "point": point, "what": what, "fix": fix })
            ))?;
        } else {
            print(format_args!("{severity:<7}  {point}: {what}"))?;
            if let Some(fix) = fix {
                print(format_args!("         fix: {fix}"))?;
            }
        }
    }
    let (errors, warnings) = (
        findings.count(Severity::Error),
        findings.count(Severity::Warning),
    );
    if !output.json {
        print(format_args!("errors: {errors}, warnings: {warnings}"))?;
    }
    Ok(if errors == 0 {
        Ending::Done
    } else {
        Ending::Found
    })
}

async fn examine(builder: &Builder) -> Findings {
    let mut findings = Findings::default();
    let registry = match builder.registry() {
        Ok(registry) => registry,
        Err(error) => {
            findings.error(
                "receivers",
                describe(&error),
                "give one of them another `id`, then check again",
            );
            // Nobody listens to anything then.
            match Registry::new([]) {
                Ok(none) => none,
                Err(_) => return findings,
            }
        }
    };
    let client = match builder.client() {
        Ok(client) => client,
        Err(error) => {
            findings.error(
                "keys",
                describe(&error),
                "correct STRIPE_SECRET_KEY and STRIPE_API_BASE",
            );
            None
        }
    };
    let store = database::examine(builder, &mut findings).await;
    let reached = keys::examine(builder, client.as_ref(), &registry, &mut findings).await;
    let reachable = client.as_ref().filter(|_| !reached.is_empty());
    let settings = events::Settings {
        builder,
        registry: &registry,
        client: reachable,
        modes: &reached,
    };
    events::examine(&settings, store.as_ref(), &mut findings).await;
    findings
}
