//! `completions`: scripts for shells, of this program under its own name.

use clap::Args;
use clap_complete::Shell;

use super::exit::{CommandError, ExitStatus};
use super::output::print_lines;

pub(super) const HELP: &str = "\
Bash reads it from ~/.bashrc:  source <(PROGRAM completions bash)
Zsh from a folder of $fpath:   PROGRAM completions zsh > ~/.zfunc/_PROGRAM
Fish from its own folder:      PROGRAM completions fish > ~/.config/fish/completions/PROGRAM.fish";

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// Shell that reads the script
    shell: Shell,
}

pub(super) fn run(
    arguments: &Completions,
    parser: clap::Command,
) -> Result<ExitStatus, CommandError> {
    print_lines(script(arguments.shell, parser).trim_end())?;
    Ok(ExitStatus::Success)
}

fn script(shell: Shell, mut parser: clap::Command) -> String {
    let name = parser.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut parser, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use clap::{Arg, ValueEnum};

    use super::*;

    #[test]
    fn each_shell_completes_the_program_under_its_name() {
        let subcommand = clap::Command::new("events").arg(Arg::new("state").long("state"));
        let parser = clap::Command::new("my-shop").subcommand(subcommand);
        for shell in Shell::value_variants() {
            let script = script(*shell, parser.clone());
            for word in ["my-shop", "events", "state"] {
                assert!(script.contains(word), "{shell}: {script}");
            }
            // Nothing of it changes when it is printed.
            assert!(!script.contains(|it: char| it.is_control() && it != '\n' && it != '\t'));
        }
    }
}
