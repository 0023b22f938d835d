//! The state of the generator: what is declared, which variables have a value, and what may be written at the current location.

use std::collections::HashSet;

use super::draw::{Draw, NAMES};

/// The types that the generator tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ty {
    Str,
    Int,
    Float,
    Bool,
    Dur,
    Time,
    Bytes,
    Strs,
    Obj,
    /// A value whose type only a running test knows.
    Any,
    /// A form of a page, which only `submit` takes.
    Form,
}

impl Ty {
    pub(super) const ALL: [Self; 10] =
        [Self::Str, Self::Int, Self::Float, Self::Bool, Self::Dur, Self::Time, Self::Bytes, Self::Strs, Self::Obj, Self::Any];
    /// Those that a text can have.
    pub(super) const PLAIN: [Self; 4] = [Self::Str, Self::Int, Self::Float, Self::Bool];
    /// Those that JSON can have.
    pub(super) const JSON: [Self; 7] = [Self::Str, Self::Int, Self::Float, Self::Bool, Self::Strs, Self::Obj, Self::Any];

    /// What a declaration needs, so that the type stays unknown.
    pub(super) fn any(self) -> &'static str {
        if self == Self::Any { ": any" } else { "" }
    }

    /// The word that declares it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Str => "string",
            Self::Int => "int",
            Self::Float => "float",
            Self::Bool => "bool",
            Self::Dur => "duration",
            Self::Time => "time",
            Self::Bytes => "bytes",
            Self::Strs => "list",
            Self::Obj => "object",
            Self::Any | Self::Form => "any",
        }
    }
}

/// What an expression may read besides variables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Reads {
    #[default]
    Nothing,
    Response,
    /// The body that is sent, and cookies.
    Body,
}

/// A variable that has a value.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) ty: Ty,
    /// Whether `set` may change it.
    pub(super) settable: bool,
}

/// Something with parameters that can be called: a request, a sequence, tasks.
#[derive(Clone, Debug)]
pub(super) struct Callee {
    pub(super) name: String,
    /// With types, and whether each has a default.
    pub(super) params: Vec<(String, Ty, bool)>,
    pub(super) gives: Vec<Ty>,
}

/// An api and its requests.
#[derive(Clone, Debug)]
pub(super) struct Api {
    pub(super) name: String,
    pub(super) requests: Vec<Callee>,
}

/// The function whose body is written.
#[derive(Debug, Default)]
pub(super) struct Func {
    pub(super) variables: Vec<Variable>,
    /// All names that it has used.
    pub(super) names: HashSet<String>,
    /// Names of blocks that have ended: they may be declared again, where nothing runs in parallel.
    pub(super) ended: Vec<String>,
    /// Variables with a lower index belong to the code around the parallel body.
    pub(super) floor: usize,
    pub(super) parallel: usize,
    /// The loops around the statement, within the innermost parallel body.
    pub(super) loops: usize,
    pub(super) may_leave: bool,
    pub(super) may_stop: bool,
    pub(super) in_finally: bool,
    /// Whether every step interrupts.
    pub(super) interrupts: bool,
}

/// Writes one spec.
pub(super) struct Writer {
    pub(super) draw: Draw,
    pub(super) out: String,
    pub(super) reads: Reads,
    /// Whether `user.id` may be read.
    pub(super) has_user: bool,
    pub(super) func: Func,
    /// Names of apis, data, variables of the file and of `before test`.
    pub(super) file_names: HashSet<String>,
    pub(super) run_names: HashSet<String>,
    /// Variables of the file.
    pub(super) globals: Vec<Variable>,
    pub(super) shared: Vec<Variable>,
    pub(super) keeps: Vec<Variable>,
    pub(super) apis: Vec<Api>,
    pub(super) data: Vec<String>,
    pub(super) sequences: Vec<Callee>,
    pub(super) tasks: Vec<Callee>,
    /// The texts around the expression: there, a line cannot end.
    pub(super) within_text: usize,
    /// All names of local variables, so that no file name hides them.
    pub(super) local_names: HashSet<String>,
    /// Whether local variables are visible in all functions: those of `before test`.
    pub(super) names_are_shared: bool,
    /// Statements that may still be written, so that a spec stays small.
    pub(super) budget: usize,
}

impl Writer {
    pub(super) fn new(seed: u64) -> Self {
        let mut draw = Draw::new(seed);
        let budget = [8, 20, 40, 80][draw.below(4)];
        Self {
            draw,
            out: String::new(),
            reads: Reads::Nothing,
            has_user: false,
            func: Func::default(),
            file_names: HashSet::new(),
            run_names: HashSet::new(),
            globals: Vec::new(),
            shared: Vec::new(),
            keeps: Vec::new(),
            apis: Vec::new(),
            data: Vec::new(),
            sequences: Vec::new(),
            tasks: Vec::new(),
            within_text: 0,
            local_names: HashSet::new(),
            names_are_shared: false,
            budget,
        }
    }

