//! Whole specs: a file with its declarations, a file that it imports, and their configuration and data.

use std::collections::HashSet;

use super::writer::{Api, Callee, Func, Reads, Ty, Variable, Writer};

/// A spec, and the spec that it imports.
pub(super) struct Program {
    pub(super) main: String,
    pub(super) imported: Option<String>,
}

/// The environment of all generated specs.
pub(super) const ENVIRONMENT: &str = "shop: { url: 'http://127.0.0.1:9' }
gen:
  url: 'http://127.0.0.1:9/v1'
  type: \"a text: 'é' \\\\ {x}\"
  match: { self: ok }
  int: 2
  flag: false
  pause: 2ms
  list: [1, two, {three: 3}]
  weight: 3
";

/// The rows of all generated specs. The columns have names that are words of Rust, or no names at all.
pub(super) const ROWS: &str = "id,type,odd name,self,é,\"quo\"\"te\"\n1,a,x y,0.5,true,\"a,b\"\n2,b,\"line\nbreak\",1.5,false,\"\\{}\"\n";

/// The same as JSON, with nested values.
pub(super) const JSON_ROWS: &str = r#"[
  {"id": 1, "type": "a", "odd name": "x", "deep": {"list": [1, 2.50, null]}},
  {"id": 18446744073709551615, "type": null, "odd name": ["y"]}
]"#;

impl Program {
    /// The spec of a seed.
    pub(super) fn new(seed: u64) -> Self {
        let mut writer = Writer::new(seed);
        let imported = writer.draw.chance(30).then(|| {
            writer.file(false);
            std::mem::take(&mut writer.out)
        });
        if imported.is_some() {
            writer.line("import \"common.lt\"");
        }
        writer.file(true);
        Self { main: writer.out, imported }
    }
}

impl Writer {
    /// The declarations of a file. Only the spec itself has users.
    fn file(&mut self, is_main: bool) {
        for _ in 0..=self.draw.below(2) {
            self.api();
        }
        for _ in 0..self.draw.below(3) {
            self.data();
        }
        for _ in 0..self.draw.below(4) {
            self.func = Func::default();
            self.has_user = false;
            let (name, ty) = (self.file_name(), self.any_ty());
            let value = self.expr(ty, 3);
            self.line(&format!("let {name}{} = {value}", ty.any()));
            self.globals.push(Variable { name, ty, settable: false });
        }
        for _ in 0..self.draw.below(4) {
            self.begin(false, false, false);
            self.shared.clear();
            let (name, ty) = (self.file_name(), self.any_ty());
            let secret = if self.draw.chance(20) { "secret " } else { "" };
            let value = self.expr(ty, 3);
            self.line(&format!("keep {secret}{name}{} = {value}", ty.any()));
            self.keeps.push(Variable { name, ty, settable: true });
        }
        if self.draw.chance(30) {
            self.before_test();
        }
        for _ in 0..=self.draw.below(4) {
            self.sequence();
        }
        for _ in 0..self.draw.below(3) {
            self.tasks();
        }
        if is_main {
            if self.draw.chance(25) {
                self.begin(false, false, true);
                self.out += "after test ";
                self.function_body(2);
            }
            let mut names = HashSet::new();
            for _ in 0..=self.draw.below(3) {
                self.user(&mut names);
            }
        }
    }

    fn api(&mut self) {
        self.func = Func::default();
        self.has_user = true;
        let name = self.file_name();
        self.line(&format!("api {name} {{"));
        let base = self.draw.one_of(&["env.shop.url", "env.shop.url", "\"{env.shop.url}/v1\"", "\"{env.shop.url}\""]);
        self.line(&format!("base {base}"));
        for option in ["keys camel", "cookies on", "resend off", "forward_headers on", "max_body 1KB"] {
            if self.draw.chance(20) {
                self.line(option);
            }
        }
        let health = match self.draw.below(3) {
            0 => "healthcheck GET /health { version = json.version }",
            1 => "healthcheck GET \"/x\" { version = header \"X-Version\"; timeout 1s; headers { x_a: \"b\" } }",
            _ => "healthcheck none",
        };
        self.line(health);
        // The health check cannot read what may be null.
        let keeps = std::mem::take(&mut self.keeps);
        let shared = std::mem::take(&mut self.shared);
        for option in self.options() {
            self.line(&option);
        }
        let mut taken = HashSet::new();
        let mut requests = Vec::new();
        for _ in 0..self.draw.below(4) {
            requests.push(self.request_def("", &mut taken));
        }
        for _ in 0..self.draw.below(2) {
            let resource = Self::new_name(&mut self.draw, &mut taken);
            self.line(&format!("resource {resource} {{"));
            self.func = Func::default();
            self.has_user = true;
            for option in self.options() {
                self.line(&option);
            }
            let mut within = HashSet::new();
            for _ in 0..=self.draw.below(2) {
                requests.push(self.request_def(&format!("{resource}."), &mut within));
            }
            self.line("}");
        }
        self.line("}");
        (self.keeps, self.shared) = (keeps, shared);
        self.apis.push(Api { name, requests });
    }

