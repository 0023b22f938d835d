//! `finally`: statements that run however the statements before them end.

use crate::ast;
use crate::check::Checker;
use crate::check::flow::assignment::Assigned;
use crate::check::scope::{FuncKind, VarKind};
use crate::diagnostic::Code;
use crate::model::{Block, LocalId, StmtKind, Type};
use crate::span::Span;

impl<'a> Checker<'a> {
    /// Checks a `finally`, and moves the statements `before` it into the result.
    pub(super) fn finally(&mut self, always: &'a ast::Block, span: Span, before: &mut Block) -> Option<StmtKind> {
        let here = matches!(self.func.kind, FuncKind::Sequence | FuncKind::BeforeTest) && self.func.depth == 0 && !self.func.finally;
        if !here {
            let help = "move it to the end of a sequence, or of `before test`";
            self.error(Code::NotHere, span, "unexpected `finally`, expected at the end of a sequence or of `before test`", help);
        }
        // Which of the statements before it ran is known only while the test runs. A name without a value is null.
        let known = self.func.state.clone();
        self.func.state.live = true;
        // A sequence has one `finally`. The others are errors, and marking all variables for each of thousands would be quadratic.
        let is_first = !std::mem::replace(&mut self.func.has_finally, true);
        let count = if is_first { self.func.vars.len() } else { 0 };
        for id in (0..count).map(LocalId) {
            if matches!(self.func.vars[id.0].kind, VarKind::Let | VarKind::Take) {
                self.func.state.set(id, Assigned::Set, Type::Json);
            }
        }
        let around = std::mem::replace(&mut self.func.finally, true);
        let always = self.block(always);
        self.func.finally = around;
        self.func.state = known;
        (here && is_first).then(|| StmtKind::Finally { body: std::mem::take(before), always })
    }
}
