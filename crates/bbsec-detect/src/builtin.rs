//! The rules that come with the program.

use std::sync::LazyLock;

use crate::RuleSet;

/// Every file of `rules/`, by name.
const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/rules.rs"));

static BUILTIN: LazyLock<RuleSet> = LazyLock::new(|| {
    let mut set = RuleSet::default();
    let mut refused = Vec::new();
    for (name, text) in FILES {
        set.add(name, text, &mut refused);
    }
    set
});

/// The rules that come with the program. A test makes sure that all of them load.
pub fn builtin() -> &'static RuleSet {
    &BUILTIN
}

/// The text of a rule that comes with the program.
pub fn text_of(id: &str) -> Option<&'static str> {
    let rule = BUILTIN.rules().iter().find(|rule| rule.id.eq_ignore_ascii_case(id))?;
    FILES.iter().find(|(name, _)| *name == rule.file).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_loads_and_has_an_id_of_its_own() {
        let mut refused = Vec::new();
        let mut set = RuleSet::default();
        for (name, text) in FILES {
            set.add(name, text, &mut refused);
        }
        assert!(refused.is_empty(), "{refused:?}");
        assert!(set.rules().len() >= FILES.len());
        let mut ids: Vec<&str> = set.rules().iter().map(|rule| rule.id.as_str()).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
