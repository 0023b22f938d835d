//! Expressions of a wanted type.

use super::draw::{JSON_PATHS, NAMES, REGEXES, SELECTORS, TEXTS, WORDS};
use super::writer::{Reads, Ty, Writer};

const DURATIONS: &[&str] = &["1ms", "250ms", "1.5s", "1h20m", "2d", "0.001s", "36500d", "59s", "1000000ms"];
const INTS: &[&str] = &["0", "1", "2", "7", "42", "1_000_000", "9223372036854775807", "(-1)", "(-9223372036854775807)"];
const FLOATS: &[&str] = &["0.5", "1.10", "0.0", "123456789.123456789", "1000000000000000000000.0", "(-2.5)", "0.1234567890123456789"];
/// Numbers that keep their digits; no calculation takes them.
const EXACT: &[&str] = &["18446744073709551615", "(-9223372036854775808)", "123456789012345678901234567890", "1.10"];

impl Writer {
    /// An expression that may stand anywhere.
    pub(super) fn expr(&mut self, ty: Ty, depth: usize) -> String {
        if depth == 0 || self.draw.chance(25) {
            return self.leaf(ty);
        }
        if self.draw.chance(8) {
            let (condition, yes, no) = (self.expr(Ty::Bool, depth - 1), self.expr(ty, depth - 1), self.expr(ty, depth - 1));
            return format!("(if {condition} then {yes} else {no})");
        }
        let d = depth - 1;
        if self.draw.chance(35)
            && let Some(call) = self.call(ty, d)
        {
            return call;
        }
        match ty {
            Ty::Str => self.string(d),
            Ty::Int => self.int(d),
            Ty::Float => match self.draw.below(4) {
                0 => format!("({} {} {})", self.expr(Ty::Float, d), self.operator(), self.expr(Ty::Int, d)),
                1 => format!("({} / 3)", self.expr(Ty::Int, d)),
                2 => format!("float({})", self.expr(Ty::Int, d)),
                _ => format!("abs({})", self.expr(Ty::Float, d)),
            },
            Ty::Bool => self.bool(d),
            Ty::Dur => match self.draw.below(4) {
                0 => format!("({} + {})", self.expr(Ty::Dur, d), self.expr(Ty::Dur, d)),
                1 => format!("({} * {})", self.expr(Ty::Dur, d), self.expr(Ty::Int, d)),
                2 => "random(1ms, 5ms)".to_owned(),
                _ => format!("({} - now())", self.expr(Ty::Time, d)),
            },
            Ty::Time => format!("({} {} {})", self.expr(Ty::Time, d), self.draw.one_of(&["+", "-"]), self.expr(Ty::Dur, d)),
            Ty::Bytes => match self.draw.below(5) {
                0 => format!("{}({})", self.draw.one_of(&["md5", "sha1", "sha256", "sha512", "bytes"]), self.expr(Ty::Str, d)),
                1 => format!("hmac_sha256({}, {})", self.expr(Ty::Str, d), self.expr(Ty::Bytes, d)),
                2 => format!("concat({}, {})", self.expr(Ty::Str, d), self.expr(Ty::Bytes, d)),
                3 => format!("base64_decode({})", self.expr(Ty::Str, d)),
                _ => {
                    format!("hmac_{}(data: {}, key: {})", self.draw.one_of(&["sha1", "sha512"]), self.expr(Ty::Str, d), self.leaf(Ty::Str))
                }
            },
            Ty::Strs => match self.draw.below(6) {
                0 => format!("split({}, \",\")", self.expr(Ty::Str, d)),
                1 => format!("keys({})", self.expr(Ty::Obj, d)),
                2 => format!("({} + {})", self.expr(Ty::Strs, d), self.expr(Ty::Strs, d)),
                3 => format!("{}({})", self.draw.one_of(&["sort", "unique", "reverse"]), self.expr(Ty::Strs, d)),
                4 => format!("sample({}, {})", self.expr(Ty::Strs, d), self.draw.below(3)),
                _ => format!("without({}, {})", self.expr(Ty::Strs, d), self.expr(Ty::Str, d)),
            },
            Ty::Obj => match self.draw.below(4) {
                0 => format!("merge({}, {})", self.expr(Ty::Obj, d), self.expr(Ty::Obj, d)),
                1 => format!("camel({})", self.expr(Ty::Obj, d)),
                2 => format!("without({}, \"type\")", self.expr(Ty::Obj, d)),
                _ => self.map(d),
            },
            Ty::Any => self.any(d),
            Ty::Form => self.leaf(ty),
        }
    }

