//! The picture of the flow: users, what they choose from, and what they do, with an edge from each to what it runs.

use std::collections::BTreeMap;

use super::html::text;
use super::spec::Spec;
use super::steps::step_name;
use crate::ast::{Block, Expr, Stmt, StmtKind, TaskTarget, UserMember};

/// The widest that a box's text may be, in characters.
const TEXT_MAX: usize = 27;
/// The most lines of a box.
const LINES_MAX: usize = 14;
const BOX_WIDTH: usize = 216;
const LINE_HEIGHT: usize = 18;
const HEAD_HEIGHT: usize = 30;
const GAP_X: usize = 104;
const GAP_Y: usize = 20;
const MARGIN: usize = 8;
const LABEL_HEIGHT: usize = 13;

/// A box.
#[derive(Debug)]
struct Node {
    kind: &'static str,
    title: String,
    /// Below the title: steps, or the members of tasks that are steps.
    lines: Vec<String>,
    column: usize,
    y: usize,
}

impl Node {
    fn height(&self) -> usize {
        HEAD_HEIGHT + if self.lines.is_empty() { 0 } else { self.lines.len() * LINE_HEIGHT + 8 }
    }
}

#[derive(Debug)]
struct Edge {
    from: usize,
    to: usize,
    label: String,
}

#[derive(Debug, Default)]
struct Graph {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// Sequences and tasks that have a node.
    known: BTreeMap<String, usize>,
}

/// The picture as inline SVG; empty for a spec without users.
pub(super) fn picture(spec: &Spec<'_>) -> String {
    let mut graph = Graph::default();
    let users = spec.users();
    let weights: Vec<Option<&Expr>> = users.iter().map(|user| super::users::weight_of(user)).collect();
    for (user, share) in users.iter().zip(spec.shares(&weights)) {
        let share = spec.has_shares().then(|| format!("{share} of all users"));
        let node = graph.add("user", &user.name.node, share.into_iter().collect());
        for member in &user.members {
            match member {
                UserMember::Run(name, ..) => graph.edge_to(spec, node, &name.node, "each iteration"),
                UserMember::OnStart(block) => graph.calls(spec, node, block, "at the start"),
                UserMember::OnStop(block) => graph.calls(spec, node, block, "at the end"),
                UserMember::Every(period, block) => {
                    graph.calls(spec, node, block, &format!("every {}", spec.written(period.span)));
                }
                UserMember::Wait(_) | UserMember::Weight(_) | UserMember::Broken(_) => {}
            }
        }
    }
    if graph.nodes.is_empty() {
        return String::new();
    }
    graph.columns();
    graph.rows();
    graph.svg()
}

impl Graph {
    fn add(&mut self, kind: &'static str, title: &str, lines: Vec<String>) -> usize {
        self.nodes.push(Node { kind, title: title.to_owned(), lines, column: 0, y: 0 });
        self.nodes.len() - 1
    }

    fn edge_to(&mut self, spec: &Spec<'_>, from: usize, name: &str, label: &str) {
        let Some(to) = self.node_of(spec, name) else { return };
        match self.edges.iter_mut().find(|edge| edge.from == from && edge.to == to) {
            Some(edge) if edge.label.contains(label) => {}
            Some(edge) => edge.label = format!("{}, {label}", edge.label),
            None => self.edges.push(Edge { from, to, label: label.to_owned() }),
        }
    }

    /// An edge to each sequence that a block runs.
    fn calls(&mut self, spec: &Spec<'_>, from: usize, block: &Block, label: &str) {
        let mut called = Vec::new();
        callees(&block.stmts, &mut called);
        called.iter().for_each(|name| self.edge_to(spec, from, name, label));
    }

