//! `--html FILE`: writes one page that contains its figures, its style and its script. The page fetches nothing; its own policy forbids it.

mod figures;

use std::io;

use super::Report;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = concat!(include_str!("common.css"), include_str!("style.css"));
const SCRIPTS: [&str; 5] =
    [include_str!("basics.js"), include_str!("chart.js"), include_str!("steps.js"), include_str!("failures.js"), include_str!("page.js")];

/// Writes the page.
pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let title = escaped(&report.run.test);
    let figures = inert(&serde_json::to_string(&figures::of(report)).map_err(io::Error::from)?);
    let script = SCRIPTS.concat();
    let mut rest = PAGE;
    for (mark, text) in [("{TITLE}", title.as_str()), ("{STYLE}", STYLE), ("{FIGURES}", &figures), ("{SCRIPT}", &script)] {
        let (before, after) = rest.split_once(mark).ok_or_else(|| io::Error::other(format!("the page has no {mark}")))?;
        out.write_all(before.as_bytes())?;
        out.write_all(text.as_bytes())?;
        rest = after;
    }
    out.write_all(rest.as_bytes())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// JSON that can't end the script element around it, whatever a server's answer contains.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c")
}

#[cfg(test)]
#[path = "browser_tests.rs"]
pub(crate) mod browser;

#[cfg(test)]
mod tests {
    use super::super::sample::{report, verdict};
    use super::*;

    fn page(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn figures(page: &str) -> serde_json::Value {
        let text = page.split_once("type=\"application/json\">").unwrap().1;
        serde_json::from_str(text.split_once("</script>").unwrap().0).unwrap()
    }

    #[test]
    fn html_report_is_one_file_that_fetches_nothing() {
        let page = page(&report());
        for outside in ["http://", "https://", "src=", "@import", "url(", "{TITLE}", "{STYLE}", "{FIGURES}", "{SCRIPT}"] {
            let svg = "http://www.w3.org/2000/svg";
            assert!(!page.replace(svg, "").contains(outside), "{outside}");
        }
        assert!(page.contains("default-src 'none'"));
    }

    #[test]
    fn text_of_servers_is_never_markup() {
        let mut report = report();
        report.run.test = "<b>&x".into();
        report.run.notes.push("</script><script>alert(1)</script>".into());
        let page = page(&report);
        assert!(page.contains("<title>&lt;b&gt;&amp;x"));
        assert_eq!(page.matches("<script").count(), 2, "the figures and our own");
        assert_eq!(figures(&page)["warnings"][1], "</script><script>alert(1)</script>");
    }

    #[test]
    fn html_report_contains_all_figures() {
        let mut report = report();
        report.thresholds = vec![verdict(&report, "failures < 2%"), verdict(&report, "Checkout.p95 < 1s")];
        report.conclude();
        let figures = figures(&page(&report));
        assert_eq!(
            (figures["verdict"].as_str(), figures["verdict_text"].as_str()),
            (Some("failed"), Some("failed: 1 of 2 thresholds failed"))
        );
        assert_eq!(figures["thresholds"][1]["word"], "failed");
        assert_eq!(figures["thresholds"][1]["actual"], "1912 ms");
        assert_eq!(figures["total"]["requests"], 400);
        assert_eq!(figures["lines"][0]["name"], "Checkout / Create");
        assert_eq!(figures["lines"][0]["times"]["p"][10], 10.007);
        assert_eq!(figures["timeline"]["rps"], serde_json::json!([40.0, 40.0]));
        assert_eq!(figures["timeline"]["planned"], serde_json::json!([20.0, 20.0]));
        assert_eq!(figures["failures"][0]["place"], "specs/tpdata.lt:14:5");
        assert_eq!(figures["failures"][0]["examples"][0]["request"], "POST /treatments HTTP/1.1\r\n\r\n");
        assert_eq!(figures["run"]["profile"], "test_header:\n  name: tpdata\n");
    }

    #[test]
    fn distribution_has_tenths_of_nines_up_to_the_maximum() {
        let figures = figures(&page(&report()));
        let nines = figures["lines"][0]["times"]["nines"].as_array().unwrap();
        // 196 values of successful requests: the last tenth below 1 - 1/196 is the 22nd, at 99.4 %. The maximum follows.
        assert_eq!(nines.len(), 24);
        assert_eq!(nines[0], 0.3);
        assert_eq!(nines[23], 10.007);
        assert!(nines[10].as_f64().unwrap() > 9.0, "90 %: {}", nines[10]);
    }
}
