//! Expressions that call the functions of the language, and operators on all kinds of values.

use ltc::check::functions::FUNCTIONS;

use super::writer::{Ty, Writer};

impl Writer {
    /// An expression with a function or an operator that [`Writer::expr`] does not write; `None` if there is none of the type.
    pub(super) fn call(&mut self, ty: Ty, d: usize) -> Option<String> {
        Some(match ty {
            Ty::Str => self.call_str(d),
            Ty::Int => self.call_int(d),
            Ty::Float => match self.draw.below(6) {
                0 => format!("random(0.5, {}.0)", 1 + self.draw.below(9)),
                1 => format!("float({})", self.expr(Ty::Str, d)),
                2 => format!("min({}, {})", self.expr(Ty::Float, d), self.expr(Ty::Float, d)),
                3 => format!("max([{}, 0.5])", self.expr(Ty::Float, d)),
                4 => format!("sum([0.5, {}])", self.expr(Ty::Float, d)),
                _ => format!("-{}", self.leaf(Ty::Float)),
            },
            Ty::Bool => self.call_bool(d),
            Ty::Dur => match self.draw.below(6) {
                0 => format!("random(0s, {}ms)", 1 + self.draw.below(9)),
                1 => format!("min({}, {})", self.expr(Ty::Dur, d), self.expr(Ty::Dur, d)),
                2 => format!("({} * {})", self.expr(Ty::Dur, d), self.expr(Ty::Float, d)),
                3 => format!("({} / {})", self.expr(Ty::Dur, d), 1 + self.draw.below(9)),
                4 => format!("max([{}, 1s])", self.expr(Ty::Dur, d)),
                _ => format!("abs({})", self.expr(Ty::Dur, d)),
            },
            Ty::Time => match self.draw.below(3) {
                0 => format!("parse_time({}, \"%d.%m.%Y\")", self.expr(Ty::Str, d)),
                1 => format!("max({}, {})", self.expr(Ty::Time, d), self.expr(Ty::Time, d)),
                _ => format!("first([{}])", self.expr(Ty::Time, d)),
            },
            Ty::Bytes => match self.draw.below(5) {
                0 => format!("hex_decode({})", self.expr(Ty::Str, d)),
                1 => format!("hmac_sha1({}, {})", self.expr(Ty::Bytes, d), self.expr(Ty::Bytes, d)),
                2 => "bytes(file(\"data/cat.png\"))".to_owned(),
                3 => format!("concat({})", self.expr(Ty::Str, d)),
                _ => format!("md5(data: {})", self.expr(Ty::Bytes, d)),
            },
            Ty::Strs => match self.draw.below(6) {
                0 => {
                    format!("{}[{}..{}]", self.list(d), self.draw.one_of(&["0", "-2", "env.gen.int"]), self.draw.one_of(&["0", "-1", "9"]))
                }
                1 => format!("[{}]", self.expr(Ty::Str, d)),
                2 => format!("sort([{}, {}])", self.expr(Ty::Str, d), self.expr(Ty::Str, d)),
                3 => format!("keys({})", self.map(d)),
                4 => format!("without(x: {}, y: {})", self.list(d), self.expr(Ty::Str, d)),
                _ => format!("(if {} then {} else [])", self.expr(Ty::Bool, d), self.list(d)),
            },
            Ty::Obj => match self.draw.below(4) {
                0 => format!("merge({})", self.expr(Ty::Obj, d)),
                1 => format!("without({}, [\"a\", {}])", self.expr(Ty::Obj, d), self.expr(Ty::Str, d)),
                2 => format!("one_of([{{ a: {} }}, {{ a: 1 }}])", self.expr(Ty::Int, d)),
                _ => format!("{{ \"a b\": {{ c: {} }}, d: [{}] }}", self.expr(Ty::Any, d), self.expr(Ty::Obj, d)),
            },
            Ty::Any => self.call_any(d),
            Ty::Form => return None,
        })
    }

    fn list(&mut self, d: usize) -> String {
        let list = self.expr(Ty::Strs, d);
        if list.starts_with("(if") || list.contains(' ') { format!("({list})") } else { list }
    }