    pub(super) fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// What `write` adds, apart from the rest.
    pub(super) fn apart<T>(&mut self, reads: Reads, write: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.reads, reads);
        let done = write(self);
        self.reads = before;
        done
    }

    /// The variables that an expression may read here. An inner one hides an outer one.
    fn visible(&self) -> Vec<&Variable> {
        let own = self.func.variables.iter();
        let file = self.globals.iter().chain(if self.has_user { self.shared.iter().chain(&self.keeps) } else { [].iter().chain(&[]) });
        own.chain(file.filter(|variable| !self.func.names.contains(&variable.name))).collect()
    }

    /// A variable of a type.
    pub(super) fn variable(&mut self, ty: Ty) -> Option<String> {
        let fitting: Vec<String> =
            self.visible().into_iter().filter(|variable| variable.ty == ty).map(|variable| variable.name.clone()).collect();
        let at = self.draw.below(fitting.len());
        fitting.into_iter().nth(at)
    }

    /// Any variable that JSON can hold.
    pub(super) fn any_variable(&mut self) -> Option<(String, Ty)> {
        let fitting: Vec<(String, Ty)> = self
            .visible()
            .into_iter()
            .filter(|variable| Ty::JSON.contains(&variable.ty))
            .map(|variable| (variable.name.clone(), variable.ty))
            .collect();
        let at = self.draw.below(fitting.len());
        fitting.into_iter().nth(at)
    }

    /// A name that is declared nowhere in a set, and adds it.
    pub(super) fn new_name(draw: &mut Draw, taken: &mut HashSet<String>) -> String {
        let mut name = (*draw.one_of(NAMES)).to_owned();
        while !taken.insert(name.clone()) {
            name = match draw.below(3) {
                0 => format!("{name}{}", draw.below(10)),
                1 => format!("_{name}"),
                _ => (*draw.one_of(NAMES)).to_owned(),
            };
        }
        name
    }

    /// A name for an api, data or a variable of the file.
    pub(super) fn file_name(&mut self) -> String {
        loop {
            let name = Self::new_name(&mut self.draw, &mut self.file_names);
            if !self.local_names.contains(&name) {
                return name;
            }
        }
    }

    /// A name for a sequence or tasks.
    pub(super) fn run_name(&mut self) -> String {
        Self::new_name(&mut self.draw, &mut self.run_names)
    }

    /// A name for a local variable.
    pub(super) fn local_name(&mut self) -> String {
        if self.func.parallel == 0 && self.draw.chance(40) {
            let at = self.draw.below(self.func.ended.len());
            if at < self.func.ended.len() {
                return self.func.ended.swap_remove(at);
            }
        }
        loop {
            let name = Self::new_name(&mut self.draw, &mut self.func.names);
            let is_taken = self.names_are_shared && self.local_names.contains(&name);
            if !self.file_names.contains(&name) && !is_taken {
                self.local_names.insert(name.clone());
                return name;
            }
        }
    }

    /// Declares a local variable, which has a value from here on.
    pub(super) fn declare(&mut self, name: String, ty: Ty, settable: bool) {
        self.func.variables.push(Variable { name, ty, settable });
    }

    pub(super) fn any_ty(&mut self) -> Ty {
        Ty::ALL[self.draw.below(Ty::ALL.len())]
    }

    /// Parameters, as a declaration has them, and what they are.
    pub(super) fn params(&mut self) -> (String, Vec<(String, Ty, bool)>) {
        let mut params = Vec::new();
        let mut written = Vec::new();
        let mut has_default = false;
        for _ in 0..[0, 0, 1, 2, 3, 9][self.draw.below(6)] {
            let (name, ty) = (self.local_name(), self.any_ty());
            has_default |= self.draw.chance(25);
            let declared = if ty == Ty::Any && self.draw.chance(50) { String::new() } else { format!(": {}", ty.word()) };
            let default = if has_default { format!(" = {}", self.constant(ty)) } else { String::new() };
            written.push(format!("{name}{declared}{default}"));
            params.push((name, ty, has_default));
        }
        for (name, ty, _) in &params {
            self.declare(name.clone(), *ty, false);
        }
        (written.join(", "), params)
    }

    /// A value that needs no variable.
    fn constant(&mut self, ty: Ty) -> String {
        match ty {
            Ty::Str => self.texts(),
            Ty::Int => "7".to_owned(),
            Ty::Float => "0.5".to_owned(),
            Ty::Bool => "true".to_owned(),
            Ty::Dur => "1s".to_owned(),
            Ty::Time => "now()".to_owned(),
            Ty::Bytes => "sha1(\"\")".to_owned(),
            Ty::Strs => "[\"a\"]".to_owned(),
            Ty::Obj => "{ a: 1 }".to_owned(),
            Ty::Any | Ty::Form => self.draw.one_of(&["null", "absent"]).to_owned(),
        }
    }

    /// Arguments of a call: by position, then by name.
    pub(super) fn args(&mut self, callee: &Callee) -> String {
        let mut args = Vec::new();
        let mut by_name = false;
        for (name, ty, has_default) in &callee.params {
            if *has_default && self.draw.chance(40) {
                by_name = true;
                continue;
            }
            by_name |= self.draw.chance(20);
            let value = self.expr(*ty, 2);
            args.push(if by_name { format!("{name}: {value}") } else { value });
        }
        args.join(", ")
    }
}
