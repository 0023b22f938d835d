//! Makes steps of exchanges: pages become groups, pauses become waits, and repeated requests become loops over rows.

use super::expect::{common, is_literal};
use crate::draft::{Call, Data, Draft, Expect, Expr, Parts, Rows, Step, Stmt, Wait};
use crate::names::Names;
use crate::web::{self, Defined};

/// The shortest pause of a user. Shorter ones come from the network.
const PAUSE_MIN_MS: i64 = 300;
/// The longest pause of a user. During longer ones, the person who recorded took a break.
const PAUSE_MAX_MS: i64 = 60_000;
/// The number of consecutive similar requests from which they become a loop.
const REPEATS_MIN: usize = 3;

/// An exchange of the recording that will become a step.
#[derive(Clone, Debug)]
pub(super) struct Action {
    pub(super) call: Defined,
    /// What the file says about the request.
    pub(super) comment: String,
    /// Statements before the step: comments, `set api.auth`.
    pub(super) before: Vec<Stmt>,
    pub(super) expects: Vec<Expect>,
    pub(super) takes: Vec<Stmt>,
    pub(super) page: String,
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
}

/// The body of the sequence.
pub(super) fn statements(draft: &mut Draft, pages: &[(String, String)], actions: Vec<Action>) -> Vec<Stmt> {
    let mut labels = Labels::default();
    let mut out: Vec<Stmt> = Vec::new();
    let mut current: Vec<Stmt> = Vec::new();
    let mut page = actions.first().map(|action| action.page.clone()).unwrap_or_default();
    let mut ended_ms: Option<i64> = None;
    let mut at = 0;
    while at < actions.len() {
        let count = repeats(&actions[at..]);
        let action = &actions[at];
        let pause = ended_ms.and_then(|ended| pause(action.start_ms - ended));
        if action.page != page {
            close(&mut out, std::mem::take(&mut current), title(pages, &page), &mut labels);
            page.clone_from(&action.page);
            out.extend(pause);
        } else {
            current.extend(pause);
        }
        current.extend(action.before.iter().cloned());
        let group = &actions[at..at + count];
        if count >= REPEATS_MIN {
            current.extend(repeated(draft, group, &mut labels));
        } else {
            current.push(step(action, &mut labels));
        }
        let taken = if count >= REPEATS_MIN { count } else { 1 };
        ended_ms = actions[at..at + taken].iter().map(|action| action.end_ms).chain(ended_ms).max();
        at += taken;
    }
    close(&mut out, current, title(pages, &page), &mut labels);
    // If one page is the whole recording, it needs no group.
    match out.as_mut_slice() {
        [Stmt::Group(_, body)] => std::mem::take(body),
        _ => out,
    }
}

#[derive(Default)]
struct Labels {
    steps: Names,
    groups: Names,
    data: Names,
}

fn title(pages: &[(String, String)], id: &str) -> String {
    let title = pages.iter().find(|(known, _)| known == id).map_or(id, |(_, title)| title.trim());
    let title = if title.contains("://") { title.split("://").last().unwrap_or(title) } else { title };
    let title = title.split(['?', '#']).next().unwrap_or(title).trim_end_matches('/');
    title.chars().filter(|char| !char.is_control()).take(60).collect::<String>().trim().to_owned()
}

/// Ends a page, which becomes a group if it has a title and several steps.
fn close(out: &mut Vec<Stmt>, body: Vec<Stmt>, title: String, labels: &mut Labels) {
    let steps = body.iter().filter(|stmt| !matches!(stmt, Stmt::Wait(_) | Stmt::Comment(_) | Stmt::SetAuth(..))).count();
    if title.is_empty() || steps < 2 {
        out.extend(body);
    } else {
        out.push(Stmt::Group(labels.groups.label(&title), body));
    }
}

/// A wait for a pause, rounded to a value that a person would write.
fn pause(ms: i64) -> Option<Stmt> {
    if ms < PAUSE_MIN_MS {
        return None;
    }
    let ms = ms.min(PAUSE_MAX_MS);
    let unit = if ms < 10_000 { 100 } else { 1_000 };
    let rounded = (ms + unit / 2) / unit * unit;
    Some(Stmt::Wait(Wait::ms(u64::try_from(rounded).unwrap_or_default())))
}

fn step(action: &Action, labels: &mut Labels) -> Stmt {
    let name = title_of(&action.comment).unwrap_or_else(|| web::sentence(&action.call.name));
    step_with(action, &action.call.args, &action.expects, &labels.steps.label(&name))
}

/// The name of a step from a comment: a sentence that a person wrote. Some recorders number their entries there.
fn title_of(comment: &str) -> Option<String> {
    let first = comment.lines().next().unwrap_or_default().trim();
    let is_title = first.contains(' ') && first.starts_with(char::is_alphabetic) && first.chars().count() <= 60;
    (is_title && !first.contains(['{', '}', '"', '\\']) && !first.chars().any(char::is_control)).then(|| first.to_owned())
}

fn step_with(action: &Action, args: &[(Option<String>, Expr)], expects: &[Expect], name: &str) -> Stmt {
    let mut body = vec![Stmt::Call(Call::Request { path: action.call.path.clone(), args: args.to_vec(), parts: Parts::default() })];
    body.extend(expects.iter().cloned().map(Stmt::Expect));
    body.extend(action.takes.iter().cloned());
    Stmt::Step(Step { name: name.to_owned(), skip: false, interrupt: !action.takes.is_empty(), body })
}

