//! The compiler's messages for uses of the macros that it refuses. The uses that it accepts are
//! programs of their own, listed in this package's manifest.

use std::path::Path;

#[test]
fn mistakes_are_told() {
    trybuild::TestCases::new().compile_fail("ui/*/fail/*.rs");
}

#[test]
fn every_program_that_compiles_is_a_test_of_this_package() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let mut programs = 0;
    for subject in std::fs::read_dir(folder.join("ui")).unwrap() {
        let pass = subject.unwrap().path().join("pass");
        for program in std::fs::read_dir(pass).into_iter().flatten() {
            let path = program.unwrap().path();
            let path = path.strip_prefix(folder).unwrap().display();
            assert!(manifest.contains(&format!("path = \"{path}\"")), "{path}");
            programs += 1;
        }
    }
    assert!(programs > 0, "there is none in `ui/*/pass`");
}
