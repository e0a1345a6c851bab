//! The people who work on the instance: names, addresses, tokens and keys.

use super::rng::{BASE36, Rng};

/// One account.
#[derive(Debug, Clone)]
pub struct Person {
    /// User name, as the logs print it.
    pub user: String,
    /// Full name.
    pub display: String,
    /// Mail address.
    pub email: String,
    /// Numeric user id, as the audit log prints it.
    pub id: u32,
    /// Address at work.
    pub address: String,
    /// User agent of the browser.
    pub browser: String,
    /// User agent of git.
    pub git: String,
    /// Session of the day's browser.
    pub session: String,
    /// Id of an access token, if they use one.
    pub token: Option<String>,
    /// Number and label of an SSH key, if they use one.
    pub ssh_key: Option<(u32, String)>,
}

const FIRST: [&str; 24] = [
    "Anna", "Bela", "Chiara", "David", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Katya", "Liam",
    "Mira", "Nils", "Olga", "Pavel", "Quinn", "Rosa", "Sven", "Tara", "Umar", "Vera", "Wim", "Yara",
];
const LAST: [&str; 24] = [
    "Abauer", "Brandt", "Costa", "Duarte", "Eriksen", "Fischer", "Garcia", "Horvat", "Ito", "Jansen",
    "Keller", "Lindgren", "Moreau", "Novak", "Okafor", "Petrov", "Quist", "Rossi", "Schmid", "Tanaka",
    "Ueda", "Vidal", "Weber", "Zeman",
];
const BROWSERS: [&str; 4] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
];
const GITS: [&str; 4] = ["git/2.47.0", "git/2.44.0.windows.1", "git/2.39.5 (Apple Git-154)", "git/2.43.0"];

/// A person of that user name.
pub fn person(rng: &mut Rng, number: u32, user: &str, display: &str) -> Person {
    Person {
        user: user.into(),
        display: display.into(),
        email: format!("{user}@example.com"),
        id: 100 + number,
        address: format!("10.30.{}.{}", 4 + number / 200, 10 + number % 200),
        browser: (*rng.pick(&BROWSERS)).into(),
        git: (*rng.pick(&GITS)).into(),
        session: rng.text(BASE36, 6),
        token: rng.chance(35).then(|| rng.digits(12)),
        ssh_key: rng.chance(55).then(|| (2000 + number * 7, format!("{user}@laptop-{number:03}"))),
    }
}

/// As many people as asked for; the named ones first.
pub fn people(seed: u64, count: u32, named: &[(&str, &str)]) -> Vec<Person> {
    let mut rng = Rng::new(seed, "people");
    (0..count)
        .map(|number| {
            if let Some((user, display)) = named.get(number as usize) {
                return person(&mut rng, number, user, display);
            }
            let (first, last) = (*rng.pick(&FIRST), *rng.pick(&LAST));
            let user = format!("{}{}{number}", first.chars().next().unwrap_or('x'), last).to_lowercase();
            person(&mut rng, number, &user, &format!("{first} {last}"))
        })
        .collect()
}
