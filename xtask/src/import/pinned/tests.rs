//! What a document without names takes from the facts before it.

use super::*;

type Schema<'s> = (&'s str, &'s [(&'s str, &'s str)]);

fn schemas(given: &[Schema]) -> Schemas {
    let owned = |(name, ty): &(&str, &str)| ((*name).to_owned(), (*ty).to_owned());
    let schema = |(name, fields): &Schema| ((*name).to_owned(), fields.iter().map(owned).collect());
    given.iter().map(schema).collect()
}

fn settled(new: &[Schema], objects: &[Schema], shared: &[Schema]) -> Result<Schemas, String> {
    let roots = new.iter().map(|(key, _)| (*key).to_owned());
    let roots = roots
        .filter(|key| !is_key(key))
        .map(|key| (key.clone(), key));
    settle(schemas(new), &roots.collect(), &Spec::of(objects, shared))
}

#[test]
fn parts_keep_their_names_and_shared_ones_are_one() {
    let settled = settled(
        &[
            (
                "charge",
                &[("owner", "@a:A.Owner?"), ("fee", "[@a:A.Fee]!")],
            ),
            ("payout", &[("owner", "@b:B.Owner")]),
            ("a:A.Owner", &[("city", "str")]),
            ("b:B.Owner", &[("city", "str")]),
            ("a:A.Fee", &[("part", "@a:A.Part")]),
            ("a:A.Part", &[("amount", "num")]),
        ],
        &[
            ("charge", &[("owner", "@owner?")]),
            ("payout", &[("owner", "@owner")]),
        ],
        &[("owner", &[("city", "str?")])],
    );
    let expected = schemas(&[
        ("charge", &[("owner", "@owner?"), ("fee", "[@charge_fee]!")]),
        ("payout", &[("owner", "@owner")]),
        ("owner", &[("city", "str")]),
        ("charge_fee", &[("part", "@charge_fee_part")]),
        ("charge_fee_part", &[("amount", "num")]),
    ]);
    assert_eq!(settled.unwrap(), expected);
}

#[test]
fn of_different_parts_the_most_frequent_keeps_the_name() {
    let settled = settled(
        &[
            ("a", &[("owner", "@a:A.Owner")]),
            ("b", &[("owner", "@b:B.Owner")]),
            ("c", &[("owner", "@c:C.Owner")]),
            ("a:A.Owner", &[("street", "str")]),
            ("b:B.Owner", &[("city", "str")]),
            ("c:C.Owner", &[("city", "str")]),
        ],
        &[
            ("a", &[("owner", "@owner")]),
            ("b", &[("owner", "@owner")]),
            ("c", &[("owner", "@owner")]),
        ],
        &[("owner", &[("city", "str")])],
    )
    .unwrap();
    assert_eq!(settled["a"]["owner"], "@a_owner");
    assert_eq!(settled["b"]["owner"], "@owner");
    assert_eq!(settled["c"]["owner"], "@owner");
}

#[test]
fn parts_within_themselves_end() {
    let settled = settled(
        &[
            ("tree", &[("root", "@t:Tree.Node")]),
            (
                "t:Tree.Node",
                &[
                    ("children", "[@t:Tree.Node]"),
                    ("leaf", "id(t:Tree.Leaf,tree)"),
                ],
            ),
            ("t:Tree.Leaf", &[("colour", "str")]),
        ],
        &[],
        &[],
    );
    let settled = settled.unwrap();
    assert_eq!(settled["tree_root"]["leaf"], "id(tree_root_leaf,tree)");
    assert_eq!(settled["tree_root"]["children"], "[@tree_root]");
}

#[test]
fn what_no_object_declares_is_named_after_its_declaration() {
    let settled = settled(
        &[
            (
                "charge",
                &[("fee", "@amounts:V2Amount"), ("tip", "@amounts:V2Amount")],
            ),
            ("amounts:V2Amount", &[("value", "num")]),
        ],
        &[],
        &[],
    );
    let settled = settled.unwrap();
    assert_eq!(settled["charge"]["fee"], "@v2_amount");
    assert_eq!(settled["charge"]["tip"], "@v2_amount");
}

