//! Long functions that are one block: how large their share is.
//!
//! A function is counted from the line of its `fn` to the line of its closing brace, be it an item,
//! a method, a test or nested in another. From 25 lines on it is long. It is one block if no line
//! of its body is blank; a blank line anywhere between the braces counts, also one in a closure or
//! in a string.

use proc_macro2::{Delimiter, LexError, TokenStream, TokenTree};

/// Lines from which a function is long.
const LONG: usize = 25;

/// Percentage of long functions without a blank line at which the check fails.
const LIMIT: usize = 15;

/// What was counted.
#[derive(Debug, Default)]
pub(super) struct Rhythm {
    long: usize,
    /// Long functions without a blank line, as `path:line: name`.
    blocks: Vec<String>,
}

impl Rhythm {
    /// Counts the functions of a file.
    ///
    /// # Errors
    /// Text that isn't Rust.
    pub(super) fn count(&mut self, path: &str, text: &str) -> Result<(), LexError> {
        let lines: Vec<&str> = text.lines().collect();
        for function in functions(text.parse()?) {
            if function.end + 1 - function.start < LONG {
                continue;
            }

            self.long += 1;
            let body = &lines[function.body - 1..function.end];
            if !body.iter().any(|line| line.trim().is_empty()) {
                let Function { start, name, .. } = function;
                self.blocks.push(format!("{path}:{start}: `{name}`"));
            }
        }
        Ok(())
    }

    /// One line for people.
    pub(super) fn summary(&self) -> String {
        format!(
            "{} of {} functions of {LONG} lines or more have no blank line ({:.1} %, allowed: below {LIMIT} %)",
            self.blocks.len(),
            self.long,
            self.blocks.len() as f64 * 100.0 / self.long.max(1) as f64
        )
    }

    pub(super) fn blocks(&self) -> &[String] {
        &self.blocks
    }

    pub(super) fn fault(&self) -> Option<String> {
        let is_over = self.blocks.len() * 100 >= LIMIT * self.long.max(1);
        is_over.then(|| format!("{}; `--verbose` lists them", self.summary()))
    }
}

#[derive(Debug, PartialEq)]
struct Function {
    name: String,
    /// Line of `fn`.
    start: usize,
    /// Line of the opening brace.
    body: usize,
    /// Line of the closing brace.
    end: usize,
}

fn functions(tokens: TokenStream) -> Vec<Function> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            found.extend(functions(group.stream()));
        }
        let [TokenTree::Ident(keyword), TokenTree::Ident(name), ..] = &tokens[index..] else {
            continue;
        };
        if keyword != "fn" {
            continue;
        }

        // A declaration in a trait ends with a semicolon instead of a body.
        let end = tokens[index..].iter().find_map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(Some(group)),
            TokenTree::Punct(punct) if punct.as_char() == ';' => Some(None),
            _ => None,
        });
        if let Some(Some(body)) = end {
            found.push(Function {
                name: name.to_string(),
                start: keyword.span().start().line,
                body: body.span_open().start().line,
                end: body.span_close().end().line,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_functions_without_a_blank_line_are_counted() {
        let check = |text: &str, long: usize, blocks: &[&str]| {
            let mut rhythm = Rhythm::default();
            rhythm.count("a.rs", text).unwrap();
            assert_eq!(
                (rhythm.long, rhythm.blocks()),
                (
                    long,
                    &blocks
                        .iter()
                        .map(|name| (*name).to_owned())
                        .collect::<Vec<_>>()[..]
                ),
                "{text}"
            );
        };
        let lines = |count: usize| "    call();\n".repeat(count);

        check(
            &format!("\n\nfn f() {{\n{}}}\n", lines(23)),
            1,
            &["a.rs:3: `f`"],
        );
        check(&format!("fn f() {{\n{}}}\n", lines(22)), 0, &[]);
        check(
            &format!("fn f() {{\n{}\n{}}}\n", lines(20), lines(3)),
            1,
            &[],
        );
        check(
            &format!("impl A {{\n    fn f(\n\n    ) {{\n{}}}\n}}\n", lines(23)),
            1,
            &["a.rs:2: `f`"],
        );
        check(
            &format!("mod tests {{\n#[test]\nfn f() {{\n{}}}\n}}\n", lines(23)),
            1,
            &["a.rs:3: `f`"],
        );
        check(
            &format!("trait A {{\n    fn f();\n}}\nmod a {{\n{}}}\n", lines(30)),
            0,
            &[],
        );
        check(
            &format!("struct A {{ run: fn(u8) }}\nmod a {{\n{}}}\n", lines(30)),
            0,
            &[],
        );
    }

    #[test]
    fn the_share_has_a_limit() {
        let check = |blocks: usize, long: usize, fails: bool| {
            let rhythm = Rhythm {
                long,
                blocks: vec![String::new(); blocks],
            };
            assert_eq!(rhythm.fault().is_some(), fails, "{blocks} of {long}");
        };

        check(0, 0, false);
        check(14, 100, false);
        check(15, 100, true);
    }
}
