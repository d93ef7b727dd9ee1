//! A crate outside of the workspace with the dependencies that README names, and nothing else: the
//! documented examples compile in it, without the lines that rustdoc hides.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A page, what it has to show, and the name of the module that its examples become.
const PAGES: [(&str, &str, &str); 7] = [
    ("README.md", "#[stripe_receiver(", "readme"),
    (
        "djstripe-core/docs/receivers.md",
        "#[stripe_receiver(",
        "receivers",
    ),
    ("djstripe-core/docs/users.md", "LinkBy", "users"),
    (
        "djstripe-core/src/store/backend/connection.rs",
        "with_db!",
        "with_db",
    ),
    (
        "djstripe-core/src/store/prelude.rs",
        "stripe_table!",
        "prelude",
    ),
    (
        "djstripe-core/src/mirror/subscriber.rs",
        "SubscriberLookup for",
        "lookup",
    ),
    (
        "djstripe-core/src/mirror/subscriber.rs",
        "SubscriberSource for",
        "source",
    ),
];

/// README's feature, and those that the examples say they need; the same in every test, so that
/// djstripe-core is checked once.
const FEATURES: [&str; 2] = ["dev", "issuing"];

#[test]
fn documented_examples_compile_with_the_documented_dependencies() {
    let application = Application::new("documented");
    let mut main = String::from("#![allow(dead_code, unused)]\n");
    for (page, shows, module) in PAGES {
        let examples = examples(&read(page), shows);
        assert!(!examples.is_empty(), "{page} has no example of `{shows}`");

        for (number, example) in examples.iter().enumerate() {
            let name = format!("{module}_{number}");
            application.write(&format!("src/{name}.rs"), &in_module(example));
            main += &format!("mod {name};\n");
        }
    }
    application.write("src/main.rs", &(main + "fn main() {}\n"));

    let output = application.check();
    assert!(output.status.success(), "{}", text(&output));
}

/// The model of a product group that is off has no fields.
#[test]
fn a_model_that_is_switched_off_leads_to_its_feature() {
    let application = Application::new("switched_off");
    application.write(
        "src/main.rs",
        "use djstripe_core::models::Review;\n\
         use djstripe_core::{Object, stripe_receiver};\n\n\
         #[stripe_receiver(\"review.opened\", \"review.closed\")]\n\
         fn look(_review: Object<Review>) {}\n\n\
         fn main() {}\n",
    );

    let output = application.check();
    assert!(!output.status.success(), "it compiles");
    let message = text(&output);
    assert!(
        message.contains("the model `Review` needs the cargo feature `radar`, which is off")
            && message.contains("help: turn on the feature `radar` of djstripe-core"),
        "{message}"
    );
    assert_eq!(message.matches("error[").count(), 1, "{message}");
}

/// A crate in the target folder.
struct Application(PathBuf);

impl Application {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("outside")
            .join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        std::fs::create_dir_all(folder.join("src")).unwrap();

        let application = Self(folder);
        application.write("Cargo.toml", &manifest(name));
        application.write("Cargo.lock", &read("Cargo.lock"));
        application
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.0.join(path), text).unwrap();
    }

    /// Builds in the folder that the workspace builds in, so that its dependencies are built once.
    fn check(&self) -> Output {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["check", "--offline", "--color=never"]);
        cargo.current_dir(&self.0).env("CARGO_TARGET_DIR", target);
        cargo.output().unwrap()
    }
}

/// The dependencies as README lists them, with djstripe-core from this workspace.
fn manifest(name: &str) -> String {
    let readme = read("README.md");
    let (_, rest) = readme
        .split_once("```toml\n")
        .expect("README names the dependencies");
    let (dependencies, _) = rest.split_once("```").unwrap();
    let core = "djstripe-core = { version = \"0.1\", features = [\"dev\"] }";
    assert!(dependencies.contains(core), "{dependencies}");

    let path = root().join("djstripe-core");
    let dependencies = dependencies.replace(
        core,
        &format!("djstripe-core = {{ path = {path:?}, features = {FEATURES:?} }}"),
    );
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         {dependencies}\n[workspace]\n"
    )
}

/// An example that ends with statements is the body of a function, as rustdoc makes it.
fn in_module(example: &str) -> String {
    match example.lines().any(|line| line.starts_with("let ")) {
        true => format!("fn example() {{\n{example}}}\n"),
        false => example.to_owned(),
    }
}

/// The examples of a page that show this, as a reader sees them.
fn examples(page: &str, shows: &str) -> Vec<String> {
    let mut examples = Vec::new();
    let mut block: Option<Block> = None;
    for line in page.lines() {
        let line = line.trim_start();
        let line = ["/// ", "//! ", "///", "//!"]
            .iter()
            .find_map(|comment| line.strip_prefix(comment))
            .unwrap_or(line);
        match &mut block {
            None if line.starts_with("```") => {
                let is_rust = line == "```" || line.starts_with("```rust");
                block = Some(Block::new(is_rust));
            }
            None => {}
            Some(ended) if line == "```" => {
                examples.extend(ended.example(shows));
                block = None;
            }
            Some(block) => block.push(line),
        }
    }
    examples
}

/// A block of code in a page.
struct Block {
    is_rust: bool,
    seen: String,
    /// With the lines that rustdoc hides.
    whole: String,
}

impl Block {
    fn new(is_rust: bool) -> Self {
        Self {
            is_rust,
            seen: String::new(),
            whole: String::new(),
        }
    }

    fn push(&mut self, line: &str) {
        let hidden = if line == "#" {
            Some("")
        } else {
            line.strip_prefix("# ")
        };
        self.whole += &format!("{}\n", hidden.unwrap_or(line));
        if hidden.is_none() {
            self.seen += &format!("{line}\n");
        }
    }

    /// The block as an example of this. A stand-in for what the reader has, it may hide.
    fn example(&self, shows: &str) -> Option<String> {
        let has_stand_in = self.seen.contains("stands for");
        let example = if has_stand_in {
            &self.whole
        } else {
            &self.seen
        };
        (self.is_rust && self.seen.contains(shows)).then(|| example.clone())
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
