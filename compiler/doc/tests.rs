//! The page of the example specs.

use std::path::Path;

use super::*;
use crate::pipeline::{self, Target};
use crate::project;

fn page_of(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = project::find(root, Some(name)).unwrap();
    let target = Target { root: found.root, spec: found.spec, profile: found.profile, ..Target::default() };
    let checked = pipeline::check(&target).unwrap();
    page(&checked, checked.profile().as_ref(), pipeline::environment(&target).as_ref())
}

fn text_of(page: &str) -> String {
    let main = page.split_once("<main>").unwrap().1.split_once("</main>").unwrap().0;
    let mut text = String::new();
    let mut is_tag = false;
    for char in main.chars() {
        match char {
            '<' => is_tag = true,
            '>' => {
                is_tag = false;
                text.push(' ');
            }
            _ if !is_tag => text.push(char),
            _ => {}
        }
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    [" .", " ,", " ;", " :"].iter().fold(text, |text, mark| text.replace(mark, mark.trim_start()))
}

#[test]
fn page_of_a_spec_says_what_its_users_do() {
    let text = text_of(&page_of("specs/shop.lt"));
    for sentence in [
        "Shopper: to 40 users within 10s, then 40 users for 15s, then to 0 users within 5s.",
        "The test ends after 30s.",
        "The share of all requests that fail is less than 1 %. failures &lt; 1%",
        "Between two iterations, waits 1s to 3s.",
        "Chooses one of these at random: 70 %: Browse 30 %: Buy",
        "Sends POST /carts/{cart}/lines to shop, with item_id and quantity; cart is me.cart, id is item and quantity is random(1, 3).",
        "The response must have status 200 or 202.",
        "Keeps token from the response: json.token.",
        "For each id of ids:",
        "Checkout, measured as a whole:",
        "Every 200ms, up to 25 times, until state == &quot;settled&quot;:",
        "The results do not count this step.",
    ] {
        assert!(text.contains(sentence), "{sentence}\n\n{text}");
    }
}

#[test]
fn page_fetches_nothing_and_has_all_its_parts() {
    for name in ["specs/shop.lt", "specs/tpdata.lt"] {
        let page = page_of(name);
        let plain = page.replace("http://www.w3.org/2000/svg", "");
        let own = plain.split_once("<script>").unwrap().1;
        for outside in ["src=", "@import", "url("] {
            assert!(!plain.contains(outside), "{name} {outside}");
        }
        assert!(!own.contains("http"), "{name}");
        for mark in ["{MARK}", "{TITLE}", "{STYLE}", "{NAME}", "{DESCRIPTION}", "{FACTS}", "{MAIN}", "{CHARTS}", "{SCRIPT}"] {
            assert!(!page.contains(mark), "{name} {mark}");
        }
        assert!(page.contains(MARK) && page.contains("<svg class=\"picture\""), "{name}");
    }
}

#[test]
fn picture_of_the_flow_scrolls_on_a_narrow_screen_and_keeps_its_size() {
    let page = page_of("specs/shop.lt");
    assert!(page.contains("@media screen and (max-width: 760px) { .picture { max-width: none; } }"));
    assert!(page.contains("<div class=\"card scroll\"><svg class=\"picture\""));
}

#[test]
fn every_link_of_a_page_leads_to_a_part_of_it() {
    for name in ["specs/shop.lt", "specs/tpdata.lt"] {
        let page = page_of(name);
        for link in page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(page.contains(&format!("id=\"{link}\"")), "{name} {link}");
        }
    }
}