    fn data(&mut self) {
        let name = self.file_name();
        let mut options = Vec::new();
        for (option, words) in [("order", ["random", "sequential"]), ("share", ["all", "unique"]), ("at_end", ["stop_test", "stop_user"])] {
            if self.draw.chance(40) {
                options.push(format!("{option} {}", self.draw.one_of(&words)));
            }
        }
        if self.draw.chance(40) {
            options
                .push(format!("where {}", self.draw.one_of(&["id > 0", "type == \"a\" and id < 9", "type ~ /^[ab]$/", "not (id == 7)"])));
        }
        if self.draw.chance(30) {
            options.push("secret type, \"odd name\"".to_owned());
        }
        let options = if options.is_empty() { String::new() } else { format!(" {{ {} }}", options.join("; ")) };
        if self.draw.chance(25) {
            self.line(&format!("data {name} from \"data/rows.json\""));
        } else {
            self.line(&format!("data {name} from \"data/rows.csv\"{options}"));
        }
        if self.draw.chance(25) {
            let held = self.file_name();
            self.line(&format!("keep {held} = next({name})"));
        }
        self.data.push(name);
    }

    /// A block that is the body of a function.
    fn function_body(&mut self, depth: usize) {
        self.line("{");
        self.stmts(depth);
        self.line("}");
    }

    fn before_test(&mut self) {
        self.begin(false, false, true);
        self.shared.clear();
        let every = if self.draw.chance(30) { " every 20m" } else { "" };
        self.out += &format!("before test{every} ");
        self.names_are_shared = true;
        self.line("{");
        self.stmts(2);
        if every.is_empty() && self.draw.chance(30) {
            self.finally();
        }
        self.line("}");
        self.names_are_shared = false;
        // All names of the block are names of the file, but only those at its top surely have a value.
        self.file_names.extend(self.func.names.drain());
        self.shared = std::mem::take(&mut self.func.variables).into_iter().filter(|variable| variable.ty != Ty::Form).collect();
        self.shared.iter_mut().for_each(|variable| variable.settable = false);
    }

    fn finally(&mut self) {
        self.func.in_finally = true;
        self.out += "finally ";
        self.function_body(1);
        self.func.in_finally = false;
    }

    fn sequence(&mut self) {
        let interrupts = self.draw.chance(30);
        self.begin(true, true, interrupts);
        let name = self.run_name();
        let (written, params) = self.params();
        let interrupt = if self.func.interrupts { " interrupt" } else { "" };
        let count = [0, 0, 0, 1, 2, 5][self.draw.below(6)];
        let given: Vec<(String, Ty)> = (0..count).map(|_| (self.local_name(), self.any_ty())).collect();
        let names: Vec<&str> = given.iter().map(|(name, _)| name.as_str()).collect();
        let gives = if names.is_empty() { String::new() } else { format!(" gives {}", names.join(", ")) };
        let params_written = if written.is_empty() && self.draw.chance(50) { String::new() } else { format!("({written})") };
        self.line(&format!("sequence {name}{params_written}{interrupt}{gives} {{"));
        if self.draw.chance(20) {
            self.line("wait 1ms..2ms between steps");
        }
        for (name, ty) in &given {
            let value = self.expr(*ty, 2);
            self.line(&format!("let {name}{} = {value}", ty.any()));
            self.declare(name.clone(), *ty, true);
        }
        self.stmts(3);
        if self.draw.chance(20) {
            self.finally();
        }
        self.line("}");
        self.sequences.push(Callee { name, params, gives: given.into_iter().map(|(_, ty)| ty).collect() });
    }

    fn tasks(&mut self) {
        self.begin(false, true, false);
        let name = self.run_name();
        let (written, params) = self.params();
        let written = if written.is_empty() { String::new() } else { format!("({written})") };
        self.line(&format!("tasks {name}{written} {{"));
        let most = if self.draw.chance(10) { 60 } else { 4 };
        for _ in 0..=self.draw.below(most) {
            let weight = *self.draw.one_of(&[&"", &"1 ", &"70 ", &"env.gen.weight "]);
            if self.draw.chance(40) {
                self.out += weight;
                let mark = self.func.variables.len();
                self.step();
                self.func.variables.truncate(mark);
                continue;
            }
            let at = self.draw.below(self.sequences.len());
            let callee = self.sequences[at].clone();
            let args = self.apart(Reads::Nothing, |writer| writer.args(&callee));
            let args = if args.is_empty() { String::new() } else { format!("({args})") };
            self.line(&format!("{weight}{}{args}", callee.name));
        }
        self.line("}");
        self.tasks.push(Callee { name, params, gives: Vec::new() });
    }

    fn user(&mut self, names: &mut HashSet<String>) {
        let name = Self::new_name(&mut self.draw, names);
        let weight = self.draw.one_of(&["", " weight 9", " weight env.gen.weight"]);
        self.line(&format!("user {name}{weight} {{"));
        self.begin(false, false, false);
        let callees: Vec<Callee> = self.sequences.iter().chain(&self.tasks).cloned().collect();
        let callee = &callees[self.draw.below(callees.len())];
        let args = self.args(callee);
        let args = if args.is_empty() { String::new() } else { format!("({args})") };
        self.line(&format!("run {}{args}", callee.name));
        if self.draw.chance(60) {
            let wait = self.draw.one_of(&["wait 1ms", "wait 1ms..env.gen.pause", "wait pacing 5ms", "wait pacing env.gen.pause"]);
            self.line(wait);
        }
        for block in ["on start ", "on stop ", "every 20m ", "every env.gen.pause "] {
            if self.draw.chance(20) {
                self.begin(false, true, false);
                self.out += block;
                self.function_body(2);
            }
        }
        self.line("}");
    }
}
