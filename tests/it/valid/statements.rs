//! Statements of sequences and other blocks.

use super::writer::{Func, Ty, Variable, Writer};

impl Writer {
    /// A block in braces. Its variables end with it.
    fn block(&mut self, depth: usize) {
        self.block_that(depth, false);
    }

    fn block_that(&mut self, depth: usize, again: bool) {
        self.line("{");
        let mark = self.func.variables.len();
        self.stmts(depth);
        self.ending(depth);
        self.end_block(mark, again);
        self.line("}");
    }

    /// Ends the variables behind a mark. With `again`, their names may be declared again: the block may not have run.
    fn end_block(&mut self, mark: usize, again: bool) {
        let ended = self.func.variables.split_off(mark);
        if again && self.func.parallel == 0 {
            self.func.ended.extend(ended.into_iter().map(|variable| variable.name));
        }
    }

    pub(super) fn stmts(&mut self, depth: usize) {
        let count = match self.draw.below(30) {
            0 => 26 + self.draw.below(20),
            1..=3 => 0,
            _ => 1 + self.draw.below(4),
        };
        let small = count > 20;
        for _ in 0..count {
            if !small && self.budget == 0 {
                break;
            }
            self.budget = self.budget.saturating_sub(1);
            self.stmt(if small { 0 } else { depth });
        }
    }

    /// A statement that ends a block.
    fn ending(&mut self, depth: usize) {
        if !self.draw.chance(20) || depth > 3 {
            return;
        }
        match self.draw.below(4) {
            0 if self.func.loops > 0 => self.line("break"),
            1 if self.func.may_leave && self.func.parallel == 0 && !self.func.in_finally => self.line("leave"),
            2 if self.func.may_stop && self.func.parallel == 0 => self.line("stop user"),
            _ => {
                let why = self.expr(Ty::Str, 1);
                self.line(&format!("fail {why}"));
            }
        }
    }

    fn stmt(&mut self, depth: usize) {
        if depth == 0 || self.draw.chance(55) {
            return self.simple();
        }
        let d = depth - 1;
        match self.draw.below(11) {
            0 | 1 => {
                let condition = self.expr(Ty::Bool, 2);
                self.out += &format!("if {condition} ");
                if self.draw.chance(40) {
                    return self.block_that(d, true);
                }
                self.block(d);
                while self.draw.chance(30) {
                    self.out.truncate(self.out.trim_end().len());
                    let condition = self.expr(Ty::Bool, 2);
                    self.out += &format!(" else if {condition} ");
                    self.block(d);
                }
                if self.draw.chance(40) {
                    self.out.truncate(self.out.trim_end().len());
                    self.out += " else ";
                    self.block(d);
                }
            }
            2 => {
                let times = *self.draw.one_of(&[&"0", &"2", &"env.gen.int", &"random(1, 3)"]);
                self.round(&format!("repeat {times} "), d);
            }
            3 => self.for_loop(d),
            4 => self.for_parallel(d),
            5 => self.parallel(d),
            6 => {
                let name = self.draw.one_of(&["Checkout", "a / b", "\\\"é\\\"", "{{}}"]);
                self.out += &format!("group \"{name}\" ");
                self.block(d);
            }
            7 => {
                let times = self.draw.one_of(&["1", "2", "env.gen.int"]);
                let every = self.draw.one_of(&["", " every 1ms", " every env.gen.pause"]);
                let on = self.draw.one_of(&["", " on 502 | 5xx", " on 100"]);
                self.round(&format!("retry {times} times{every}{on} "), d);
            }
            8 => {
                let until = self.expr(Ty::Bool, 2);
                let times = self.draw.one_of(&["1", "20", "env.gen.int"]);
                self.round(&format!("poll every 1ms up to {times} times until {until} "), d);
            }
            _ => self.simple(),
        }
    }

    /// A loop and its body.
    fn round(&mut self, head: &str, depth: usize) {
        self.out += head;
        self.func.loops += 1;
        self.block(depth);
        self.func.loops -= 1;
    }

    fn for_loop(&mut self, depth: usize) {
        let (over, ty) = self.iterated();
        let name = self.local_name();
        let mark = self.func.variables.len();
        ty.into_iter().for_each(|ty| self.declare(name.clone(), ty, false));
        self.round(&format!("for {name} in {over} "), depth);
        self.end_block(mark, true);
    }

    /// What a `for` iterates over, and the type of its items, if it is one that the generator knows.
    fn iterated(&mut self) -> (String, Option<Ty>) {
        match self.draw.below(7) {
            4 if !self.data.is_empty() => {
                let at = self.draw.below(self.data.len());
                (format!("{}.all", self.data[at]), None)
            }
            5 => (self.expr(Ty::Any, 1), Some(Ty::Any)),
            0 => (format!("1..{}", self.draw.one_of(&["1", "3", "env.gen.int"])), Some(Ty::Int)),
            1 => (format!("[{}, {}]", self.expr(Ty::Int, 1), self.expr(Ty::Int, 1)), Some(Ty::Int)),
            _ => (self.expr(Ty::Strs, 2), Some(Ty::Str)),
        }
    }

