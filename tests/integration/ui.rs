//! Which uses of the macro compile, and the messages of the compiler for the others.

#[test]
fn mistakes_are_told_and_everything_else_compiles() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/*/fail/*.rs");
    cases.pass("ui/*/pass/*.rs");
}
