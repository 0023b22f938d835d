//! What a spec and its imports declare, as the page needs it: by name, with the text of every part.

use std::collections::BTreeMap;

use ltc_config::environment::EnvData;
use ltc_config::{Environment, Profile};

use crate::ast::{ApiMember, Expr, ExprKind, Item, RequestDef, Sequence, TaskTarget, Tasks, User};
use crate::env_text;
use crate::pipeline::Checked;
use crate::span::Span;

/// A checked spec with its imports and its environment.
#[derive(Debug)]
pub(super) struct Spec<'c> {
    pub(super) checked: &'c Checked,
    pub(super) environment: Option<&'c Environment>,
    profile: Option<&'c Profile>,
    pub(super) sequences: BTreeMap<&'c str, &'c Sequence>,
    pub(super) tasks: BTreeMap<&'c str, &'c Tasks>,
    /// By their dotted path: `shop.cart.add`.
    requests: BTreeMap<String, &'c RequestDef>,
}

impl<'c> Spec<'c> {
    pub(super) fn new(checked: &'c Checked, profile: Option<&'c Profile>, environment: Option<&'c Environment>) -> Self {
        let mut spec =
            Self { checked, environment, profile, sequences: BTreeMap::new(), tasks: BTreeMap::new(), requests: BTreeMap::new() };
        for item in spec.items() {
            match item {
                Item::Sequence(sequence) => drop(spec.sequences.insert(&sequence.name.node, sequence)),
                Item::Tasks(tasks) => drop(spec.tasks.insert(&tasks.name.node, tasks)),
                Item::Api(api) => spec.add_requests(&api.name.node, &api.members),
                _ => {}
            }
        }
        spec
    }

    fn add_requests(&mut self, path: &str, members: &'c [ApiMember]) {
        for member in members {
            match member {
                ApiMember::Request(request) => drop(self.requests.insert(format!("{path}.{}", request.name.node), request)),
                ApiMember::Resource(resource) => self.add_requests(&format!("{path}.{}", resource.name.node), &resource.members),
                _ => {}
            }
        }
    }

    /// The items of all files: those of the spec, then those of its imports.
    pub(super) fn items(&self) -> impl Iterator<Item = &'c Item> + use<'c> {
        self.checked.trees.iter().flat_map(|(tree, _)| &tree.items)
    }

    pub(super) fn users(&self) -> Vec<&'c User> {
        let of = |item: &'c Item| if let Item::User(user) = item { Some(user) } else { None };
        self.checked.trees.first().into_iter().flat_map(|(tree, _)| &tree.items).filter_map(of).collect()
    }

    /// Whether the weights of the users say how many there are of each kind: there are several, and the profile gives none a load of its own.
    pub(super) fn has_shares(&self) -> bool {
        self.users().len() > 1 && self.profile.is_none_or(|profile| profile.users.is_empty())
    }

    pub(super) fn request(&self, path: &str) -> Option<&'c RequestDef> {
        self.requests.get(path).copied()
    }

    /// A part of a spec as it is written, on one line.
    pub(super) fn written(&self, span: Span) -> String {
        self.checked.sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The comment above a declaration.
    pub(super) fn comment(&self, span: Span) -> Option<String> {
        self.checked.sources.file(span.file)?.comment_above(span.range().start)
    }

    /// The value of `env.a.b`, with secrets masked; `None` if the process environment gives it when the test starts.
    pub(super) fn environment_value(&self, expr: &Expr) -> Option<String> {
        let path = self.checked.sources.text(expr.span).strip_prefix("env.")?;
        self.environment?
            .get(path)
            .filter(|value| !value.is_unresolved())
            .map(|value| env_text::masked(path, value, &self.checked.credentials))
    }

    /// A weight: 1 where none is written; `None` where it is known only when the test runs.
    pub(super) fn weight(&self, weight: Option<&Expr>) -> Option<u64> {
        let Some(weight) = weight else { return Some(1) };
        if let ExprKind::Int(weight) = weight.kind {
            return u64::try_from(weight).ok();
        }
        let path = self.checked.sources.text(weight.span).strip_prefix("env.")?;
        match &self.environment?.get(path)?.data {
            EnvData::Int(weight) => u64::try_from(*weight).ok(),
            EnvData::String(weight) => weight.parse().ok(),
            _ => None,
        }
    }

    /// `70 %` of each weight of a choice, or its text where a weight is not known.
    pub(super) fn shares(&self, weights: &[Option<&Expr>]) -> Vec<String> {
        let known: Option<Vec<u64>> = weights.iter().map(|weight| self.weight(*weight)).collect();
        let total: u64 = known.iter().flatten().sum();
        match known.filter(|_| total > 0) {
            Some(known) => known.iter().map(|weight| percent(*weight, total)).collect(),
            None => weights.iter().map(|weight| weight.map_or_else(|| "1".to_owned(), |weight| self.written(weight.span))).collect(),
        }
    }

    /// The name of what a member of tasks runs.
    pub(super) fn target_name(target: &TaskTarget) -> Option<&str> {
        if let TaskTarget::Run(name, _) = target { Some(&name.node) } else { None }
    }
}

fn percent(part: u64, whole: u64) -> String {
    let tenths = (u128::from(part) * 1_000 + u128::from(whole) / 2) / u128::from(whole);
    if tenths % 10 == 0 { format!("{} %", tenths / 10) } else { format!("{}.{} %", tenths / 10, tenths % 10) }
}
