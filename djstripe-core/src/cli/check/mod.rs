//! `check`: finds problems in the settings, the keys, the database and at Stripe, each with its fix.
//!
//! Changes nothing but one row that shows whether the database takes writes, and checks as much as it
//! can: without a key, without a database, with pending migrations. What could not be checked is
//! reported too.

mod findings;
mod context;
mod database;
mod permission_names;
mod permissions;
mod keys;
mod endpoints;
mod events;
mod effects;
mod rewritten;
mod refused;
mod rows;
mod required;

use clap::Args;
use serde_json::json;

use super::exit::{CommandError, ExitStatus};
use super::output::{OutputArgs, print};
use super::settings::{DatabaseArgs, SigningArgs, StripeArgs};
use crate::app::Builder;
use crate::client::Clients;
use crate::error::describe;
use crate::receiver::registry::Registry;
use context::CheckContext;
use findings::{Finding, Findings, Severity};

#[derive(Debug, Args)]
pub(super) struct Check {
    /// List the permissions that a restricted key needs, and try each; exit with 1 if it lacks one
    #[arg(long)]
    permissions: bool,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    _signing: SigningArgs,
    #[command(flatten)]
    stripe: StripeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, arguments: Check) -> Result<ExitStatus, CommandError> {
    let builder = arguments.database.apply(builder);
    let builder = arguments.stripe.apply(builder);
    if arguments.permissions {
        return required::run(&builder, &arguments.output).await;
    }
    let findings = check(&builder).await;

    for finding in findings.iter() {
        if arguments.output.json {
            print(json!({
                "severity": finding.severity.as_str(),
                "point": finding.point,
                "what": finding.what,
                "fix": finding.fix,
            }))?;
        } else {
            print_finding(finding)?;
        }
    }

    let errors = findings.count(Severity::Error);
    if !arguments.output.json {
        let warnings = findings.count(Severity::Warning);
        print(format_args!("errors: {errors}, warnings: {warnings}"))?;
    }
    Ok(ExitStatus::problems_found(errors > 0))
}

fn print_finding(finding: &Finding) -> std::io::Result<()> {
    let severity = finding.severity.as_str();
    print(format_args!(
        "{severity:<7}  {}: {}",
        finding.point, finding.what
    ))?;
    if let Some(fix) = &finding.fix {
        print(format_args!("         fix: {fix}"))?;
    }
    Ok(())
}

async fn check(builder: &Builder) -> Findings {
    let mut findings = Findings::default();
    let registry = match builder.registry() {
        Ok(registry) => registry,
        Err(error) => {
            let fix = "give one of them another `id`, then check again";
            findings.error("receivers", describe(&error), fix);
            // The other checks go on as if there were no receivers.
            match Registry::new([]) {
                Ok(empty) => empty,
                Err(_) => return findings,
            }
        }
    };
    if let Err(error) = builder.mirror_settings().check() {
        let fix = "correct the `MirrorSettings` that the program gives to the builder";
        findings.error("mirror", describe(&error), fix);
    }
    let mut has_unusable_keys = false;
    let clients = match builder.clients() {
        Ok(clients) => clients,
        Err(error) => {
            let fix = "correct STRIPE_SECRET_KEY and STRIPE_API_BASE";
            findings.error("keys", describe(&error), fix);
            has_unusable_keys = true;
            Clients::default()
        }
    };

    let store = database::check(builder, &mut findings).await;
    let accepted = keys::check(builder, &clients, &registry, &mut findings).await;
    if let Some(store) = &store {
        keys::check_accounts(&clients, store, &mut findings).await;
    }
    let context = CheckContext {
        builder,
        registry: &registry,
        clients: &clients,
        accepted: &accepted,
        has_key: has_unusable_keys || !clients.is_empty(),
    };
    let endpoints = endpoints::check(&context, store.as_ref(), &mut findings).await;
    if let Some(store) = &store {
        refused::check(&context, &endpoints, store, &mut findings).await;
        events::check(&context, store, &mut findings).await;
        effects::check(builder, store, &mut findings).await;
        rows::check(context.has_key, store, &mut findings).await;
    }
    findings
}
