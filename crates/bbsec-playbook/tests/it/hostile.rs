//! Bad input ends in a message with its place, soon and within bounds.

use std::time::Instant;

use bbsec_playbook::check;

use crate::{runs::TWO, world::registry};

/// Every hostile text, with what its message must say.
fn texts() -> Vec<(&'static str, String, &'static str)> {
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    let step = |more: &str| format!("schema: bbsec-ir.playbook/v1\nname: x\nsteps:\n  - id: a\n{more}");
    vec![
        ("alias bomb", bomb.to_owned(), "aliases"),
        ("ten megabytes", format!("# {}\n{TWO}", "x".repeat(10_000_000)), "10000"),
        ("many lines", TWO.replace("steps:", &format!("steps:\n{}", "  - id: a\n".repeat(60_000))), ""),
        ("duplicate key", TWO.replace("      text: one", "      text: one\n      text: two"), "twice"),
        ("yes for true", TWO.replace("      text: one", "      text: one\n      fail: yes"), "true or false"),
        ("tab", step("\tuses: file.write\n"), ""),
        (
            "deep nesting",
            step(&format!("    with:\n      path: {}{}\n", "[".repeat(10_000), "]".repeat(10_000))),
            "",
        ),
        ("deep block nesting", step(&(0..2000).map(|n| " ".repeat(n + 4) + "a:\n").collect::<String>()), ""),
        ("expression in a flow collection", step("    needs: [${{ inputs.x }}]\n"), ""),
        ("endless loop", step("    when: range(100000000)\n    uses: file.write\n"), "range"),
        (
            "blocks",
            step("    manual:\n      text: ${% for i in range(99999999) %}x${% endfor %}\n"),
            "blocks",
        ),
        ("repeated text", step("    when: \"'x' * 100000000\"\n    uses: file.write\n"), "multiply"),
        (
            "long expression",
            step(&format!("    when: {}1\n    uses: file.write\n", "1 + ".repeat(5000))),
            "too long",
        ),
        (
            "deep expression",
            step(&format!("    when: \"{}1\"\n    uses: file.write\n", "(".repeat(4000))),
            "PB",
        ),
        ("no UTF-8 at the edge", "\u{feff}\u{0}schema".to_owned(), ""),
        ("two documents", format!("{TWO}---\n{TWO}"), ""),
        ("empty", String::new(), ""),
        ("a list", "- a\n- b\n".to_owned(), "keys and values"),
    ]
}

#[test]
fn hostile_yaml_ends_in_a_message_with_its_place() {
    let registry = registry();
    for (what, text, says) in texts() {
        let began = Instant::now();
        let checked = check(&text, &registry);
        let took = began.elapsed();
        assert!(checked.errors() > 0, "{what} is taken for a playbook");
        let first = &checked.found[0];
        println!("{what}: {} {:?} {} {:?}", first.code, first.position(&text), first.message, first.help);
        assert!(first.position(&text).is_some() || text.is_empty(), "{what} has no place: {first:?}");
        let said = format!("{:?}", checked.found);
        assert!(said.contains(says), "{what}: {said}");
        // A second in the optimised program; tests run unoptimised and beside others.
        assert!(took.as_secs() < 10, "{what} took {took:?}");
    }
}

#[test]
fn help_names_the_cause_where_the_parser_does_not() {
    let registry = registry();
    let flow =
        "schema: bbsec-ir.playbook/v1\nname: x\nsteps:\n  - id: a\n    with: { path: ${{ inputs.x }} }\n";
    let found = check(flow, &registry).found;
    assert!(found[0].help.as_ref().unwrap().contains("quotes"), "{found:#?}");
    let tab = "schema: bbsec-ir.playbook/v1\nname: x\nsteps:\n\t- id: a\n";
    let found = check(tab, &registry).found;
    assert!(found[0].help.as_ref().unwrap().contains("spaces"), "{found:#?}");
}
