//! The load of a profile: in words, and as the points of its curves.

use std::time::Duration;

use ltc_config::duration::print;
use ltc_config::profile::{Load, Shape, Spacing};
use ltc_config::{Profile, Rate};
use serde_json::{Value, json};

use super::html::{listed, strong};

/// How many points a curve has at least, so that the pointer finds a figure everywhere.
const POINTS: u32 = 120;
/// How much of a test without an end is drawn after its last change, in seconds.
const OPEN_END_SECONDS: f64 = 30.0;

/// A curve: straight lines between points, seconds and value. Two points of the same time are a jump.
type Curve = Vec<(f64, f64)>;

/// The loads with the names of their users; the shared load has none.
fn loads(profile: &Profile) -> Vec<(Option<&str>, &Load)> {
    let shared = std::iter::once((None, &profile.load));
    let own = profile.users.iter().map(|(name, load)| (Some(name.as_str()), load));
    shared.chain(own).filter(|(_, load)| !matches!(load.shape, Shape::None | Shape::Clients { clients: 0, .. })).collect()
}

/// A sentence for each load, and one for the whole.
pub(super) fn in_words(profile: &Profile) -> Vec<String> {
    let mut sentences: Vec<String> = loads(profile)
        .iter()
        .map(|(user, load)| {
            let who = user.map_or_else(|| "All users together".to_owned(), strong);
            let begin = if load.start.is_zero() { String::new() } else { format!(" from {} on", print(load.start)) };
            format!("{who}{begin}: {}.", shape(&load.shape))
        })
        .collect();
    sentences.push(match profile.planned_duration() {
        Some(duration) => format!("The test ends after {}.", print(duration)),
        None => "The test runs until it is stopped.".to_owned(),
    });
    sentences
}

fn shape(shape: &Shape) -> String {
    let users = |count: u64| if count == 1 { "1 user".to_owned() } else { format!("{count} users") };
    match shape {
        Shape::None => String::new(),
        Shape::Clients { clients: 1, .. } => "1 user".to_owned(),
        Shape::Clients { clients, hatch_rate } => format!("{}, of whom {} start", users(*clients), rate(*hatch_rate)),
        Shape::Steps { clients, hatch_rate, step_clients, step_duration } => {
            let every = print(*step_duration);
            format!("{} more every {every}, up to {}; {} start", users(*step_clients), users(*clients), rate(*hatch_rate))
        }
        Shape::ClientStages(stages) => {
            let mut before = 0;
            let parts = stages.iter().map(|stage| {
                let same = std::mem::replace(&mut before, stage.clients) == stage.clients;
                stage_words(&users(stage.clients), same, stage.duration)
            });
            parts.collect::<Vec<_>>().join(", then ")
        }
        Shape::Arrivals { rate: first, stages, max_clients, spacing } => {
            let random = if *spacing == Spacing::Poisson { ", at random moments" } else { "" };
            let mut before = *first;
            let parts = stages.iter().map(|stage| {
                let same = std::mem::replace(&mut before, stage.rate) == stage.rate;
                stage_words(&rate(stage.rate), same, stage.duration)
            });
            let parts: Vec<String> = std::iter::once(rate(*first)).chain(parts).collect();
            format!(
                "iterations that begin whether or not earlier ones are done{random}: {}; at most {} at the same time",
                parts.join(", then "),
                users(*max_clients)
            )
        }
    }
}

fn stage_words(amount: &str, same: bool, duration: Duration) -> String {
    match (same, duration.is_zero()) {
        (_, true) => format!("at once to {amount}"),
        (true, false) => format!("{amount} for {}", print(duration)),
        (false, false) => format!("to {amount} within {}", print(duration)),
    }
}

/// `10 per second`, in the largest unit of which there is at least one.
fn rate(rate: Rate) -> String {
    let per_second = rate.as_f64();
    let (count, unit) = match per_second {
        count if count >= 1.0 || count == 0.0 => (count, "second"),
        count if count * 60.0 >= 1.0 => (count * 60.0, "minute"),
        count => (count * 3_600.0, "hour"),
    };
    let rounded = (count * 100.0).round() / 100.0;
    format!("{rounded} per {unit}")
}

