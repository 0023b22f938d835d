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
/// The height that an edge takes in a column that it passes.
const LANE_HEIGHT: usize = 14;
/// Edges start and end at the height of the titles.
const ATTACH: usize = HEAD_HEIGHT / 2;

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

/// The place where an edge passes a column between its ends, so that it runs behind no box.
#[derive(Debug)]
struct Lane {
    edge: usize,
    column: usize,
    y: usize,
}

/// A node, or the lane of an edge, in a column.
#[derive(Clone, Copy, Debug)]
enum Item {
    Node(usize),
    Lane(usize),
}

#[derive(Debug, Default)]
struct Graph {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    lanes: Vec<Lane>,
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
        for (at, edge) in self.edges.iter().enumerate() {
            let passed = self.nodes[edge.from].column + 1..self.nodes[edge.to].column;
            self.lanes.extend(passed.map(|column| Lane { edge: at, column, y: 0 }));
        }
    }

    /// Places the items of each column below each other, each as near to the height of its targets as its neighbors allow.
    fn rows(&mut self) {
        let labels = |to: usize| self.edges.iter().filter(|edge| edge.to == to && !edge.label.is_empty()).count();
        let labels_above = (0..self.nodes.len()).map(labels).max().unwrap_or(0);
        let top = MARGIN + labels_above * LABEL_HEIGHT;
        let last = self.nodes.iter().map(|node| node.column).max().unwrap_or(0);
        for column in (0..=last).rev() {
            let nodes = (0..self.nodes.len()).filter(|at| self.nodes[*at].column == column).map(Item::Node);
            let lanes = (0..self.lanes.len()).filter(|at| self.lanes[*at].column == column).map(Item::Lane);
            let mut items: Vec<(usize, Item)> = nodes.chain(lanes).map(|item| (self.wanted(item, column), item)).collect();
            items.sort_by_key(|(wanted, _)| *wanted);
            let mut free = top;
            for (wanted, item) in items {
                match item {
                    Item::Node(at) => {
                        let node = &mut self.nodes[at];
                        node.y = free.max(wanted.saturating_sub(ATTACH));
                        free = node.y + node.height() + GAP_Y;
                    }
                    Item::Lane(at) => {
                        let start = free.max(wanted.saturating_sub(LANE_HEIGHT / 2));
                        self.lanes[at].y = start + LANE_HEIGHT / 2;
                        free = start + LANE_HEIGHT;
                    }
                }
            }
        }
    }

    /// The height at which the edges from an item of a column would not bend; 0 without edges.
    fn wanted(&self, item: Item, column: usize) -> usize {
        let heights: Vec<usize> = match item {
            Item::Node(at) => {
                (0..self.edges.len()).filter(|edge| self.edges[*edge].from == at).map(|edge| self.height_in(edge, column + 1)).collect()
            }
            Item::Lane(at) => vec![self.height_in(self.lanes[at].edge, column + 1)],
        };
        heights.iter().sum::<usize>().checked_div(heights.len()).unwrap_or(0)
    }

    /// The height of an edge in a column right of its start.
    fn height_in(&self, edge: usize, column: usize) -> usize {
        let lane = self.lanes.iter().find(|lane| lane.edge == edge && lane.column == column);
        lane.map_or_else(|| self.nodes[self.edges[edge].to].y + ATTACH, |lane| lane.y)
    }

    fn svg(&self) -> String {
        let columns = self.nodes.iter().map(|node| node.column).max().unwrap_or(0) + 1;
        let width = 2 * MARGIN + columns * BOX_WIDTH + (columns - 1) * GAP_X;
        let bottom = self.nodes.iter().map(|node| node.y + node.height()).chain(self.lanes.iter().map(|lane| lane.y + LANE_HEIGHT));
        let height = bottom.max().unwrap_or(0) + MARGIN;
        let edges: String = (0..self.edges.len()).map(|edge| self.edge(edge)).collect();
        let labels: String = self.edges.iter().map(|edge| self.label(edge)).collect();
        let nodes: String = self.nodes.iter().map(boxed).collect();
        format!(
            "<svg class=\"picture\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
             aria-label=\"What each kind of user runs\">{edges}{nodes}{labels}</svg>"
        )
    }

    /// From the right side of a box to the left side of another, through the lanes between them.
    fn edge(&self, at: usize) -> String {
        let edge = &self.edges[at];
        let [from, to] = [&self.nodes[edge.from], &self.nodes[edge.to]];
        let bend = GAP_X / 2;
        let curve = |(x1, y1): (usize, usize), (x2, y2): (usize, usize), end: usize| {
            format!("C{} {y1} {} {y2} {} {y2}", x1 + bend, x2 - bend, x2 - end)
        };
        let mut point = (left_of(from.column) + BOX_WIDTH, from.y + ATTACH);
        let mut path = format!("M{} {}", point.0, point.1);
        for lane in self.lanes.iter().filter(|lane| lane.edge == at) {
            let left = left_of(lane.column);
            path.push_str(&curve(point, (left, lane.y), 0));
            path.push_str(&format!("H{}", left + BOX_WIDTH));
            point = (left + BOX_WIDTH, lane.y);
        }
        let (x, y) = (left_of(to.column), to.y + ATTACH);
        path.push_str(&curve(point, (x, y), 6));
        format!("<path class=\"edge\" d=\"{path}\"/><path class=\"arrow\" d=\"M{x} {y}l-8 -4v8z\"/>")
    }

    /// In front of the box that the edge leads to, where edges to other boxes are far away.
    fn label(&self, edge: &Edge) -> String {
        if edge.label.is_empty() {
            return String::new();
        }
        let to = &self.nodes[edge.to];
        let (x, y) = (left_of(to.column), to.y + ATTACH);
        let before = self.edges.iter().take_while(|other| !std::ptr::eq(*other, edge));
        let same = before.filter(|other| other.to == edge.to && !other.label.is_empty()).count();
        format!(
            "<text class=\"label\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            x - 12,
            y - 5 - LABEL_HEIGHT * same,
            text(&edge.label)
        )
    }
}

fn left_of(column: usize) -> usize {
    MARGIN + column * (BOX_WIDTH + GAP_X)
}

fn boxed(node: &Node) -> String {
    let (x, y, height) = (left_of(node.column), node.y, node.height());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edge_that_passes_a_column_runs_behind_no_box() {
        let mut graph = Graph::default();
        for lines in [1, 4, 2, 8, 3, 1] {
            graph.add("sequence", "S", vec!["step".to_owned(); lines]);
        }
        for (from, to) in [(0, 1), (1, 2), (1, 3), (2, 4), (3, 4), (4, 5), (0, 5), (0, 3), (1, 4), (2, 5), (3, 5)] {
            graph.edges.push(Edge { from, to, label: "often".to_owned() });
        }
        graph.columns();
        graph.rows();
        assert_eq!(graph.lanes.len(), 7, "each edge has a lane in each column that it passes");
        for lane in &graph.lanes {
            let in_column = graph.nodes.iter().filter(|node| node.column == lane.column);
            assert!(in_column.clone().count() > 0);
            for node in in_column {
                assert!(!(node.y..=node.y + node.height()).contains(&lane.y), "{lane:?} behind {node:?}");
            }
        }
        for (at, edge) in graph.edges.iter().enumerate() {
            let straight = graph.nodes[edge.to].column - graph.nodes[edge.from].column - 1;
            assert_eq!(graph.edge(at).matches('H').count(), straight, "{edge:?}");
        }
    }
}
