//! The documents: what they say, that nothing in them acts, and that they are quick.

use std::{path::PathBuf, time::Instant};

use super::{
    browser::{self, Browser},
    *,
};
use crate::{CaseData, example, model};

fn page(data: &CaseData) -> String {
    html(&model(data)).unwrap()
}

/// A browser, or a line that says what was left out.
fn browser(what: &str) -> Option<Browser> {
    let found = browser::chromium();
    if found.is_none() {
        println!("not run: {what} (no Chromium on the path)");
    }
    found.map(|program| Browser::start(&program))
}

#[test]
fn the_page_is_kept_where_one_wants_to_look_at_it() {
    let Some(folder) = std::env::var_os("BBSEC_REPORT_KEEP") else { return };
    let folder = PathBuf::from(folder);
    for (name, data) in [
        ("incident", example::incident()),
        ("hostile", example::hostile()),
        ("large", example::large(50_000)),
        ("empty", CaseData::default()),
    ] {
        std::fs::write(folder.join(format!("{name}.html")), page(&data)).unwrap();
        std::fs::write(
            folder.join(format!("{name}.zip")),
            crate::bundle(&data, &model(&data), None).unwrap(),
        )
        .unwrap();
        std::fs::write(folder.join(format!("{name}.md")), markdown(&model(&data)).unwrap()).unwrap();
    }
}

#[test]
fn the_page_loads_nothing_and_answers_in_order() {
    let page = page(&example::incident());
    let at = |id: &str| page.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}"));
    let order = ["happened", "touched", "rotate", "done", "unknown", "findings", "evidence"].map(at);
    assert!(order.is_sorted());
    for word in ["src=", "url(h", "@import", "style=\"", "href=\"http", "<link", "<iframe", "<form"] {
        assert!(!page.contains(word), "{word}");
    }
}

/// Markdown without its inline code, in which nothing acts.
fn outside_code(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        out.push_str(&rest[..start]);
        let fence: String = rest[start..].chars().take_while(|c| *c == '`').collect();
        let inside = &rest[start + fence.len()..];
        match inside.find(&fence) {
            Some(_) if rest[..start].ends_with('\\') => {
                out.push('`');
                rest = &rest[start + 1..];
            }
            Some(end) => rest = &inside[end + fence.len()..],
            None => {
                out.push_str(&fence);
                rest = inside;
            }
        }
    }
    out + rest
}

#[test]
fn nothing_hostile_reaches_a_document_as_markup() {
    let report = model(&example::hostile());
    let page = html(&report).unwrap();
    assert_eq!(page.matches("<script").count(), 4, "three tables and the page's own");
    assert_eq!(page.matches("</script").count(), 4);
    for text in ["<img", "onerror=\"", "\u{202e}", "\u{1b}", "href=\"javascript"] {
        assert!(!page.contains(text), "{text:?}");
    }
    assert!(page.len() < 8 << 20, "a field of 5 MB is cut: {}", page.len());
    let text = outside_code(&markdown(&report).unwrap());
    for hostile in ["<script", "<img", "](javascript", "\u{202e}", "\u{1b}", "\n# heading"] {
        assert!(!text.contains(hostile), "{hostile:?}");
    }
    assert!(!json(&report).unwrap().contains(&"A".repeat(6000)));
}

#[test]
fn chromium_runs_the_pages_own_script_and_no_other() {
    let Some(mut browser) = browser("hostile text in a browser") else { return };
    for data in [example::incident(), example::hostile(), CaseData::default()] {
        browser.open(&page(&data));
        assert_eq!(
            browser.eval("document.documentElement.dataset.ready"),
            "yes",
            "the script ran to its end"
        );
        assert_ne!(browser.eval("document.title"), "owned", "a script of the attacker ran");
        assert_eq!(browser.eval("document.querySelectorAll('img,iframe,object,form').length"), 0);
        let off =
            "[...document.querySelectorAll('a')].filter(a => !a.getAttribute('href').startsWith('#')).length";
        assert_eq!(browser.eval(off), 0, "every link stays in the page");
        let dangling = "[...document.querySelectorAll('a')].filter(a => !document.getElementById(a.getAttribute('href').slice(1))).map(a => a.getAttribute('href'))";
        assert_eq!(browser.eval(dangling), serde_json::json!([]), "every claim's link leads to its evidence");
        assert_eq!(browser.complaints(), Vec::<String>::new(), "the console is silent, nothing is loaded");
    }
}