    fn call_str(&mut self, d: usize) -> String {
        match self.draw.below(14) {
            0 => {
                let fakes: Vec<&str> = FUNCTIONS.iter().map(|function| function.name).filter(|name| name.starts_with("fake.")).collect();
                format!("{}()", self.draw.one_of(&fakes))
            }
            1 => format!("first({})", self.expr(Ty::Str, d)),
            2 => format!("last({})", self.expr(Ty::Strs, d)),
            3 => format!("urlencode({})", self.expr(Ty::Any, d)),
            4 => format!("text({})", self.expr(Ty::Bytes, d)),
            5 => format!("({})[{}]", self.expr(Ty::Str, d), self.draw.one_of(&["0", "-1", "0..2", "-3..-1", "1..env.gen.int"])),
            6 => format!("({})[{}]", self.expr(Ty::Strs, d), self.draw.one_of(&["0", "-1", "env.gen.int - 1"])),
            7 => format!("random_string({})", self.draw.one_of(&["9", "env.gen.int", "random(1, 3)"])),
            8 => format!("min({}, {})", self.expr(Ty::Str, d), self.expr(Ty::Str, d)),
            9 => format!("format_time({}, \"%H:%M:%S %j %%\")", self.expr(Ty::Time, d)),
            10 => format!("jwt(\"{}\", {}, {})", self.draw.one_of(&["HS384", "HS512"]), self.expr(Ty::Bytes, d), self.expr(Ty::Obj, d)),
            11 => "totp(\"GEZDGNBVGY3TQOJQ\")".to_owned(),
            12 => format!("to_json({})", self.expr(Ty::Any, d)),
            _ => format!("weighted(env.gen.weight: {}, 1: {}, 0: \"c\")", self.expr(Ty::Str, d), self.expr(Ty::Str, d)),
        }
    }

    fn call_int(&mut self, d: usize) -> String {
        match self.draw.below(10) {
            0 => format!("random(1, env.gen.int * {})", 1 + self.draw.below(9)),
            1 => format!("sum([{}, {}])", self.expr(Ty::Int, d), self.expr(Ty::Int, d)),
            2 => format!("len({})", self.expr(Ty::Obj, d)),
            3 => format!("len({})", self.expr(Ty::Bytes, d)),
            4 => "len(file(\"data/cat.png\"))".to_owned(),
            5 => format!("int({})", self.expr(Ty::Bool, d)),
            6 => format!("int({})", self.expr(Ty::Float, d)),
            7 => format!("one_of([1, {}])", self.expr(Ty::Int, d)),
            8 => format!("abs({})", self.expr(Ty::Int, d)),
            _ => format!("max([{}, 3])", self.expr(Ty::Int, d)),
        }
    }

    fn call_bool(&mut self, d: usize) -> String {
        let (order, equal) = (self.draw.one_of(&["<", "<=", ">", ">="]), self.draw.one_of(&["==", "!="]));
        match self.draw.below(13) {
            0 => format!("starts_with({}, {})", self.expr(Ty::Str, d), self.expr(Ty::Str, d)),
            1 => format!("ends_with(s: {}, part: {})", self.expr(Ty::Str, d), self.expr(Ty::Str, d)),
            2 => format!("({} {equal} {})", self.expr(Ty::Strs, d), self.expr(Ty::Strs, d)),
            3 => format!("({} {equal} {})", self.expr(Ty::Obj, d), self.expr(Ty::Obj, d)),
            4 => format!("({} {equal} {})", self.expr(Ty::Any, d), self.expr(Ty::Int, d)),
            5 => format!("({} {order} {})", self.expr(Ty::Time, d), self.expr(Ty::Time, d)),
            6 => format!("({} {order} {})", self.expr(Ty::Float, d), self.expr(Ty::Int, d)),
            7 => format!("({} {equal} {})", self.expr(Ty::Bytes, d), self.expr(Ty::Bytes, d)),
            8 => format!("contains({}, {})", self.expr(Ty::Strs, d), self.expr(Ty::Str, d)),
            9 => format!("contains({}, \"a\")", self.expr(Ty::Obj, d)),
            10 => format!("(\"a\" in {})", self.expr(Ty::Obj, d)),
            11 => format!("({} in {})", self.expr(Ty::Any, d), self.expr(Ty::Any, d)),
            _ => format!("(not {} {equal} {})", self.expr(Ty::Bool, d), self.expr(Ty::Bool, d)),
        }
    }

    fn call_any(&mut self, d: usize) -> String {
        match self.draw.below(8) {
            0 => "env.gen.list[2].three".to_owned(),
            1 => format!("env.gen.list[{}]", self.expr(Ty::Int, 0)),
            2 => format!("from_json({})", self.expr(Ty::Bytes, d)),
            3 => format!("({} + {})", self.expr(Ty::Any, d), self.expr(Ty::Any, d)),
            4 => format!("{}[{}]", self.variable_or(Ty::Any, "from_json(\"{{}}\")"), self.expr(Ty::Str, d)),
            5 => format!("{}[{}]", self.variable_or(Ty::Any, "from_json(\"[1]\")"), self.expr(Ty::Int, 0)),
            6 => format!("(if {} then {} else null)", self.expr(Ty::Bool, d), self.expr(Ty::Any, d)),
            _ => format!("max({}, {})", self.expr(Ty::Any, d), self.expr(Ty::Any, d)),
        }
    }
}