    fn operator(&mut self) -> &'static str {
        self.draw.one_of(&["+", "-", "*"])
    }

    fn string(&mut self, d: usize) -> String {
        match self.draw.below(14) {
            0 => format!("({} + {})", self.expr(Ty::Str, d), self.expr(Ty::Str, d)),
            1 => format!("{}({})", self.draw.one_of(&["upper", "lower", "trim", "urldecode"]), self.expr(Ty::Str, d)),
            2 => format!("replace({}, \"a\", {})", self.expr(Ty::Str, d), self.expr(Ty::Str, d)),
            3 => format!("join({}, {})", self.expr(Ty::Strs, d), self.expr(Ty::Str, d)),
            4 => format!("join({})", self.expr(Ty::Strs, d)),
            5 => format!("{}({})", self.draw.one_of(&["hex", "base64", "base64url"]), self.expr(Ty::Bytes, d)),
            6 => format!("format_time({}, \"%Y-%m-%d\")", self.expr(Ty::Time, d)),
            7 => format!("to_json({})", self.expr(Ty::Obj, d)),
            8 => format!("string({})", self.expr(Ty::Any, d)),
            9 => format!("jwt(\"HS256\", {}, {}, header: {})", self.expr(Ty::Str, d), self.expr(Ty::Obj, d), self.expr(Ty::Obj, d)),
            10 => format!("weighted(70: {}, {}: {})", self.expr(Ty::Str, d), self.draw.one_of(&["30", "0.5"]), self.expr(Ty::Str, d)),
            11 => format!("one_of([{}, {}])", self.expr(Ty::Str, d), self.expr(Ty::Str, d)),
            12 => format!("random_string({}, alphabet: \"ab\")", self.draw.below(9)),
            _ => self.holes(d),
        }
    }

    /// A text with holes.
    pub(super) fn holes(&mut self, d: usize) -> String {
        let (open, close) = if self.within_text == 0 && self.draw.chance(15) { ("\"\"\"\n  ", "\n  \"\"\"") } else { ("\"", "\"") };
        let mut text = open.to_owned();
        self.within_text += 1;
        for _ in 0..=self.draw.below(3) {
            let part = self.draw.one_of(TEXTS);
            text.push_str(part);
            text += &match self.draw.below(5) {
                0 => format!("{{{}}}", self.hole(Ty::Str, d)),
                1 => format!("{{{}:{}}}", self.expr(Ty::Int, d), self.draw.one_of(&["05", "x", "X", ">8", "+", "1"])),
                2 => format!("{{{}:.2}}", self.expr(Ty::Float, d)),
                3 => format!("{{{}:<8}}", self.hole(Ty::Str, d)),
                _ => format!("{{{}}}", self.hole(Ty::Any, d)),
            };
        }
        self.within_text -= 1;
        text + close
    }

    /// A value in a hole. It does not begin with a quote or a bracket, because JSON in a text is an error.
    pub(super) fn hole(&mut self, ty: Ty, d: usize) -> String {
        self.within_text += 1;
        let value = if ty == Ty::Any { self.variable_or(Ty::Any, "from_json(\"[1]\")") } else { self.expr(ty, d) };
        self.within_text -= 1;
        if value.starts_with(['"', '{', '[']) { format!("({value})") } else { value }
    }

    fn int(&mut self, d: usize) -> String {
        match self.draw.below(9) {
            0 => format!("({} {} {})", self.expr(Ty::Int, d), self.operator(), self.expr(Ty::Int, d)),
            1 => format!("({} % {})", self.expr(Ty::Int, d), 1 + self.draw.below(9)),
            2 => format!("len({})", self.expr(Ty::Str, d)),
            3 => format!("len({})", self.expr(Ty::Strs, d)),
            4 => format!("{}({})", self.draw.one_of(&["floor", "ceil", "round"]), self.expr(Ty::Float, d)),
            5 => format!("int({})", self.expr(Ty::Str, d)),
            6 => format!("{}({})", self.draw.one_of(&["unix", "unix_ms"]), self.expr(Ty::Time, d)),
            7 => format!("{}({}, {})", self.draw.one_of(&["min", "max"]), self.expr(Ty::Int, d), self.expr(Ty::Int, d)),
            _ => format!("-{}", self.leaf(Ty::Int)),
        }
    }

    fn bool(&mut self, d: usize) -> String {
        let ordered = self.draw.one_of(&["<", "<=", ">", ">=", "==", "!="]);
        match self.draw.below(10) {
            0 => format!("({} {ordered} {})", self.expr(Ty::Int, d), self.expr(Ty::Int, d)),
            1 => format!("({} {ordered} {})", self.expr(Ty::Str, d), self.expr(Ty::Str, d)),
            2 => format!("({} and {})", self.expr(Ty::Bool, d), self.expr(Ty::Bool, d)),
            3 => format!("({} or not {})", self.expr(Ty::Bool, d), self.expr(Ty::Bool, d)),
            4 => format!("({} {} {})", self.expr(Ty::Str, d), self.draw.one_of(&["~", "!~"]), self.draw.one_of(REGEXES)),
            5 => format!("({} in {})", self.expr(Ty::Str, d), self.expr(Ty::Strs, d)),
            6 => format!("contains({}, {})", self.expr(Ty::Str, d), self.expr(Ty::Str, d)),
            7 => format!("({} {} null)", self.expr(Ty::Any, d), self.draw.one_of(&["==", "!="])),
            8 => format!("({} {ordered} {})", self.expr(Ty::Dur, d), self.expr(Ty::Dur, d)),
            _ => format!("chance({})", self.draw.one_of(&["0", "0.5", "1"])),
        }
    }

    /// A value whose type the compiler does not know.
    fn any(&mut self, d: usize) -> String {
        match self.draw.below(5) {
            0 => format!("from_json({})", self.expr(Ty::Str, d)),
            1 => format!("{}.{}", self.variable_or(Ty::Any, "from_json(\"{{}}\")"), self.draw.one_of(WORDS)),
            2 => format!("{}[\"odd key\"].a[0]", self.variable_or(Ty::Any, "from_json(\"{{}}\")")),
            3 => format!("first({})", self.variable_or(Ty::Any, "from_json(\"[1]\")")),
            _ if self.reads == Reads::Response => format!("json.{}", self.draw.one_of(WORDS)),
            _ => format!("one_of({})", self.variable_or(Ty::Any, "from_json(\"[1]\")")),
        }
    }

    pub(super) fn variable_or(&mut self, ty: Ty, other: &str) -> String {
        self.variable(ty).unwrap_or_else(|| other.to_owned())
    }

    /// A source of the response, and its type.
    pub(super) fn source(&mut self) -> (String, Ty) {
        let word = self.draw.one_of(WORDS);
        match self.draw.below(12) {
            0 => ("json".to_owned(), Ty::Any),
            1 => (format!("json.{word}"), Ty::Any),
            2 => (format!("json[\"odd-{word}\"].{word}[0]"), Ty::Any),
            3 => (format!("json \"{}\"", self.draw.one_of(JSON_PATHS)), Ty::Any),
            4 => {
                let value = self.hole(Ty::Str, 1);
                (format!("json \"$.items[?@.name == {{{value}}}].id\""), Ty::Any)
            }
            5 => ("header \"Location\"".to_owned(), Ty::Str),
            6 => (format!("cookie {}", self.texts()), Ty::Str),
            7 => ("text".to_owned(), Ty::Str),
            8 => (self.draw.one_of(&["url", "header \"X-Odd\""]).to_owned(), Ty::Str),
            9 => (format!("html \"{}\"{}", self.draw.one_of(SELECTORS), self.draw.one_of(&["", " @href", " @data-x"])), Ty::Str),
            10 => {
                let value = self.hole(Ty::Str, 1);
                (format!("html \"p[name={{{value}}}]\""), Ty::Str)
            }
            _ => ("status".to_owned(), Ty::Int),
        }
    }

    /// A constant, a variable or a call without arguments.
    pub(super) fn leaf(&mut self, ty: Ty) -> String {
        if self.draw.chance(55)
            && let Some(name) = self.variable(ty)
        {
            return name;
        }
        match ty {
            Ty::Str => match self.draw.below(10) {
                0 => self.draw.one_of(&["uuid()", "fake.name()", "fake.email()", "fake.words()", "fake.ipv6()", "test.id"]).to_owned(),
                1 => self.draw.one_of(&["env.gen.type", "env.gen.match.self"]).to_owned(),
                _ => self.texts(),
            },
            Ty::Int => match self.draw.below(8) {
                0 => self.draw.one_of(&["random(1, 9)", "env.gen.int"]).to_owned(),
                1 if self.has_user => self.draw.one_of(&["user.id", "user.iteration", "shard.index"]).to_owned(),
                _ => self.draw.one_of(INTS).to_owned(),
            },
            Ty::Float => self.draw.one_of(FLOATS).to_owned(),
            Ty::Bool => self.draw.one_of(&["true", "false", "env.gen.flag", "chance(0.5)"]).to_owned(),
            Ty::Dur => self.draw.one_of(DURATIONS).to_owned(),
            Ty::Time => self.draw.one_of(&["now()", "parse_time(\"2026-02-03T04:05:06Z\")"]).to_owned(),
            Ty::Bytes => format!("sha256({})", self.texts()),
            Ty::Strs => format!("[{}, {}]", self.texts(), self.texts()),
            Ty::Obj => self.draw.one_of(&["{ a: 1 }", "{ \"odd key\": null, type: [] }", "{}"]).to_owned(),
            Ty::Any if self.reads == Reads::Response => self.draw.one_of(&["json", "json.id", "json[0]", "json \"$.a\""]).to_owned(),
            Ty::Any => self.draw.one_of(&["from_json(\"[1]\")", "from_json(\"null\")"]).to_owned(),
            Ty::Form => self.variable(ty).unwrap_or_default(),
        }
    }

    /// A text without holes.
    pub(super) fn texts(&mut self) -> String {
        let (one, other) = (self.draw.one_of(TEXTS), self.draw.one_of(TEXTS));
        format!("\"{one}{other}\"")
    }

    /// A text without line breaks and NUL, as headers need it.
    pub(super) fn one_line(&mut self) -> String {
        let name = self.draw.one_of(NAMES);
        format!("\"{name} {{{}}}\"", self.hole(Ty::Int, 1))
    }

    /// A map, with values of any kind.
    pub(super) fn map(&mut self, d: usize) -> String {
        let mut used: Vec<String> = Vec::new();
        let mut entries = Vec::new();
        for _ in 0..self.draw.below(5) {
            let word = self.draw.one_of(WORDS);
            let plain: String = word.chars().filter(|c| *c != '_').collect::<String>().to_lowercase();
            if used.contains(&plain) {
                continue;
            }
            used.push(plain);
            let value = match self.draw.below(14) {
                12 => self.draw.one_of(&["env.gen.list", "[[], {}]", "files(\"data/*.png\")"]).to_owned(),
                13 if self.reads == Reads::Response => self.source().0,
                0 => "absent".to_owned(),
                1 => self.draw.one_of(EXACT).to_owned(),
                2 => format!("if {} then absent else {}", self.expr(Ty::Bool, d), self.expr(Ty::Any, d)),
                3 => "null".to_owned(),
                4 if d > 0 => self.map(d - 1),
                _ => {
                    let ty = self.draw.below(Ty::JSON.len());
                    self.expr(Ty::JSON[ty], d)
                }
            };
            let quote = if self.draw.chance(30) { "\"" } else { "" };
            entries.push(format!("{quote}{word}{quote}: {value}"));
        }
        if let Some((name, _)) =
            self.any_variable().filter(|(name, _)| self.draw.chance(30) && !used.contains(&name.replace('_', "").to_lowercase()))
        {
            entries.push(name);
        }
        match self.draw.below(3) {
            0 if self.within_text == 0 => format!("{{\n{}\n}}", entries.join(",\n")),
            _ => format!("{{ {} }}", entries.join(", ")),
        }
    }
}
