//! Commands that change much ask before they do it.
//!
//! In: what the command would do. Out: whether it may. On a terminal the operator is asked; elsewhere
//! nobody can answer, so the command is refused unless it has `--yes`.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;

use super::exit::{CommandError, UsageError};
use super::output::report;

/// How many rows a command changes without asking.
pub(super) const FEW: u64 = 10;

/// How many rows a command counts, and looks at, before it asks.
pub(super) const MOST_COUNTED: u32 = 10_000;

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct ConfirmArgs {
    /// Don't ask before more than 10 are changed; needed where no terminal can answer
    #[arg(long)]
    pub(super) yes: bool,
}

/// What a command would do.
pub(super) struct Proposal {
    /// Lines for the operator: what would be changed, and what follows from it.
    pub(super) lines: Vec<String>,
    /// Whether it is more than an operator would expect of an unchecked command.
    pub(super) is_much: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Proceed,
    Ask,
    Refuse,
}

fn decide(is_much: bool, yes: bool, is_terminal: bool) -> Decision {
    match (is_much && !yes, is_terminal) {
        (false, _) => Decision::Proceed,
        (true, true) => Decision::Ask,
        (true, false) => Decision::Refuse,
    }
}

/// Returns if the command may do it.
///
/// # Errors
/// [`UsageError`] if nobody can be asked, another error if the operator declines.
pub(super) fn confirm(proposal: &Proposal, arguments: ConfirmArgs) -> Result<(), CommandError> {
    // The question goes to standard error: standard output holds results only.
    let is_terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
    let decision = decide(proposal.is_much, arguments.yes, is_terminal);
    if decision == Decision::Proceed {
        return Ok(());
    }

    for line in &proposal.lines {
        report("note", line);
    }
    if decision == Decision::Refuse {
        let message = "nothing was changed; add `--yes` to do it without being asked";
        return Err(UsageError(message.to_owned()).into());
    }
    if is_yes(&mut io::stdin().lock(), &mut io::stderr())? {
        Ok(())
    } else {
        Err("nothing was changed".into())
    }
}

fn is_yes(input: &mut impl BufRead, output: &mut impl Write) -> io::Result<bool> {
    write!(output, "Continue? [y/N] ")?;
    output.flush()?;
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_much_needs_a_yes() {
        let check = |is_much, yes, is_terminal, expected| {
            let decision = decide(is_much, yes, is_terminal);
            assert_eq!(decision, expected, "{is_much} {yes} {is_terminal}");
        };
        for is_terminal in [true, false] {
            check(false, false, is_terminal, Decision::Proceed);
            check(false, true, is_terminal, Decision::Proceed);
            check(true, true, is_terminal, Decision::Proceed);
        }
        check(true, false, true, Decision::Ask);
        check(true, false, false, Decision::Refuse);
    }

    #[test]
    fn anything_but_yes_declines() {
        for (answer, expected) in [
            ("y\n", true),
            ("YES\n", true),
            ("\n", false),
            ("", false),
            ("n\n", false),
            ("yes please\n", false),
        ] {
            let mut shown = Vec::new();
            let is_yes = is_yes(&mut answer.as_bytes(), &mut shown).unwrap();
            assert_eq!(is_yes, expected, "{answer:?}");
            assert_eq!(shown, b"Continue? [y/N] ");
        }
    }
}
