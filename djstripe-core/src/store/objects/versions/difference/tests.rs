use super::*;

/// Each change as `path: kind old -> new`.
fn changes(earlier: &str, later: &str) -> Vec<String> {
    let line = |change: FieldChange| {
        let FieldChange { path, change } = change;
        let [old, new] = [change.before(), change.after()].map(|it| it.unwrap_or("-").to_owned());
        format!("{path}: {} {old} -> {new}", change.as_str())
    };
    let changes = difference(earlier, later).unwrap();
    changes.into_iter().map(line).collect()
}

fn check(earlier: &str, later: &str, expected: &[&str]) {
    assert_eq!(changes(earlier, later), expected, "{earlier} {later}");
    assert_eq!(changes(earlier, earlier), [""; 0]);

    // The other way round each change is its opposite.
    let back = difference(later, earlier).unwrap();
    let there = difference(earlier, later).unwrap();
    let paths = |changes: &[FieldChange]| {
        let mut paths: Vec<String> = changes.iter().map(|it| it.path.to_string()).collect();
        paths.sort();
        paths
    };
    assert_eq!(paths(&there), paths(&back));
    for change in &there {
        let opposite = back.iter().find(|it| it.path == change.path).unwrap();
        assert_eq!(change.change.before(), opposite.change.after());
        assert_eq!(change.change.after(), opposite.change.before());
    }
}

#[test]
fn fields_are_added_removed_and_replaced() {
    check(
        r#"{"a":1,"b":"x","c":null}"#,
        r#"{"d":true,"b":"y","a":1}"#,
        &[
            r#"b: replaced "x" -> "y""#,
            "c: removed null -> -",
            "d: added - -> true",
        ],
    );
    check(
        r#"{"card":null}"#,
        r#"{"card":{"last4":"4242"}}"#,
        &[r#"card: replaced null -> {"last4":"4242"}"#],
    );
    check(
        r#"{"card":{"last4":"4242","exp":{"year":2030}}}"#,
        r#"{"card":{"last4":"4242","exp":{"year":2031}}}"#,
        &["card.exp.year: replaced 2030 -> 2031"],
    );
    check(r#"{"a":[]}"#, r#"{"a":{}}"#, &["a: replaced [] -> {}"]);
    check("1", "2", &[": replaced 1 -> 2"]);
}

#[test]
fn what_is_written_otherwise_is_no_change() {
    for (earlier, later) in [
        (
            r#"{"a":1,"b":{"c":2,"d":3}}"#,
            r#"{ "b": {"d":3, "c":2}, "a":1 }"#,
        ),
        (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
        (r#"{"a":1.50}"#, r#"{"a":15e-1}"#),
        (r#"{"a":"\u00e9\/"}"#, r#"{"\u0061":"é/"}"#),
        (r#"{"a":[1.0,{"b":[]}]}"#, r#"{"a":[1, {"b": []}]}"#),
        (" {} ", "{}"),
    ] {
        check(earlier, later, &[]);
    }
}

#[test]
fn numbers_stay_as_they_are_written() {
    check(
        r#"{"a":123456789012345678901234567890}"#,
        r#"{"a":123456789012345678901234567891}"#,
        &["a: replaced 123456789012345678901234567890 -> 123456789012345678901234567891"],
    );
    check(
        r#"{"a":0.10}"#,
        r#"{"a":0.1000000000000000000001}"#,
        &["a: replaced 0.10 -> 0.1000000000000000000001"],
    );
    check(
        r#"{"a":1e999}"#,
        r#"{"a":1e998}"#,
        &["a: replaced 1e999 -> 1e998"],
    );
    check(r#"{"a":1}"#, r#"{"a":"1"}"#, &[r#"a: replaced 1 -> "1""#]);
}

#[test]
fn elements_with_ids_are_matched_by_them() {
    check(
        r#"{"items":[{"id":"si_1","quantity":1},{"id":"si_2","quantity":2}]}"#,
        r#"{"items":[{"id":"si_3","quantity":3},{"id":"si_2","quantity":5}]}"#,
        &[
            r#"items[id=si_1]: removed {"id":"si_1","quantity":1} -> -"#,
            r#"items[id=si_3]: added - -> {"id":"si_3","quantity":3}"#,
            "items[id=si_2].quantity: replaced 2 -> 5",
        ],
    );
    check(
        r#"{"items":[{"id":"a"},{"id":"b"},{"id":"c"}]}"#,
        r#"{"items":[{"id":"c"},{"id":"a"}]}"#,
        &[
            r#"items[id=b]: removed {"id":"b"} -> -"#,
            r#"items: reordered ["a","c"] -> ["c","a"]"#,
        ],
    );
    check(
        r#"{"items":[]}"#,
        r#"{"items":[{"id":"a"}]}"#,
        &[r#"items[id=a]: added - -> {"id":"a"}"#],
    );
}

#[test]
fn other_elements_are_matched_by_their_place() {
    check(
        r#"{"a":["de","en","fr"]}"#,
        r#"{"a":["en","fr"]}"#,
        &[r#"a[0]: removed "de" -> -"#],
    );
    check(
        r#"{"a":[1,2,3,4]}"#,
        r#"{"a":[1,2,9,3,4]}"#,
        &["a[2]: added - -> 9"],
    );
    check(
        r#"{"a":[{"x":1},{"x":2}]}"#,
        r#"{"a":[{"x":1},{"x":3}]}"#,
        &["a[1].x: replaced 2 -> 3"],
    );
    // An id that two elements have tells nothing.
    check(
        r#"{"a":[{"id":"x","n":1},{"id":"x","n":2}]}"#,
        r#"{"a":[{"id":"x","n":1},{"id":"x","n":3}]}"#,
        &["a[1].n: replaced 2 -> 3"],
    );
    check(
        r#"{"a":[[1],[2]]}"#,
        r#"{"a":[[1],[2,3]]}"#,
        &["a[1][1]: added - -> 3"],
    );
}

#[test]
fn hostile_json_is_compared_as_it_is_written() {
    // A key with half of a surrogate pair can't be read.
    check(
        r#"{"a":{"\ud800":1}}"#,
        r#"{"a":{"\ud800":2}}"#,
        &[r#"a: replaced {"\ud800":1} -> {"\ud800":2}"#],
    );
    let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(5_000), "]".repeat(5_000));
    let found = difference(&deep("1"), &deep("2")).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].path.0.len(), MAX_DEPTH);

    let error = difference("{}", "{").unwrap_err();
    assert_eq!(error.to_string(), "the later text is not JSON");
    assert!(difference("", "{}").is_err());
}
