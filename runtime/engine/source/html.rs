//! Pages: CSS selectors over HTML.

use scraper::{ElementRef, Html, Selector};

use super::Pick;
use crate::value::Value;

/// A parsed page. A step parses it once for all of its takes.
#[derive(Debug)]
pub struct Page {
    pub(super) html: Html,
}

/// Parses a CSS selector.
pub fn selector(css: &str) -> Result<Selector, String> {
    Selector::parse(css).map_err(|error| format!("{css:?} is not a CSS selector: {error}"))
}

impl Page {
    /// Parses a page like a browser, which accepts any text.
    pub fn parse(text: &str) -> Self {
        Self { html: Html::parse_document(text) }
    }

    /// The result of a selector: the attribute of the elements that have it, or the elements' text.
    pub fn take(&self, selector: &Selector, attribute: Option<&str>, pick: Pick<'_>) -> Option<Value> {
        let elements = self.html.select(selector);
        match attribute {
            Some(name) => pick.of(elements.filter_map(|element| element.attr(name)).map(Value::str)),
            None => pick.of(elements.map(|element| Value::from(text_of(element)))),
        }
    }
}

/// An element's text with white space as a browser shows it: trimmed, and one space for several.
pub(super) fn text_of(element: ElementRef<'_>) -> String {
    let text: String = element.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::Rng;

    #[test]
    fn css_selectors_find_elements() {
        let page = Page::parse("<h1> Hello <b>you</b>\n there</h1><a name=x>no</a><a href='/1'>one</a><a href=\"/2\">two &amp; more</a>");
        let rng = Rng::new(1, 1);
        let take = |css: &str, attribute, pick| page.take(&selector(css).unwrap(), attribute, pick);
        assert_eq!(take("h1", None, Pick::One), Some(Value::from("Hello you there")));
        assert_eq!(take("a", Some("href"), Pick::One), Some(Value::from("/1")));
        assert_eq!(take("a[href]", None, Pick::All), Some(Value::list([Value::from("one"), Value::from("two & more")])));
        assert!(take("a", Some("href"), Pick::Any(&rng)).is_some());
        assert_eq!(take("h2", None, Pick::One), None);
        assert_eq!(take("h1", Some("id"), Pick::All), None);
        assert!(selector("a[").is_err());
    }

    #[test]
    fn selectors_may_be_statics() {
        fn shared<T: Send + Sync>() {}
        shared::<Selector>();
    }
}