/// The two charts of a page: of users, and of arrivals per second, each with a curve per load.
pub(super) fn charts(profile: &Profile) -> Value {
    let loads = loads(profile);
    let planned = profile.planned_duration().map(|duration| duration.as_secs_f64());
    let last_change = loads.iter().filter_map(|(_, load)| curve(load).last().map(|(at, _)| *at)).fold(0.0, f64::max);
    let end = planned.unwrap_or(last_change + OPEN_END_SECONDS);
    let is_open = |load: &Load| matches!(load.shape, Shape::Arrivals { .. });
    let of = |open: bool| -> Vec<Value> {
        let of_kind = loads.iter().filter(|(_, load)| is_open(load) == open);
        of_kind
            .map(|(user, load)| {
                let own_end = load.own_duration().map_or(end, |own| (load.start + own).as_secs_f64().min(end));
                let points = sampled(&curve(load), own_end, end);
                let [x, values]: [Vec<f64>; 2] =
                    [points.iter().map(|(at, _)| *at).collect(), points.iter().map(|(_, value)| *value).collect()];
                json!({ "name": user.unwrap_or("users"), "x": x, "values": values })
            })
            .collect()
    };
    let charts = [("Users", of(false)), ("Arrivals per second", of(true))];
    let charts = charts.into_iter().filter(|(_, series)| !series.is_empty());
    json!({
        "seconds": end,
        "charts": charts.map(|(title, series)| json!({ "title": title, "series": series })).collect::<Vec<_>>(),
    })
}

/// The corners of a load's curve, from the start of the test.
#[expect(clippy::cast_precision_loss, reason = "a picture of a load")]
fn curve(load: &Load) -> Curve {
    let start = load.start.as_secs_f64();
    let mut corners = vec![(0.0, 0.0), (start, 0.0)];
    let mut at = start;
    match &load.shape {
        Shape::None => {}
        Shape::Clients { clients, hatch_rate } => ramp(&mut corners, at, (0, *clients), *hatch_rate),
        Shape::Steps { clients, hatch_rate, step_clients, step_duration } => {
            let mut before = 0;
            // A step of no users or no time never ends.
            while before < *clients && *step_clients > 0 {
                let after = clients.min(&(before + step_clients)).to_owned();
                corners.push((at, before as f64));
                ramp(&mut corners, at, (before, after), *hatch_rate);
                before = after;
                at += step_duration.as_secs_f64();
            }
        }
        Shape::ClientStages(stages) => {
            for stage in stages {
                at += stage.duration.as_secs_f64();
                corners.push((at, stage.clients as f64));
            }
        }
        Shape::Arrivals { rate, stages, .. } => {
            corners.push((at, rate.as_f64()));
            for stage in stages {
                at += stage.duration.as_secs_f64();
                corners.push((at, stage.rate.as_f64()));
            }
        }
    }
    corners
}

/// The first user starts at once, the others at the hatch rate.
#[expect(clippy::cast_precision_loss, reason = "a picture of a load")]
fn ramp(corners: &mut Curve, at: f64, (from, to): (u64, u64), hatch_rate: Rate) {
    let takes = to.saturating_sub(from + 1) as f64 / hatch_rate.as_f64();
    corners.push((at, (from + 1).min(to) as f64));
    if takes.is_finite() {
        corners.push((at + takes, to as f64));
    }
}

/// A curve up to its own end, from where it is 0 up to the end of all.
fn sampled(corners: &Curve, own_end: f64, end: f64) -> Curve {
    let step = end / f64::from(POINTS);
    let last = corners.last().copied().unwrap_or_default();
    let mut points = Curve::new();
    for (from, to) in corners.iter().zip(corners.iter().skip(1).chain(std::iter::once(&(own_end.max(last.0), last.1)))) {
        let (from, to) = (*from, *to);
        if from.0 > own_end {
            break;
        }
        points.push(from);
        let slope = if to.0 > from.0 { (to.1 - from.1) / (to.0 - from.0) } else { 0.0 };
        let stop = to.0.min(own_end);
        let mut at = (from.0 / step).floor() * step + step;
        while at < stop {
            points.push((at, from.1 + slope * (at - from.0)));
            at += step;
        }
        points.push((stop, from.1 + slope * (stop - from.0)));
        // A jump has no length: its end is the start of the next line.
        if to.0 <= own_end && to.0 == from.0 {
            points.pop();
        }
    }
    if own_end < end {
        points.extend([(own_end, 0.0), (end, 0.0)]);
    }
    points.dedup();
    points
}