/// How many of the next actions are the same request with other literals, on the same page and with the same kind of response.
fn repeats(actions: &[Action]) -> usize {
    let Some(first) = actions.first() else { return 0 };
    let fits = |action: &&Action| {
        action.call.path == first.call.path
            && action.page == first.page
            && action.takes.is_empty()
            && action.before.is_empty()
            && common(&first.expects, &action.expects).is_some()
            && action.call.args.iter().all(|(_, value)| is_literal(value))
    };
    if !first.takes.is_empty() || !first.call.args.iter().all(|(_, value)| is_literal(value)) {
        return 1;
    }
    1 + actions.iter().skip(1).take_while(fits).count()
}

/// A loop over the rows of a data file, or a counted loop if all requests are equal.
fn repeated(draft: &mut Draft, group: &[Action], labels: &mut Labels) -> Vec<Stmt> {
    let Some(first) = group.first() else { return Vec::new() };
    let expects = group.iter().skip(1).try_fold(first.expects.clone(), |left, action| common(&left, &action.expects)).unwrap_or_default();
    let name = labels.steps.label(&web::sentence(&first.call.name));
    let gaps = group.windows(2).map(|pair| pair[1].start_ms - pair[0].end_ms);
    let wait = gaps.clone().min().filter(|gap| *gap >= PAUSE_MIN_MS).and_then(|_| {
        let count = i64::try_from(group.len() - 1).unwrap_or(1).max(1);
        pause(gaps.sum::<i64>() / count)
    });
    let differing: Vec<usize> =
        (0..first.call.args.len()).filter(|at| group.iter().any(|action| action.call.args[*at].1 != first.call.args[*at].1)).collect();
    if differing.is_empty() {
        let mut body = vec![step_with(first, &first.call.args, &expects, &name)];
        body.extend(wait);
        return vec![Stmt::Repeat(Expr::Number(group.len().to_string()), body)];
    }
    let params = params_of(draft, &first.call.path);
    let columns: Vec<String> = differing.iter().map(|at| params.get(*at).cloned().unwrap_or_else(|| format!("value_{at}"))).collect();
    let data = labels
        .data
        .variable(&format!("{}_rows", first.call.name.split_once('_').map_or(first.call.name.as_str(), |(_, noun)| noun)), "rows");
    let rows = rows(group, &differing, &columns);
    draft.data.push(Data { name: data.clone(), options: Vec::new(), rows });
    draft.tally.carry("data files", 1);
    let args: Vec<(Option<String>, Expr)> = first
        .call
        .args
        .iter()
        .enumerate()
        .map(|(at, (name, value))| {
            let column = differing.iter().position(|number| *number == at).and_then(|at| columns.get(at));
            (name.clone(), column.map_or_else(|| value.clone(), |column| Expr::Code(format!("row.{column}"))))
        })
        .collect();
    let mut body = vec![step_with(first, &args, &expects, &name)];
    body.extend(wait);
    vec![Stmt::For { name: "row".to_owned(), over: Expr::Code(format!("{data}.all")), parallel: None, body }]
}

/// The names of a request's parameters.
fn params_of(draft: &Draft, path: &str) -> Vec<String> {
    let (api, name) = path.split_once('.').unwrap_or_default();
    let request = draft.apis.iter().filter(|known| known.name == api).flat_map(|api| &api.requests).find(|request| request.name == name);
    request.map(|request| request.params.iter().map(|param| param.name.clone()).collect()).unwrap_or_default()
}

/// Rows with the literals of each action: CSV if every cell has the same value when it is read back, otherwise JSON.
fn rows(group: &[Action], differing: &[usize], columns: &[String]) -> Rows {
    let cells = |action: &Action| -> Vec<Expr> { differing.iter().map(|at| action.call.args[*at].1.clone()).collect() };
    let all: Vec<Vec<Expr>> = group.iter().map(cells).collect();
    let looks_typed = |text: &str| text.parse::<f64>().is_ok() || matches!(text, "true" | "false" | "null");
    let plain = all.iter().flatten().all(|cell| match cell {
        Expr::Text(text) => text.as_literal().is_some_and(|text| !looks_typed(text)),
        Expr::Number(_) => true,
        _ => false,
    });
    let one_type = (0..differing.len()).all(|column| {
        all.iter().all(|row| matches!(row[column], Expr::Text(_))) || all.iter().all(|row| matches!(row[column], Expr::Number(_)))
    });
    if plain && one_type {
        let text = |cell: &Expr| match cell {
            Expr::Number(digits) => digits.clone(),
            other => other.as_literal().unwrap_or_default().to_owned(),
        };
        return Rows::Csv(columns.to_vec(), all.iter().map(|row| row.iter().map(text).collect()).collect());
    }
    let value = |cell: &Expr| match cell {
        Expr::Number(digits) => serde_json::from_str(digits).unwrap_or(serde_json::Value::Null),
        Expr::Bool(bool) => (*bool).into(),
        Expr::Null => serde_json::Value::Null,
        other => other.as_literal().unwrap_or_default().into(),
    };
    let object = |row: &Vec<Expr>| columns.iter().cloned().zip(row.iter().map(value)).collect::<serde_json::Map<_, _>>();
    Rows::Json(all.iter().map(|row| serde_json::Value::Object(object(row))).collect())
}
