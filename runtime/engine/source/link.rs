//! Links of pages and of `Location` headers: a take makes relative ones absolute, because the request that uses a link is not relative to
//! its page.

use url::Url;

use super::html::Page;
use crate::value::Value;

/// The URL that the relative links of a page are resolved against: its `<base href>`, or the page's own URL.
pub(crate) fn base_of(page: &Page, page_url: &Url) -> Url {
    let mut elements = page.html.root_element().descendent_elements();
    let written = elements.find_map(|element| element.attr("href").filter(|_| element.value().name() == "base"));
    written.and_then(|written| page_url.join(written.trim()).ok()).unwrap_or_else(|| page_url.clone())
}

/// The found links, with relative ones resolved against `base` (RFC 3986). A link that starts with `/` stays as it is written if requests
/// resolve it in the same way, because `base` has the host of an api. A fragment such as `#top` names no other page, so it stays, too.
pub(crate) fn absolute(found: Value, base: &Url, is_host_of_api: bool) -> Value {
    let resolved = |link: &str| {
        let relative = link.trim();
        let stays = relative.starts_with('#') || is_host_of_api && relative.starts_with('/') || Url::parse(relative).is_ok();
        if stays { None } else { base.join(relative).ok().map(|url| Value::str(url.as_str())) }
    };
    match found {
        Value::Str(link) => resolved(&link).unwrap_or(Value::Str(link)),
        Value::List(links) => Value::list(links.iter().map(|link| link.as_str().and_then(resolved).unwrap_or_else(|| link.clone()))),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "http://shop.example/list/page1?x=1";

    fn link(page: &str, link: &str, is_host_of_api: bool) -> String {
        let base = base_of(&Page::parse(page).unwrap(), &Url::parse(PAGE).unwrap());
        absolute(Value::from(link), &base, is_host_of_api).to_text().unwrap().to_string()
    }

    #[test]
    fn relative_link_is_resolved_against_its_page() {
        for (written, expected) in [
            ("page2", "http://shop.example/list/page2"),
            ("./page2#top", "http://shop.example/list/page2#top"),
            ("../cart", "http://shop.example/cart"),
            (" ?page=2 ", "http://shop.example/list/page1?page=2"),
            ("", PAGE),
        ] {
            assert_eq!(link("<a href=x>", written, true), expected, "{written}");
        }
        let both = absolute(Value::list([Value::from("a"), Value::from("/b")]), &Url::parse(PAGE).unwrap(), true);
        assert_eq!(both, Value::list([Value::from("http://shop.example/list/a"), Value::from("/b")]));
    }

    #[test]
    fn link_that_is_not_relative_to_its_page_stays_unchanged() {
        for written in ["/cart", "//cdn.example/a.png", "https://other.example/", "mailto:a@b.example", "javascript:void(0)", "#top"] {
            assert_eq!(link("<a href=x>", written, true), written);
        }
        assert_eq!(absolute(Value::Int(3), &Url::parse(PAGE).unwrap(), true), Value::Int(3));
    }

    #[test]
    fn base_element_of_a_page_changes_what_its_links_name() {
        assert_eq!(link("<base href='/other/'><a href=x>", "page2", true), "http://shop.example/other/page2");
        assert_eq!(link("<base target=_top><base href='b/'>", "page2", true), "http://shop.example/list/b/page2");
    }

    #[test]
    fn link_from_the_root_of_a_host_without_an_api_becomes_absolute() {
        assert_eq!(link("<base href='https://cdn.example/'>", "/a.png", false), "https://cdn.example/a.png");
        assert_eq!(link("<a href=x>", "/login", false), "http://shop.example/login");
    }
}