    fn for_parallel(&mut self, depth: usize) {
        let (over, ty) = self.iterated();
        let width = *self.draw.one_of(&[&"1", &"3", &"env.gen.int"]);
        self.in_parallel(|writer| {
            let name = writer.local_name();
            ty.into_iter().for_each(|ty| writer.declare(name.clone(), ty, false));
            writer.out += &format!("for {name} in {over} parallel {width} ");
            writer.block(depth);
        });
    }

    fn parallel(&mut self, depth: usize) {
        self.line("parallel {");
        let mut taken: Vec<Variable> = Vec::new();
        for _ in 0..=self.draw.below(3) {
            let mark = self.func.variables.len();
            self.in_parallel(|writer| {
                match writer.draw.below(4) {
                    0 => writer.step(),
                    1 => writer.run(),
                    2 if depth > 0 => writer.stmt_that_branches(depth - 1),
                    _ => writer.step(),
                }
                taken.extend(writer.func.variables.drain(mark..));
            });
        }
        self.line("}");
        // What the branches take has a value behind all of them.
        self.func.variables.extend(taken);
    }

    fn stmt_that_branches(&mut self, depth: usize) {
        let mark = self.func.variables.len();
        match self.draw.below(4) {
            0 => {
                self.out += "group \"Branch\" ";
                self.block(depth);
            }
            1 => self.round("repeat 2 ", depth),
            2 => self.for_loop(depth),
            _ => self.for_parallel(depth),
        }
        self.func.variables.truncate(mark);
    }

    fn in_parallel(&mut self, write: impl FnOnce(&mut Self)) {
        let mark = self.func.variables.len();
        let (floor, loops) = (std::mem::replace(&mut self.func.floor, mark), std::mem::take(&mut self.func.loops));
        self.func.parallel += 1;
        write(self);
        self.func.parallel -= 1;
        self.func.floor = floor;
        self.func.loops = loops;
        // Each pass of a loop has its own, but another branch may have them.
        self.end_block(mark, false);
    }

    /// Runs a sequence or tasks.
    fn run(&mut self) {
        let callees: Vec<_> = self.sequences.iter().chain(&self.tasks).cloned().collect();
        if callees.is_empty() {
            return self.step();
        }
        let callee = &callees[self.draw.below(callees.len())];
        let args = self.args(callee);
        let args = if args.is_empty() && self.draw.chance(50) { String::new() } else { format!("({args})") };
        if callee.gives.is_empty() || self.draw.chance(30) {
            return self.line(&format!("run {}{args}", callee.name));
        }
        let names: Vec<String> = callee.gives.iter().map(|_| self.local_name()).collect();
        self.line(&format!("take {} = run {}{args}", names.join(", "), callee.name));
        for (name, ty) in names.into_iter().zip(&callee.gives) {
            self.declare(name, *ty, true);
        }
    }

    fn simple(&mut self) {
        match self.draw.below(16) {
            0..=4 => self.step(),
            5..=7 => {
                let (name, ty) = (self.local_name(), self.any_ty());
                let value = self.expr(ty, 3);
                let declared = if self.draw.chance(20) { format!(": {}", ty.word()) } else { ty.any().to_owned() };
                self.line(&format!("let {name}{declared} = {value}"));
                self.declare(name, ty, true);
            }
            8 | 9 => {
                let own = self.func.variables[self.func.floor.min(self.func.variables.len())..].iter();
                let settable: Vec<Variable> = own.filter(|variable| variable.settable).chain(&self.keeps).cloned().collect();
                let at = self.draw.below(settable.len());
                if let Some(variable) = settable.get(at).filter(|variable| variable.ty != Ty::Form) {
                    let value = self.expr(variable.ty, 3);
                    self.line(&format!("set {} = {value}", variable.name));
                }
            }
            10 => {
                let text = self.holes(3);
                self.line(&format!("log {text}"));
            }
            11 => {
                let wait = self.draw.one_of(&["wait 1ms", "wait 1ms..env.gen.pause", "wait random(1ms, 2ms)", "wait 0s..0s"]);
                self.line(wait);
            }
            12 => {
                let at = self.draw.below(self.apis.len());
                let (name, auth) = (self.apis[at].name.clone(), self.apart(super::writer::Reads::Nothing, Self::plain_auth));
                self.line(&format!("set {name}.auth = {auth}"));
            }
            13 => {
                let at = self.draw.below(self.apis.len());
                let name = self.apis[at].name.clone();
                self.line(&format!("reset {name}"));
            }
            14 if !self.data.is_empty() && self.func.may_stop => {
                let at = self.draw.below(self.data.len());
                let (data, name) = (self.data[at].clone(), self.local_name());
                self.line(&format!("let {name} = next({data})"));
                self.line(&format!("log \"{{{name}.type}} {{{name}[\\\"odd name\\\"]}} {{len({data}.all)}}\"").replace("\\\"", "\""));
                self.func.ended.clear();
            }
            _ => self.run(),
        }
    }

    fn plain_auth(&mut self) -> String {
        match self.draw.below(4) {
            0 => "none".to_owned(),
            1 => format!("basic({}, \"x\")", self.one_line()),
            2 => format!("header(\"X-Key\", {})", self.one_line()),
            _ => format!("bearer({})", self.one_line()),
        }
    }

    /// Begins a function, which may `leave` or stop its user.
    pub(super) fn begin(&mut self, may_leave: bool, may_stop: bool, interrupts: bool) {
        self.func = Func { may_leave, may_stop, interrupts, ..Func::default() };
        self.has_user = true;
    }
}
