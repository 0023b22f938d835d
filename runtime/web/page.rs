//! The page: its markup, style and script in one, and the policy that lets nothing else in. Colours, figures and charts are the report's.

const HTML: &str = include_str!("page.html");
const CSS: &str = concat!(include_str!("../report/html/common.css"), include_str!("page.css"));
const JS: &str = concat!(include_str!("../report/html/basics.js"), include_str!("../report/html/chart.js"), include_str!("page.js"));

/// The page, and its content security policy: only its own script runs, and only this server is talked to.
pub(super) fn page() -> (String, String) {
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let html = HTML.replace("{{nonce}}", &nonce).replace("{{css}}", CSS).replace("{{js}}", JS);
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    (html, policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_that_fetches_nothing() {
        let (html, policy) = page();
        assert!(!html.contains("{{"), "a placeholder is left");
        for outside in ["https://", "src=\"", "@import", "url("] {
            assert!(!html.contains(outside), "{outside} is in the page");
        }
        let nonce = policy.split("nonce-").nth(1).unwrap().split('\'').next().unwrap();
        assert_eq!(html.matches(nonce).count(), 2);
        // Text from outside is never markup.
        assert!(!JS.contains("innerHTML") && !JS.contains("insertAdjacentHTML"));
    }
}
