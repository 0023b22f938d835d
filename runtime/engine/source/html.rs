//! Pages: CSS selectors over HTML.
//!
//! A small page can take minutes to parse: elements that are nested a hundred thousand times, or a tag with a million attributes. A page is
//! therefore parsed in pieces, and its nesting and the processor time for it are limited.

use html5ever::driver::{ParseOpts, parse_document};
use html5ever::tendril::TendrilSink as _;
use scraper::{ElementRef, Html, HtmlTreeSink, Selector};

use super::Pick;
use crate::base::work::WorkLimit;
use crate::value::{Eval, EvalError, Value};

/// The bytes that are parsed between two checks of the limits.
const PIECE: usize = 4096;
/// The deepest nesting of elements. It is checked after each piece. Browsers nest elements no deeper than 512 levels.
const MOST_NESTED: usize = 1024;
/// The most elements, texts and attributes. Each of them takes some 100 bytes, so a page may take 30 times as much memory as its text.
const MOST_PARTS: usize = 2_000_000;
/// The most nodes of a small page: matching any selector with all of them takes less than a second.
const SMALL: usize = 10_000;
/// The number of nodes of a page times the number of nodes that are matched between two checks of the limit.
const MATCHED: usize = 256 * SMALL;
/// The most bytes of text in one take: nested elements all have the text of the innermost one.
const MOST_TEXT: usize = 64 * 1024 * 1024;

/// A parsed page. A step parses it once for all of its takes.
#[derive(Debug)]
pub struct Page {
    pub(super) html: Html,
    limit: WorkLimit,
}

/// Parses a CSS selector.
pub fn selector(css: &str) -> Result<Selector, String> {
    Selector::parse(css).map_err(|error| format!("{css:?} is not a CSS selector: {error}"))
}

impl Page {
    /// Parses a page like a browser, which accepts any text.
    ///
    /// # Errors
    /// If the page has too many elements, they are nested too deep, or parsing takes too long.
    pub fn parse(text: &str) -> Eval<Self> {
        Self::parse_up_to(text, MOST_PARTS)
    }

    fn parse_up_to(text: &str, most_parts: usize) -> Eval<Self> {
        let limit = WorkLimit::of(text.len());
        let work = limit.start();
        let mut parser = parse_document(HtmlTreeSink::new(Html::new_document()), ParseOpts::default());
        let (mut rest, mut parts) = (text, Parts::default());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
            parser.process(piece.into());
            rest = after;
            let html = parser.tokenizer.sink.sink.0.borrow();
            if parts.nesting(&html) > MOST_NESTED {
                return Err(EvalError(format!("the page can't be read: its elements are nested more than {MOST_NESTED} deep")));
            }
            if parts.of(&html) > most_parts {
                return Err(EvalError(format!("the page can't be read: it has more than {most_parts} elements, texts and attributes")));
            }
            drop(html);
            if work.is_too_much() {
                return Err(too_much(&work.excess()));
            }
        }
        let html = parser.finish();
        drop(work);
        Ok(Self { html, limit })
    }

    /// The result of a selector: the attribute of the elements that have it, or the elements' text.
    ///
    /// # Errors
    /// If it takes too long, or the text is too large.
    pub fn take(&self, selector: &Selector, attribute: Option<&str>, pick: Pick<'_>) -> Eval<Option<Value>> {
        let mut room = MOST_TEXT;
        let value = |element: ElementRef<'_>| -> Eval<Option<Value>> {
            let text = match attribute {
                Some(name) => element.attr(name).map(Value::str),
                None => Some(Value::from(text_of(element))),
            };
            let length = text.as_ref().and_then(Value::as_str).map_or(0, str::len);
            room = room.checked_sub(length).ok_or_else(|| EvalError("the elements have more than 64 MB of text".into()))?;
            Ok(text)
        };
        let mut error = None;
        let found = self.find(selector, value).map_while(|found| found.map_err(|why| error = Some(why)).ok());
        let picked = pick.of(found);
        error.map_or(Ok(picked), Err)
    }

    /// The value that `of` returns for each element that a selector finds, in the order of the page. An error ends it.
    pub(super) fn find<'p, T: 'p>(
        &'p self,
        selector: &'p Selector,
        mut of: impl FnMut(ElementRef<'p>) -> Eval<Option<T>> + 'p,
    ) -> impl Iterator<Item = Eval<T>> + 'p {
        let nodes = self.html.tree.nodes();
        let count = nodes.len();
        let work = self.limit.start();
        let every = (MATCHED / count.max(1)).clamp(1, 256);
        // A selector that counts siblings does so once for all of them, but only if it is matched in one pass.
        let in_one_pass = count <= SMALL || scraper::selector::ToCss::to_css_string(selector).contains(":nth-");
        let (mut all, mut nodes) = (self.html.select(selector), nodes.enumerate());
        let mut number = 0;
        let next = move || -> Option<Eval<ElementRef<'p>>> {
            if in_one_pass {
                number += 1;
                let found = all.next()?;
                return Some(if number % 16 == 0 && work.is_too_much() { Err(too_much(&work.excess())) } else { Ok(found) });
            }
            nodes.find_map(|(at, node)| {
                if at % every == 0 && work.is_too_much() {
                    return Some(Err(too_much(&work.excess())));
                }
                let element = ElementRef::wrap(node).filter(|element| element.parent().is_some())?;
                selector.matches(&element).then_some(Ok(element))
            })
        };
        std::iter::from_fn(next).filter_map(move |element| element.and_then(&mut of).transpose())
    }
}