/// `failures < 1%` and its like, in words.
pub(super) fn passes_if(profile: &Profile) -> Vec<String> {
    profile.thresholds.iter().map(super::thresholds::in_words).collect()
}

/// The regions of a test.
pub(super) fn regions(profile: &Profile) -> Option<String> {
    let regions: Vec<String> = profile.header.locations.iter().map(|share| share.region.clone()).collect();
    (!regions.is_empty()).then(|| listed(&regions, "and"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(runner: &str) -> Profile {
        Profile::parse(&format!("profile: {{ runner: {runner} }}"), "p.yml").unwrap()
    }

    fn at(curve: &Value, time: f64) -> f64 {
        let [x, values] = ["x", "values"].map(|key| curve[key].as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect::<Vec<_>>());
        let behind = x.iter().rposition(|x| *x <= time).unwrap();
        let next = (behind + 1).min(x.len() - 1);
        let part = if x[next] > x[behind] { (time - x[behind]) / (x[next] - x[behind]) } else { 0.0 };
        values[behind] + part * (values[next] - values[behind])
    }

    #[test]
    fn curve_of_every_shape_has_the_load_of_the_profile() {
        let curve = |runner: &str| charts(&profile(runner))["charts"][0]["series"][0].clone();
        let ramp = curve("{ clients: 21, hatch_rate: 2, duration: 60s }");
        assert_eq!([0.0, 5.0, 10.0, 59.0].map(|time| at(&ramp, time)), [1.0, 11.0, 21.0, 21.0]);
        let stages = curve("{ stages: [{ clients: 40, duration: 10s }, { clients: 40, duration: 20s }, { clients: 0, duration: 10s }] }");
        assert_eq!([0.0, 5.0, 10.0, 29.0, 35.0, 40.0].map(|time| at(&stages, time)), [0.0, 20.0, 40.0, 40.0, 20.0, 0.0]);
        let steps = curve("{ clients: 5, hatch_rate: 2, duration: 40s, step_load: true, step_clients: 2, step_duration: 10s }");
        assert_eq!([0.0, 9.0, 15.0, 39.0].map(|time| at(&steps, time)), [1.0, 2.0, 4.0, 5.0]);
        let arrivals = curve("{ rate: 4/s, stages: [{ rate: 8/s, duration: 10s }] }");
        assert_eq!([0.0, 5.0, 10.0].map(|time| at(&arrivals, time)), [4.0, 6.0, 8.0]);
        let late = curve("{ users: { A: { clients: 1, start: 5s, duration: 10s }, B: { clients: 1, duration: 30s } } }");
        assert_eq!([2.0, 6.0, 14.0, 20.0].map(|time| at(&late, time)), [0.0, 1.0, 1.0, 0.0]);
    }

    #[test]
    fn test_without_an_end_says_so_and_is_drawn() {
        let profile = profile("{ clients: 1 }");
        assert_eq!(in_words(&profile), ["All users together: 1 user.", "The test runs until it is stopped."]);
        assert_eq!(charts(&profile)["seconds"], 30.0);
    }

    #[test]
    fn load_of_every_shape_is_a_sentence() {
        let first = |runner: &str| in_words(&profile(runner)).remove(0);
        let cases = [
            ("{ clients: 20, hatch_rate: 0.5 }", "All users together: 20 users, of whom 30 per minute start."),
            (
                "{ users: { Ann: { stages: [{ clients: 4, duration: 1m }, { clients: 4, duration: 2m }, { clients: 0, duration: 0s }] } } }",
                "<b>Ann</b>: to 4 users within 1m, then 4 users for 2m, then at once to 0 users.",
            ),
            (
                "{ rate: 2/s, duration: 10s, max_clients: 7, arrivals: poisson }",
                "All users together: iterations that begin whether or not earlier ones are done, at random moments: 2 per second; at most 7 users at the same time.",
            ),
            (
                "{ clients: 5, hatch_rate: 2, step_load: true, step_clients: 2, step_duration: 10s }",
                "All users together: 2 users more every 10s, up to 5 users; 2 per second start.",
            ),
        ];
        for (runner, sentence) in cases {
            assert_eq!(first(runner), sentence);
        }
    }
}
