//! Headings of the options that several commands share, so that help begins with a command's own.

use clap::{Args, Command, Id};

use super::log::LogArgs;
use super::settings::{DatabaseArgs, SigningArgs, StripeArgs};

/// Options under one heading.
struct Group {
    heading: &'static str,
    ids: Vec<Id>,
}

fn group<A: Args>(heading: &'static str) -> Group {
    let options = A::augment_args(Command::new(""));
    let ids = options.get_arguments().map(|it| it.get_id().clone());
    Group {
        heading,
        ids: ids.collect(),
    }
}

fn groups() -> [Group; 4] {
    [
        group::<DatabaseArgs>("Database options"),
        group::<SigningArgs>("Signing options"),
        group::<StripeArgs>("Stripe options"),
        group::<LogArgs>("Log options"),
    ]
}

/// Puts the shared options of all commands under their headings.
pub(super) fn with_headings(command: Command) -> Command {
    set_headings(command, &groups())
}

fn set_headings(command: Command, groups: &[Group]) -> Command {
    let command = command.mut_args(|option| {
        let group = groups
            .iter()
            .find(|group| group.ids.contains(option.get_id()));
        match group {
            Some(group) => option.help_heading(group.heading),
            None => option,
        }
    });
    command.mut_subcommands(|inner| set_headings(inner, groups))
}