    fn node_of(&mut self, spec: &Spec<'_>, name: &str) -> Option<usize> {
        if let Some(node) = self.known.get(name) {
            return Some(*node);
        }
        if let Some(sequence) = spec.sequences.get(name) {
            let mut lines = Vec::new();
            step_lines(&sequence.body.stmts, 0, &mut lines);
            let node = self.add("sequence", name, lines);
            self.known.insert(name.to_owned(), node);
            self.calls(spec, node, &sequence.body, "");
            return Some(node);
        }
        let tasks = spec.tasks.get(name)?;
        let weights: Vec<Option<&Expr>> = tasks.members.iter().map(|member| member.weight.as_ref()).collect();
        let shares = spec.shares(&weights);
        let steps = tasks.members.iter().zip(&shares).filter_map(|(member, share)| match &member.target {
            TaskTarget::Step(step) => Some(format!("{share}  {}", step_name(step))),
            TaskTarget::Run(..) | TaskTarget::Broken => None,
        });
        let node = self.add("tasks", name, steps.collect());
        self.known.insert(name.to_owned(), node);
        for (member, share) in tasks.members.iter().zip(&shares) {
            if let Some(target) = Spec::target_name(&member.target) {
                self.edge_to(spec, node, target, share);
            }
        }
        Some(node)
    }

    /// Each node stands right of all that run it. Calls are not recursive, so the longest path ends.
    fn columns(&mut self) {
        for _ in 0..self.nodes.len() {
            for edge in &self.edges {
                let column = self.nodes[edge.from].column + 1;
                let node = &mut self.nodes[edge.to];
                node.column = node.column.max(column);
            }
        }
    }

    /// Nodes of a column stand below each other, each as near to the middle of what it runs as its neighbors allow.
    fn rows(&mut self) {
        let incoming = |to: usize| self.edges.iter().filter(|edge| edge.to == to).count();
        let labels_above = (0..self.nodes.len()).map(incoming).max().unwrap_or(0).saturating_sub(1);
        let top = MARGIN + labels_above * LABEL_HEIGHT;
        let last = self.nodes.iter().map(|node| node.column).max().unwrap_or(0);
        for column in (0..=last).rev() {
            let mut free = top;
            for at in 0..self.nodes.len() {
                if self.nodes[at].column != column {
                    continue;
                }
                let height = self.nodes[at].height();
                let children = self.edges.iter().filter(|edge| edge.from == at).map(|edge| &self.nodes[edge.to]);
                let middles: Vec<usize> = children.map(|node| node.y + node.height() / 2).collect();
                let wanted =
                    if middles.is_empty() { 0 } else { (middles.iter().sum::<usize>() / middles.len()).saturating_sub(height / 2) };
                self.nodes[at].y = free.max(wanted);
                free = self.nodes[at].y + height + GAP_Y;
            }
        }
    }

    fn svg(&self) -> String {
        let columns = self.nodes.iter().map(|node| node.column).max().unwrap_or(0) + 1;
        let width = 2 * MARGIN + columns * BOX_WIDTH + (columns - 1) * GAP_X;
        let height = self.nodes.iter().map(|node| node.y + node.height()).max().unwrap_or(0) + MARGIN;
        let edges: String = self.edges.iter().map(|edge| self.edge(edge)).collect();
        let labels: String = self.edges.iter().map(|edge| self.label(edge)).collect();
        let nodes: String = self.nodes.iter().map(boxed).collect();
        format!(
            "<svg class=\"picture\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
             aria-label=\"What each kind of user runs\">{edges}{nodes}{labels}</svg>"
        )
    }

    /// From the right side of a box to the left side of another.
    fn ends(&self, edge: &Edge) -> (usize, usize, usize, usize) {
        let [from, to] = [&self.nodes[edge.from], &self.nodes[edge.to]];
        (left_of(from) + BOX_WIDTH, from.y + HEAD_HEIGHT / 2, left_of(to), to.y + HEAD_HEIGHT / 2)
    }

    fn edge(&self, edge: &Edge) -> String {
        let (x1, y1, x2, y2) = self.ends(edge);
        let bend = GAP_X / 2;
        format!(
            "<path class=\"edge\" d=\"M{x1} {y1}C{} {y1} {} {y2} {} {y2}\"/><path class=\"arrow\" d=\"M{x2} {y2}l-8 -4v8z\"/>",
            x1 + bend,
            x2 - bend,
            x2 - 6
        )
    }

    /// In front of the box that the edge leads to, where edges to other boxes are far away.
    fn label(&self, edge: &Edge) -> String {
        let (_, _, x, y) = self.ends(edge);
        let same = self.edges.iter().take_while(|other| !std::ptr::eq(*other, edge)).filter(|other| other.to == edge.to).count();
        format!(
            "<text class=\"label\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            x - 12,
            y - 5 - LABEL_HEIGHT * same,
            text(&edge.label)
        )
    }
}

