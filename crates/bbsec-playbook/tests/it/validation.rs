//! Everything that is wrong, at once, each with its place; as a person sees it.

use bbsec_playbook::{check, render};

use crate::world::registry;

fn shown(text: &str) -> String {
    render(&check(text, &registry()).found, "wrong.yaml", text, false)
}

#[test]
fn everything_wrong_is_told_at_once_with_its_place() {
    insta::assert_snapshot!(shown(
        "\
schema: bbsec-ir.playbook/v1
name: wrong
descripton: misspelt
inputs:
  dir: { type: pth }
  days: { type: int, default: many }
  unused: { type: string, default: '' }
steps:
  - id: a
    uses: file.wrte
    needs: [b]
    on_failure: continu
  - id: b
    uses: file.write
    need: [a]
    needs: [a, zz]
    when: inputs.dayz > 3
    with:
      pth: x
      text: 3
      fail: yes
  - id: c
    uses: file.write
    needs: [b]
    timeout: soon
    with:
      path: ${{ steps.b.outputs.byts }}
      text: days ${{ inputs.days + }}
      slow: ${{ steps.a.outputs.bytes }}
  - uses: file.write
  - id: d
"
    ));
}

#[test]
fn containment_comes_after_facts_and_before_what_takes_its_time() {
    insta::assert_snapshot!(shown(
        "\
schema: bbsec-ir.playbook/v1
name: late
steps:
  - id: copy
    uses: file.write
    with: { path: /tmp/x, text: x }
  - id: cut
    uses: cut
    needs: [copy]
    with: { path: /tmp/y, text: y }
"
    ));
}

#[test]
fn a_playbooks_own_tests_are_tried() {
    insta::assert_snapshot!(shown(
        "\
schema: bbsec-ir.playbook/v1
name: tested
inputs:
  dir: { type: path }
  days: { type: int, min: 1, default: 3 }
steps:
  - id: a
    uses: file.write
    with: { path: \"${{ inputs.dir }}/a\", text: x }
    on_failure: continue
  - id: b
    uses: file.write
    needs: [a]
    when: inputs.days > 1
    approve: { message: really }
    with: { path: \"${{ inputs.dir }}/b\", text: \"${{ steps.a.outputs.bytes }}\" }
tests:
  - name: holds
    inputs: { dir: /x }
    outputs: { a: { bytes: 3 } }
    order: [a, b]
    asks: [b]
    with: { a: { path: /x/a }, b: { text: 3 } }
    expect: { a: succeeded, b: succeeded }
    exit: 0
  - name: one day is not enough
    inputs: { dir: /x, days: 1 }
    given: { a: failed }
    expect: { b: skipped }
    asks: []
    exit: 4
  - name: nonsense is refused
    inputs: { dir: /x, days: 0 }
    refused: at least
  - name: does not hold
    inputs: { dir: /x }
    outputs: { a: { bytes: 3 } }
    expect: { b: skipped }
    order: [b, a]
    asks: []
    with: { a: { path: /y } }
    exit: 1
  - name: says nothing of what a hands on
    inputs: { dir: /x }
"
    ));
}
