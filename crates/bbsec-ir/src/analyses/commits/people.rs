//! Whether a commit's author and an account are the same person. A commit says a name and an address that anybody can
//! type; an account has a login name. Bitbucket's own rule compares addresses, which only its database knows.

/// Letters and digits, lower case.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether `user` may well be who `name <email>` says.
pub(crate) fn same(user: &str, name: &str, email: &str) -> bool {
    let login = plain(user.split('@').next().unwrap_or(user));
    if login.is_empty() {
        return false;
    }
    let local = plain(email.split('@').next().unwrap_or_default());
    if local == login || plain(name) == login || email.eq_ignore_ascii_case(user) {
        return true;
    }
    // mkovacs for Marta Kovacs: what people make of a name.
    let words: Vec<String> =
        name.split([' ', '.', '-', '_', ',']).map(plain).filter(|word| !word.is_empty()).collect();
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
    let initial = |word: &str| word.chars().next().map(String::from).unwrap_or_default();
    let mut forms = vec![
        format!("{first}{last}"),
        format!("{last}{first}"),
        format!("{}{last}", initial(first)),
        format!("{last}{}", initial(first)),
        format!("{first}{}", initial(last)),
        format!("{}{first}", initial(last)),
    ];
    if words.len() > 1 {
        forms.push(first.clone());
        forms.push(last.clone());
    }
    forms.push(words.iter().map(|word| initial(word)).collect());
    // A number tells people of the same name apart: mkovacs2.
    let bare = login.trim_end_matches(|c: char| c.is_ascii_digit());
    forms.iter().any(|form| form.len() > 1 && (*form == login || *form == bare))
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn logins_are_recognised_in_names_and_addresses() {
        for (user, name, email, expected) in [
            ("mkovacs", "Marta Kovacs", "marta.kovacs@example.com", true),
            ("marta.kovacs", "M. Kovacs", "marta.kovacs@example.com", true),
            ("kovacsm", "Marta Kovacs", "", true),
            ("mkovacs2", "Marta Kovacs", "m@example.com", true),
            ("jbuild", "Build Machine", "jbuild@ci.example.com", true),
            ("ann@example.com", "Ann", "ann@example.com", true),
            ("mkovacs", "Ben Adler", "ben.adler@example.com", false),
            ("jbuild", "Marta Kovacs", "marta.kovacs@example.com", false),
            ("svc-backup2", "root", "root@localhost", false),
            ("-", "", "", false),
        ] {
            assert_eq!(same(user, name, email), expected, "{user} {name} <{email}>");
        }
    }
}