#[test]
fn what_an_object_repeats_is_named_after_the_object() {
    let settled = settled(
        &[
            (
                "account",
                &[
                    ("card", "@a:A.Card"),
                    ("cash", "@a:A.Cash"),
                    ("more", "@a:A.More"),
                ],
            ),
            (
                "a:A.Card",
                &[("status", "@a:A.Card.Status"), ("more", "@a:A.Card.More")],
            ),
            (
                "a:A.Cash",
                &[("status", "@a:A.Cash.Status"), ("more", "@a:A.Cash.More")],
            ),
            ("a:A.Card.Status", &[("code", "str")]),
            ("a:A.Cash.Status", &[("code", "str")]),
            ("a:A.Card.More", &[("code", "str")]),
            ("a:A.Cash.More", &[("code", "str")]),
            ("a:A.More", &[("text", "str")]),
        ],
        &[],
        &[],
    );
    let settled = settled.unwrap();
    assert_eq!(settled["account_card"]["status"], "@account_status");
    assert_eq!(settled["account_cash"]["status"], "@account_status");
    // The object has such a field of its own.
    assert_eq!(settled["account"]["more"], "@account_more");
    assert_eq!(settled["account_card"]["more"], "@account_card_more");
}

#[test]
fn two_parts_with_one_name_are_refused() {
    let error = settled(
        &[
            (
                "tree",
                &[("root", "@t:Tree.Root"), ("root_leaf", "@t:Tree.Leaf")],
            ),
            ("t:Tree.Root", &[("leaf", "@t:Tree.Other")]),
            ("t:Tree.Leaf", &[("colour", "str")]),
            ("t:Tree.Other", &[("size", "str")]),
        ],
        &[],
        &[],
    );
    assert_eq!(
        error.unwrap_err(),
        "`t:Tree.Leaf` and `t:Tree.Other` would both be named `tree_root_leaf`"
    );
}

#[test]
fn a_field_keeps_its_kind() {
    let check = |new: &str, former: Option<&str>, expected: &str| {
        let others: [(&str, &[(&str, &str)]); 1] =
            [("other", &[("field", "time"), ("rate", "num")])];
        let known = schemas(&others);
        let known = known.iter().map(|(name, fields)| (name.as_str(), fields));
        let kinds = Kinds::of(&known.collect());
        assert_eq!(
            kinds.settle("field", new, former),
            expected,
            "{new} {former:?}"
        );
    };
    check("num!", Some("int?"), "int!");
    check("[num]", Some("[int]!"), "[int]");
    check("int", Some("time"), "time");
    check("str?", Some("cur!"), "cur?");
    check("str", Some("dec"), "dec");
    check("dec", Some("str"), "dec");
    check("datetime", Some("str"), "datetime");
    check("num", Some("str"), "num");
    check("open(a,b)!", Some("enum(a)"), "enum(a,b)!");
    check("enum(a)", Some("open(b)"), "open(a)");
    check("open(a)", Some("str"), "open(a)");
    check("num", None, "time");
    check("[num]!", None, "[time]!");
    check("str", None, "str");
}

#[test]
fn a_path_keeps_the_names_of_its_parameters() {
    let resource = |retrieve: &str| Resource {
        facts: [("retrieve".to_owned(), retrieve.to_owned())].into(),
        ..Resource::default()
    };
    let check = |new: &str, former: &str, expected: &str| {
        let mut resource_of_new = resource(new);
        keep_paths(&mut resource_of_new, Some(&resource(former)));
        assert_eq!(resource_of_new, resource(expected));
    };
    check("/v1/lamps/{id}", "/v1/lamps/{lamp}", "/v1/lamps/{lamp}");
    check("/v1/lamps/{id}", "/v1/lights/{lamp}", "/v1/lamps/{id}");
    check(
        "/v1/lamps/{id}/light",
        "/v1/lamps/{lamp}",
        "/v1/lamps/{id}/light",
    );
}