fn left_of(node: &Node) -> usize {
    MARGIN + node.column * (BOX_WIDTH + GAP_X)
}

fn boxed(node: &Node) -> String {
    let (x, y, height) = (left_of(node), node.y, node.height());
    let lines: String = (0..)
        .zip(&node.lines)
        .map(|(at, line)| {
            let indent = line.len() - line.trim_start().len();
            let (x, y) = (x + 12 + 6 * indent, y + HEAD_HEIGHT + 14 + at * LINE_HEIGHT);
            format!("<text x=\"{x}\" y=\"{y}\">{}</text>", short(line.trim_start(), TEXT_MAX + 4 - indent))
        })
        .collect();
    let name = text(&node.title);
    format!(
        "<a href=\"#{name}\"><g class=\"box {}\"><rect x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{height}\" rx=\"9\"/>\
         <text class=\"name\" x=\"{}\" y=\"{}\">{}</text>{lines}</g></a>",
        node.kind,
        x + 12,
        y + 20,
        short(&node.title, TEXT_MAX - 2),
    )
}

/// A text that fits a box; the whole of it shows under the pointer.
fn short(whole: &str, most: usize) -> String {
    if whole.chars().count() <= most {
        return text(whole);
    }
    let start: String = whole.chars().take(most.saturating_sub(1)).collect();
    format!("{}…<title>{}</title>", text(start.trim_end()), text(whole))
}

/// The steps of statements, those within groups and loops indented.
fn step_lines(statements: &[Stmt], depth: usize, lines: &mut Vec<String>) {
    collect(statements, depth, lines);
    if depth == 0 && lines.len() > LINES_MAX {
        let more = lines.len() + 1 - LINES_MAX;
        lines.truncate(LINES_MAX - 1);
        lines.push(format!("… {more} more"));
    }
}

fn collect(statements: &[Stmt], depth: usize, lines: &mut Vec<String>) {
    for statement in statements {
        let indent = "  ".repeat(depth.min(4));
        let head = match &statement.kind {
            StmtKind::Step(step) => Some(step_name(step)),
            StmtKind::Run { callee, .. } => Some(format!("→ {}", callee.node)),
            StmtKind::Group(name, _) => Some(format!("{}:", name.node)),
            StmtKind::If { .. } => Some("if …".to_owned()),
            StmtKind::Repeat(..) | StmtKind::For { .. } => Some("repeated:".to_owned()),
            StmtKind::Poll(_) => Some("until it is true:".to_owned()),
            StmtKind::Retry(_) => Some("again if it fails:".to_owned()),
            StmtKind::Parallel(_) => Some("at the same time:".to_owned()),
            StmtKind::Finally(_) => Some("at the end:".to_owned()),
            _ => None,
        };
        let mut within = Vec::new();
        for block in blocks(&statement.kind) {
            collect(&block.stmts, depth + 1, &mut within);
        }
        let is_worth_it = !within.is_empty() || matches!(statement.kind, StmtKind::Step(_) | StmtKind::Run { .. });
        if let Some(head) = head.filter(|_| is_worth_it) {
            lines.push(format!("{indent}{head}"));
        }
        if !matches!(statement.kind, StmtKind::Step(_)) {
            lines.append(&mut within);
        }
    }
}

/// The names of what statements run.
fn callees(statements: &[Stmt], called: &mut Vec<String>) {
    for statement in statements {
        if let StmtKind::Run { callee, .. } = &statement.kind {
            called.push(callee.node.clone());
        }
        blocks(&statement.kind).into_iter().for_each(|block| callees(&block.stmts, called));
    }
}

fn blocks(kind: &StmtKind) -> Vec<&Block> {
    match kind {
        StmtKind::If { branches, otherwise } => branches.iter().map(|(_, block)| block).chain(otherwise).collect(),
        StmtKind::Repeat(_, block) | StmtKind::Parallel(block) | StmtKind::Group(_, block) | StmtKind::Finally(block) => vec![block],
        StmtKind::For { body, .. } => vec![body],
        StmtKind::Retry(retry) => vec![&retry.body],
        StmtKind::Poll(poll) => vec![&poll.body],
        StmtKind::Step(step) => vec![&step.body],
        _ => Vec::new(),
    }
}
