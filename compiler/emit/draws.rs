//! Which user classes draw rows of which data: in their iterations, or to keep them. The rows of `unique` data are shared out by this.

use std::collections::BTreeSet;

use super::uses::{Callee, Uses};
use crate::model::{DataId, Program, Routine, TaskPick};

/// The user classes that draw rows of a data source, as indices into the program's users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Draws {
    /// Those that keep rows, in a `keep` or in `on start`.
    pub(super) kept_by: Vec<usize>,
    /// Those whose iterations, `every` blocks or `on stop` draw rows.
    pub(super) drawn_by: Vec<usize>,
}

impl Draws {
    /// The draws of each data source.
    pub(super) fn of(program: &Program) -> Vec<Self> {
        let mut draws = vec![Self::default(); program.data.len()];
        let mut keeps = Uses::default();
        program.keeps.iter().for_each(|keep| keeps.expr(&keep.value));
        for (number, user) in program.users.iter().enumerate() {
            let (mut starts, mut iterations) = (keeps.clone(), Uses::default());
            user.on_start.iter().for_each(|routine| starts.block(&routine.body));
            iterations.pick(&user.run);
            user.wait.iter().for_each(|wait| iterations.wait(wait));
            let routines = user.every.iter().map(|(_, routine)| routine).chain(&user.on_stop);
            routines.for_each(|Routine { body, .. }| iterations.block(body));
            for DataId(data) in rows(program, starts) {
                draws[data].kept_by.push(number);
            }
            for DataId(data) in rows(program, iterations) {
                draws[data].drawn_by.push(number);
            }
        }
        draws
    }
}

/// The data of which code draws rows, directly or in what it calls.
fn rows(program: &Program, mut uses: Uses) -> BTreeSet<DataId> {
    let mut known = BTreeSet::new();
    loop {
        let new: Vec<Callee> = uses.calls.difference(&known).copied().collect();
        if new.is_empty() {
            return uses.rows;
        }
        for callee in new {
            known.insert(callee);
            match callee {
                Callee::Request(id) => program.requests.get(id.0).into_iter().for_each(|request| uses.request(request)),
                Callee::Sequence(id) => program.sequences.get(id.0).into_iter().for_each(|sequence| uses.block(&sequence.body)),
                Callee::Tasks(id) => {
                    let members = program.tasks.get(id.0).map(|tasks| tasks.members.as_slice()).unwrap_or_default();
                    members.iter().for_each(|(_, member): &(_, TaskPick)| uses.pick(member));
                }
            }
        }
    }
}
