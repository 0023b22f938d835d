//! `ltc doc`: a spec as one HTML page for people who do not write it. It says what the users do, how many there are, and when the test
//! passes.
//!
//! The page is made of the trees, because it shows what was written. Its curves are drawn by the chart of the reports.

mod flow;
mod html;
mod load;
mod spec;
mod steps;
mod thresholds;
mod users;

use ltc_config::{Environment, Profile};

use crate::pipeline::Checked;
use crate::span::FileId;
use html::{code, list, text};
use spec::Spec;

/// By this line, ltc recognizes a page that it wrote.
pub const MARK: &str = "<meta name=\"generator\" content=\"ltc doc\">";

const PAGE: &str = include_str!("page.html");
const STYLE: &str = concat!(include_str!(concat!(env!("LTC_RUNTIME_SOURCES"), "/report/html/common.css")), include_str!("page.css"));
const SCRIPT: &str = concat!(
    include_str!(concat!(env!("LTC_RUNTIME_SOURCES"), "/report/html/basics.js")),
    include_str!(concat!(env!("LTC_RUNTIME_SOURCES"), "/report/html/chart.js")),
    include_str!("page.js")
);

/// The page of a spec that was checked without errors.
pub fn page(checked: &Checked, profile: Option<&Profile>, environment: Option<&Environment>) -> String {
    let spec = Spec::new(checked, profile, environment);
    let file = checked.sources.file(FileId(0)).map_or("", |file| file.path.as_str());
    let description =
        profile.and_then(|profile| profile.header.description.as_deref()).map(|description| format!("<p>{}</p>", text(description)));
    let mut facts = vec![format!("Spec {}", code(file))];
    facts.extend(profile.map(|profile| format!("Profile {}", code(&profile.file))));
    facts.extend(environment.map(|environment| format!("Environment {}", code(&environment.name))));
    facts.extend(profile.and_then(load::regions).map(|regions| format!("From {}", text(&regions))));
    let facts: String = facts.iter().map(|fact| format!("<span>{fact}</span>")).collect();
    let main = [
        section("Load", &profile.map(load_section).unwrap_or_default()),
        section("The test passes if", &profile.map(threshold_section).unwrap_or_default()),
        section("Who does what", &flow_section(&spec)),
        section("Users", &spec.users_section()),
        section("What they do", &spec.parts_section()),
        section("Around the test", &spec.around_section()),
        section("Systems and data", &spec.systems_section()),
    ];
    let charts = profile.map(load::charts).unwrap_or_default().to_string().replace('<', "\\u003c");
    let parts = [
        ("{MARK}", MARK),
        ("{TITLE}", &text(&checked.name)),
        ("{STYLE}", STYLE),
        ("{NAME}", &text(&checked.name)),
        ("{DESCRIPTION}", description.as_deref().unwrap_or_default()),
        ("{FACTS}", &facts),
        ("{MAIN}", &main.concat()),
        ("{CHARTS}", &charts),
        ("{SCRIPT}", SCRIPT),
    ];
    // Each mark is searched behind the one before, so no text of a spec is taken for a mark.
    let (mut page, mut rest) = (String::new(), PAGE);
    for (mark, content) in parts {
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        page.push_str(before);
        page.push_str(content);
        rest = after;
    }
    page + rest
}

fn section(title: &str, content: &str) -> String {
    if content.is_empty() { String::new() } else { format!("<h2>{title}</h2>{content}") }
}

fn load_section(profile: &Profile) -> String {
    let sentences: Vec<String> = load::in_words(profile).iter().map(|sentence| format!("<li>{sentence}</li>")).collect();
    format!("<div id=\"load\"></div>{}", list("ul", "card facts-list", &sentences))
}

fn threshold_section(profile: &Profile) -> String {
    let sentences: Vec<String> = load::passes_if(profile).iter().map(|sentence| format!("<li>{sentence}</li>")).collect();
    list("ul", "card facts-list", &sentences)
}

fn flow_section(spec: &Spec<'_>) -> String {
    let picture = flow::picture(spec);
    if picture.is_empty() { picture } else { format!("<div class=\"card scroll\">{picture}</div>") }
}

#[cfg(test)]
mod tests;