#[test]
fn the_page_fits_a_desk_a_tablet_a_phone_and_paper() {
    let Some(mut browser) = browser("the page at three widths") else { return };
    for (name, data) in [("incident", example::incident()), ("hostile", example::hostile())] {
        browser.open(&page(&data));
        for width in [1440, 820, 390] {
            browser.resize(width, 900);
            let wide =
                browser.eval("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            assert_eq!(wide, 0, "{name} scrolls sideways at {width} pixels");
        }
        browser.resize(1440, 900);
        for scheme in ["light", "dark"] {
            browser.media("screen", scheme);
            let faint = browser.eval(include_str!("contrast.js"));
            assert_eq!(faint, serde_json::json!([]), "too faint to read: {name}, {scheme}");
        }
        browser.media("", "light");
        let pdf = browser.pdf();
        assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 20_000, "{}", pdf.len());
        assert_eq!(
            browser.eval("document.querySelectorAll('details[open]').length"),
            3.min(data.secrets.len()),
            "what paper unfolded is folded again"
        );
        browser.media("print", "light");
        let shown =
            "[...document.querySelectorAll('.chapters,.tools,.pager')].filter(n => n.offsetParent).length";
        assert_eq!(browser.eval(shown), 0, "paper has no buttons");
        browser.media("", "light");
        keep(&format!("{name}.pdf"), &pdf);
        if std::env::var_os("BBSEC_REPORT_KEEP").is_some() {
            photograph(&mut browser, name);
        }
    }
}

/// What the page looks like at three widths, and in the dark.
fn photograph(browser: &mut Browser, name: &str) {
    for (kind, width, height) in [("wide", 1440, 1100), ("tablet", 820, 1180), ("phone", 390, 844)] {
        browser.media("", "light");
        browser.resize(width, height);
        let parts = browser.eval("Math.ceil(document.documentElement.scrollHeight / innerHeight)");
        for part in 0..parts.as_u64().unwrap().min(30) {
            browser.eval(&format!("scrollTo({{ top: innerHeight * {part}, behavior: 'instant' }})"));
            keep(&format!("{name}-{kind}-{part:02}.png"), &browser.screenshot());
        }
    }
    browser.media("screen", "dark");
    browser.resize(1440, 1100);
    browser.eval("scrollTo({ top: 0, behavior: 'instant' })");
    keep(&format!("{name}-dark.png"), &browser.screenshot());
}

/// Keeps what a person may want to look at, where they ask for it.
fn keep(name: &str, bytes: &[u8]) {
    if let Some(folder) = std::env::var_os("BBSEC_REPORT_KEEP") {
        std::fs::write(PathBuf::from(folder).join(name), bytes).unwrap();
    }
}

/// The cells of a column that are shown.
fn column(browser: &mut Browser, at: usize) -> Vec<String> {
    let cells = browser.eval(&format!(
        "[...document.querySelectorAll('#t-findings tbody tr.row')].map(row => row.cells[{at}].textContent)"
    ));
    serde_json::from_value(cells).unwrap()
}

