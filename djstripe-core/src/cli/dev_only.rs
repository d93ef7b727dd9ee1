//! The commands that exist with the cargo feature `dev` alone: what a program without it says.

use std::ffi::OsString;

use clap::Command;
use clap::error::ErrorKind;

/// The commands of the feature.
const COMMANDS: [&str; 2] = ["demo", "fake-stripe"];

/// What the help of a program says whose default command is the demo.
pub(super) const DEMO_BY_DEFAULT: &str = if cfg!(feature = "dev") {
    "Without a command, `demo` runs."
} else {
    "Without a command, `demo` would run, but this program was built without the cargo feature `dev`\n\
     of djstripe-core."
};

/// Refuses a command of the feature, in a program that was built without it.
///
/// # Errors
/// Incorrect usage, with the line of `Cargo.toml` that adds the command.
pub(super) fn refuse(arguments: &[OsString], parser: &Command) -> Result<(), clap::Error> {
    let command = arguments.get(1).and_then(|argument| argument.to_str());
    match command.filter(|command| COMMANDS.contains(command)) {
        None => Ok(()),
        Some(command) => {
            let version = env!("CARGO_PKG_VERSION");
            let message = format!(
                "this program was built without the command `{command}`, which is for development; \
                 add the cargo feature `dev`: \
                 djstripe-core = {{ version = \"{version}\", features = [\"dev\"] }}"
            );
            Err(clap::Error::raw(ErrorKind::InvalidSubcommand, message).with_cmd(parser))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_feature_its_commands_name_it() {
        let check = |arguments: &[&str], expected: Option<&str>| {
            let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            let refused = refuse(&arguments, &Command::new("shop"));
            let message = refused.map_err(|error| (error.exit_code(), error.to_string()));
            match (message, expected) {
                (Ok(()), None) => {}
                (Err((2, message)), Some(expected)) => {
                    assert!(message.contains(expected), "{message}");
                    assert!(message.contains("features = [\"dev\"]"), "{message}");
                }
                (other, _) => panic!("{arguments:?}: {other:?}"),
            }
        };

        check(&["shop"], None);
        check(&["shop", "serve"], None);
        check(&["shop", "trigger", "demo"], None);
        check(&["shop", "demo"], Some("without the command `demo`"));
        check(
            &["shop", "fake-stripe", "--listen", "127.0.0.1:1"],
            Some("without the command `fake-stripe`"),
        );
    }
}
