//! The known name that a misspelt one most likely meant.

/// The nearest known name, when one is near enough.
pub(crate) fn nearest<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|name| (distance(wrong, name), *name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min()
        .map(|(_, name)| name)
}

/// What to say about an unknown name.
pub(crate) fn suggest(wrong: &str, known: &[&str]) -> String {
    match nearest(wrong, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "there are none".into(),
        None => format!("known: {}", known.join(", ")),
    }
}

/// Levenshtein distance, for short names.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let up = *cell;
            let here = (diagonal + usize::from(x != *y)).min(up + 1).min(left + 1);
            diagonal = up;
            left = here;
            *cell = here;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_names_get_a_suggestion() {
        assert_eq!(nearest("snapsot", &["snapshot", "isolate"]), Some("snapshot"));
        assert_eq!(nearest("xyz", &["snapshot", "isolate"]), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