#[test]
fn fifty_thousand_rows_are_rendered_filtered_and_sorted_by_keyboard() {
    let data = example::large(50_000);
    let start = Instant::now();
    let report = model(&data);
    let joined = start.elapsed();
    let page = html(&report).unwrap();
    println!(
        "50,000 findings: joined in {joined:?}, page of {} bytes after {:?}",
        page.len(),
        start.elapsed()
    );
    let Some(mut browser) = browser("filter and sort of 50,000 rows") else { return };
    let start = Instant::now();
    browser.open(&page);
    println!("opened in {:?}", start.elapsed());
    let told = "document.querySelector('#t-findings [role=status]').textContent";
    assert_eq!(browser.eval(told), "50,008 rows");

    // Typed into the filter, as a reader does. The page waits a moment for the next key before it filters.
    let settle = "new Promise(done => setTimeout(done, 200))";
    browser.eval("document.querySelector('#t-findings input').focus()");
    let start = Instant::now();
    browser.write("number 49999");
    while browser.eval(told) != "1 of 50,008" {
        assert!(start.elapsed().as_secs() < 60, "{}", browser.eval(told));
    }
    println!("first filter, index included, after {:?}", start.elapsed());
    assert_eq!(column(&mut browser, 2), ["Request number 49999 with a path that a scanner would ask for"]);
    browser.eval("document.activeElement.select()");
    let start = Instant::now();
    browser.write("rule-7 scanner");
    while browser.eval(told) != "1,250 of 50,008" {
        assert!(start.elapsed().as_secs() < 60, "{}", browser.eval(told));
    }
    println!("next filter after {:?}", start.elapsed());
    browser.eval("document.activeElement.select()");
    browser.write("no such row");
    browser.eval(settle);
    assert_eq!(browser.eval("document.querySelector('#t-findings td.empty').textContent"), "No row fits.");
    browser.eval("document.activeElement.select()");
    browser.write(" ");
    browser.eval(settle);

    // Sorted by Enter on the head of a column, up and then down; ties keep their order.
    browser.eval("document.querySelectorAll('#t-findings thead button')[2].focus()");
    let start = Instant::now();
    browser.press("Enter");
    let first = column(&mut browser, 2);
    println!("sorted in {:?}", start.elapsed());
    assert!(first.is_sorted() && first[0].as_str() < "B", "{first:?}");
    browser.press("Enter");
    let sort = "document.querySelectorAll('#t-findings thead th')[2].getAttribute('aria-sort')";
    assert_eq!(browser.eval(sort), "descending");
    let last = column(&mut browser, 2);
    assert!(last.is_sorted_by(|a, b| a >= b) && last[0].as_str() > "R", "{last:?}");
    browser.eval("document.querySelectorAll('#t-findings thead button')[0].focus()");
    browser.press("Enter");
    assert!(column(&mut browser, 0).iter().all(|level| level == "low"), "levels sort by rank, not by name");

    // A level is chosen, a row opened and closed by keyboard, the focus stays on it.
    browser.eval(
        "(() => { const pick = document.querySelector('#t-findings select'); pick.value = 'critical'; pick.dispatchEvent(new Event('change')); })()",
    );
    assert!(column(&mut browser, 0).iter().all(|level| level == "critical"));
    browser.eval("document.querySelector('#t-findings tr.row button').focus()");
    browser.press("Enter");
    let open = "document.activeElement.getAttribute('aria-expanded') + document.querySelectorAll('#t-findings tr.more').length";
    assert_eq!(browser.eval(open), "true1");
    browser.press("Enter");
    assert_eq!(browser.eval(open), "false0");

    // The next page, and the last.
    browser.eval(
        "(() => { const pick = document.querySelector('#t-findings select'); pick.value = ''; pick.dispatchEvent(new Event('change')); })()",
    );
    browser.eval("document.querySelectorAll('#t-findings .pager button')[1].focus()");
    browser.press("Enter");
    assert_eq!(
        browser.eval("document.querySelector('#t-findings .pager span').textContent"),
        "page 2 of 1,001"
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_keyboard_reaches_everything() {
    let Some(mut browser) = browser("the page by keyboard") else { return };
    browser.open(&page(&example::incident()));
    browser.press("Tab");
    assert_eq!(
        browser.eval("document.activeElement.className"),
        "skip",
        "the first stop leads past the head"
    );
    browser.press("Enter");
    assert_eq!(browser.eval("location.hash"), "#main");
    // From there on every link, button, field and fold that is shown is reached.
    for _ in 0..2000 {
        browser.press("Tab");
        let inside = "document.activeElement !== document.body && !!document.activeElement.closest('#main') && !(document.activeElement.dataset.reached = 'yes', false)";
        if browser.eval(inside) != true {
            break;
        }
    }
    let missed = "[...document.querySelectorAll('#main a[href], #main button, #main input, #main select, #main summary')].filter(n => n.checkVisibility() && !n.disabled && !n.dataset.reached).map(n => n.outerHTML.slice(0, 80))";
    assert_eq!(browser.eval(missed), serde_json::json!([]));
    assert!(browser.eval("document.querySelectorAll('[data-reached]').length").as_u64() > Some(100));
}