fn too_much(excess: &str) -> EvalError {
    EvalError(format!("the page can't be read: {excess}"))
}

/// The parts of a page that is being parsed.
#[derive(Default)]
struct Parts {
    nodes: usize,
    attributes: usize,
}

impl Parts {
    /// The deepest nesting of the nodes that are new. The last of them may be a comment behind the body, so all count.
    fn nesting(&self, html: &Html) -> usize {
        let nodes = html.tree.nodes();
        let new = nodes.len() - self.nodes;
        let mut most = 0;
        // Nodes that follow each other are mostly siblings, or a parent with its first child.
        let mut before = None;
        for node in nodes.rev().take(new) {
            let parent = node.parent().map(|parent| parent.id());
            let depth = match before {
                Some((known, depth)) if known == parent => depth,
                Some((known, depth)) if known == Some(node.id()) => depth - 1,
                _ => node.ancestors().count(),
            };
            before = Some((parent, depth));
            most = most.max(depth);
            if most > MOST_NESTED {
                break;
            }
        }
        most
    }

    /// The number of nodes and attributes so far.
    fn of(&mut self, html: &Html) -> usize {
        let nodes = html.tree.nodes();
        let new = nodes.len() - self.nodes;
        self.nodes += new;
        self.attributes +=
            nodes.rev().take(new).filter_map(|node| node.value().as_element()).map(|element| element.attrs.len()).sum::<usize>();
        self.nodes + self.attributes
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
        let page =
            Page::parse("<h1> Hello <b>you</b>\n there</h1><a name=x>no</a><a href='/1'>one</a><a href=\"/2\">two &amp; more</a>").unwrap();
        let rng = Rng::new(1, 1);
        let take = |css: &str, attribute, pick| page.take(&selector(css).unwrap(), attribute, pick).unwrap();
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

    /// Pages that took minutes to read: each must fail, or be read, in no time.
    #[test]
    fn page_that_is_endless_to_read_fails() {
        let why = |page: &str| Page::parse(page).map(|_| ()).unwrap_err().0;
        // Comments behind the body, and what a table or a formatting element moves, hide no nesting.
        let hidden = format!("{}</body><!--x-->", "<div>".repeat(400));
        let pages =
            [("<div>", 100_000), ("<table><tr><td>", 50_000), ("<svg>", 90_000), (hidden.as_str(), 250), ("<div></body><!---->", 20_000)];
        for (open, count) in pages {
            assert!(why(&open.repeat(count)).contains("nested more than 1024 deep"), "{open}");
        }
        // The parser moves these elements, or closes them. They may be read or not.
        for open in ["<table><div><table><b>", "<template><div>", "<b><p>"] {
            let _ = Page::parse(&open.repeat(20_000));
        }
        let attributes: String = (0..400_000).map(|number| format!("a{number} ")).collect();
        assert!(why(&format!("<p {attributes}>")).contains("of processor time"));
    }

    /// A page of 60 MB could take gigabytes.
    #[test]
    fn page_of_too_many_parts_fails() {
        let parts = |page: &str| {
            let mut all = Parts::default();
            all.of(&Page::parse(page).unwrap().html)
        };
        // The document, `html`, `head` and `body` are parts, too.
        assert_eq!((parts("<p>"), parts("<p>a<b c d=1>")), (5, 9));
        for page in ["<p>".repeat(9_000), "<p>a".repeat(5_000), "<p a b=1 c d e f g h i j k>".repeat(900)] {
            let why = Page::parse_up_to(&page, 8_000).unwrap_err().0;
            assert_eq!(why, "the page can't be read: it has more than 8000 elements, texts and attributes");
            assert!(Page::parse_up_to(&page, 20_000).is_ok());
        }
    }

    #[test]
    fn ordinary_nesting_is_read() {
        let deep = format!("{}<i>here</i>{}", "<div>".repeat(500), "</div>".repeat(500));
        let taken = Page::parse(&deep).unwrap().take(&selector("div div i").unwrap(), None, Pick::One).unwrap();
        assert_eq!(taken, Some(Value::from("here")));
    }

    #[test]
    fn selector_over_a_large_page_finds_the_same_and_is_limited() {
        let items: String = (0..60).map(|number| format!("<li class=c{}>{number}</li>", number % 2)).collect();
        let page = Page::parse(&format!("<ul>{items}</ul>").repeat(100)).unwrap();
        let take = |css: &str, pick| page.take(&selector(css).unwrap(), None, pick);
        let count = |css: &str| take(css, Pick::All).unwrap().map_or(0, |all| all.into_list().unwrap().len());
        assert_eq!((count("li.c1"), count("ul > li:nth-child(3n)"), count("li:nth-last-child(2)")), (3_000, 2_000, 100));
        assert_eq!(take("li", Pick::One).unwrap(), Some(Value::from("0")));
        // Each item looks at all before it.
        let endless = Page::parse(&format!("<ul>{}</ul>", "<li>".repeat(50_000))).unwrap();
        let why = endless.take(&selector("a ~ li").unwrap(), None, Pick::All).unwrap_err().0;
        assert!(why.starts_with("the page can't be read: it takes more than"), "{why}");
    }

    #[test]
    fn text_of_elements_within_each_other_is_limited() {
        let page = format!("{}{}", "<div>".repeat(500), "x".repeat(200_000));
        // A slow build exceeds the time before the 100 MB of text.
        assert!(Page::parse(&page).unwrap().take(&selector("div").unwrap(), None, Pick::All).is_err());
    }
}
