//! `check --permissions`: the permissions that a restricted key needs, and which of them it lacks.

use std::collections::BTreeMap;

use serde_json::json;

use super::permission_names::permission_of;
use super::permissions::{Access, Needed, Tried};
use crate::app::Builder;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::{OutputArgs, print};
use crate::client::Client;
use crate::webhook::mode_name;

/// Permissions that commands need, besides those to read objects. A write can't be tried.
const OF_COMMANDS: [(&str, &str); 3] = [
    (
        "webhook_write",
        "endpoints create, sync, roll, enable, disable, delete",
    ),
    (
        "write access to v2.core.event_destination",
        "the same for event destinations, endpoints ping, migrate-to-thin",
    ),
    ("customer_write", "init-customers"),
];

/// A permission, and the types of object that it is for.
struct Permission {
    /// Stripe's name, or the type of object if Stripe's reference has no name for it.
    name: String,
    objects: Vec<&'static str>,
    access: Access,
}

pub(super) async fn run(
    builder: &Builder,
    output: &OutputArgs,
) -> Result<ExitStatus, CommandError> {
    let registry = builder.registry()?;
    let client = builder
        .client()?
        .ok_or(match builder.clients()?.is_empty() {
            true => "no secret key of Stripe's API: set STRIPE_SECRET_KEY",
            false => "several own accounts have a key: set STRIPE_SECRET_KEY to the one to check",
        })?;
    let needed = Needed::by(builder, &registry)
        .and("event")
        .and("webhook_endpoint");

    let mut has_problems = false;
    for livemode in [false, true] {
        if client.has_key(livemode) {
            has_problems |= show(&needed, &client, livemode, output).await?;
        }
    }
    if !output.json {
        for (name, commands) in OF_COMMANDS {
            print(format_args!("optional  {name}: for {commands}"))?;
        }
    }
    Ok(ExitStatus::problems_found(has_problems))
}

/// Shows the permissions that the key of one mode needs; returns whether it lacks one.
async fn show(
    needed: &Needed,
    client: &Client,
    livemode: bool,
    output: &OutputArgs,
) -> Result<bool, CommandError> {
    let permissions = by_permission(needed.try_all(client, livemode).await);
    let mode = mode_name(livemode);

    let mut lacking = 0;
    for permission in &permissions {
        let Permission {
            name,
            objects,
            access,
        } = permission;
        let (state, detail) = match access {
            Access::Granted => ("ok", String::new()),
            Access::Lacking(names) if names.is_empty() => ("lacking", String::new()),
            Access::Lacking(names) => {
                ("lacking", format!("Stripe asks for {}", names.join(" or ")))
            }
            Access::Unknown(error) => ("unknown", error.clone()),
            Access::Untried => (
                "untried",
                "its path needs the id of another object".to_owned(),
            ),
        };
        lacking += usize::from(state == "lacking");

        if output.json {
            print(json!({
                "mode": mode,
                "permission": name,
                "objects": objects,
                "state": state,
                "detail": detail,
            }))?;
            continue;
        }
        let detail = match &*detail {
            "" => String::new(),
            detail => format!(" ({detail})"),
        };
        let objects = objects.join(", ");
        print(format_args!("{state:<8}  {name}: for {objects}{detail}"))?;
    }

    if !output.json {
        let count = permissions.len();
        print(format_args!(
            "the key of {mode} mode needs {count} permissions and lacks {lacking}"
        ))?;
    }
    Ok(lacking > 0)
}

/// Groups the types of object by the permission to read them. It is lacking if it is for one of
/// them.
fn by_permission(tried: Vec<Tried>) -> Vec<Permission> {
    let mut permissions: BTreeMap<String, Permission> = BTreeMap::new();
    for Tried { object, access, .. } in tried {
        let name = match permission_of(object) {
            Some(name) => format!("{name}_read"),
            None => format!("read access to {object}"),
        };

        let permission = permissions.entry(name.clone()).or_insert(Permission {
            name,
            objects: Vec::new(),
            access: Access::Untried,
        });
        permission.objects.push(object);
        if rank(&access) > rank(&permission.access) {
            permission.access = access;
        }
    }
    permissions.into_values().collect()
}

/// What says the most about a permission comes last.
fn rank(access: &Access) -> u8 {
    match access {
        Access::Untried => 0,
        Access::Unknown(_) => 1,
        Access::Granted => 2,
        Access::Lacking(_) => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_refusal_is_enough_for_a_permission_to_be_lacking() {
        let tried = |object, access| Tried {
            object,
            is_own: false,
            access,
        };
        let refused = Access::Lacking(vec!["plan_read".to_owned()]);
        let found = by_permission(vec![
            tried("charge", Access::Granted),
            tried("plan", Access::Granted),
            tried("price", refused.clone()),
            tried("radar.value_list", Access::Untried),
            tried("refund", Access::Untried),
        ]);

        let found: Vec<_> = found
            .iter()
            .map(|permission| {
                (
                    &*permission.name,
                    permission.objects.len(),
                    &permission.access,
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("charge_read", 2, &Access::Granted),
                ("plan_read", 2, &refused),
                ("read access to radar.value_list", 1, &Access::Untried),
            ]
        );
    }
}
