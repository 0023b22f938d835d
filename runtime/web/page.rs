//! The page as one file of markup, style and script, and the policy that blocks everything else. Its colors, figures and charts are those
//! of the report.

const HTML: &str = include_str!("page.html");
const CSS: &str = concat!(include_str!("../report/html/common.css"), include_str!("page.css"));
const JS: &str = concat!(include_str!("../report/html/basics.js"), include_str!("../report/html/chart.js"), include_str!("page.js"));

/// The page and its content security policy, which allows only the page's own script and only requests to this server.
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
    fn live_page_is_one_file_that_fetches_nothing() {
        let (html, policy) = page();
        assert!(!html.contains("{{"), "a placeholder is left");
        for outside in ["https://", "src=\"", "@import", "url("] {
            assert!(!html.contains(outside), "{outside} is in the page");
        }
        let nonce = policy.split("nonce-").nth(1).unwrap().split('\'').next().unwrap();
        assert_eq!(html.matches(nonce).count(), 2);
        // The script never inserts text from outside as markup.
        assert!(!JS.contains("innerHTML") && !JS.contains("insertAdjacentHTML"));
    }

    /// Runs before the page's script: replays the server's events, and records what the page made of them.
    const HARNESS: &str = "<script>
window.EventSource = class {
  constructor() { this.heard = {}; setTimeout(() => { for (const [name, data] of FRAMES) this.heard[name]({ data }); report(); }, 50); }
  addEventListener(name, call) { this.heard[name] = call; }
  close() {}
};
function report() {
  const texts = (what) => [...document.querySelectorAll(what)].map((one) => one.textContent);
  const seen = parent.document.createElement('pre');
  seen.id = 'seen';
  seen.textContent = JSON.stringify({
    wrong: window.wrong, state: texts('#pill'), test: texts('#test'), charts: texts('.chart h3'), curves: document.querySelectorAll('path.curve').length,
    steps: texts('#steps tbody td.name'), total: texts('#steps tfoot td'), failures: texts('#failures tbody td.text'),
  });
  parent.document.body.append(seen);
}
</script>";

    #[test]
    fn browser_draws_the_events_of_the_feed() {
        crate::tools::needs!("chromium");
        let feed = crate::web::feed::Feed::new(std::sync::Arc::new(crate::live::sample::info()));
        let mut live = crate::live::sample::live_snapshot();
        for second in 1..5 {
            live.at = std::time::Duration::from_secs(second * 5);
            feed.publish(&live);
        }
        let frames: Vec<[String; 2]> = feed
            .subscribe()
            .0
            .iter()
            .map(|frame| {
                let (name, data) = frame.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
                [name.to_owned(), data.trim_end().to_owned()]
            })
            .collect();
        let harness = HARNESS.replace("FRAMES", &serde_json::to_string(&frames).unwrap().replace('<', "\\u003c"));
        let (html, _) = page();
        let html = html.replacen("<title>", &format!("{}{harness}<title>", crate::report::html::browser::WATCH), 1);
        let dom = crate::report::html::browser::dom(&html, 1200);
        let seen = dom.rsplit_once("<pre id=\"seen\">").unwrap_or_else(|| panic!("the page's script ended early: {dom}")).1;
        let seen: serde_json::Value = serde_json::from_str(seen.split_once("</pre>").unwrap().0).unwrap();
        assert_eq!(seen["wrong"], serde_json::json!([]), "{seen:#}");
        assert_eq!(seen["state"], serde_json::json!(["running"]));
        assert_eq!(seen["test"], serde_json::json!(["tpdata"]));
        assert_eq!(seen["charts"].as_array().unwrap().len(), 4);
        assert!(seen["curves"].as_u64().unwrap() >= 6, "{seen:#}");
        assert_eq!(seen["steps"][0], "Checkout / Create");
        assert_eq!(seen["total"][1], "400");
        assert!(seen["failures"][0].as_str().unwrap().starts_with("expected status 201"), "{seen:#}");
    }
}
