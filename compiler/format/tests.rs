//! Formatting: what it changes and what it keeps, and that it never changes a tree.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Unformatted, format};
use crate::parse;
use crate::span::FileId;

fn formatted(text: &str) -> String {
    format(text).unwrap_or_else(|error| panic!("{error:?}:\n{text}"))
}

/// The tree without its locations.
fn tree(text: &str) -> String {
    let (file, _) = parse::parse(text, FileId(0));
    let shown = format!("{:?}", file.items);
    let mut without = String::with_capacity(shown.len());
    let mut rest = shown.as_str();
    while let Some(at) = rest.find("Span {") {
        without.push_str(&rest[..at]);
        rest = &rest[at..][rest[at..].find('}').unwrap() + 1..];
    }
    without + rest
}

/// Formats a text that parses, and checks the invariants of every result.
pub(super) fn holds(text: &str, of: &str) -> String {
    let once = formatted(text);
    assert_eq!(formatted(&once), once, "{of}: formatted twice is not formatted once:\n{text}\n---\n{once}");
    assert_eq!(tree(&once), tree(text), "{of}: another tree:\n{text}\n---\n{once}");
    let comments = |text: &str| text.matches('#').count();
    assert_eq!(comments(&once), comments(text), "{of}: {once}");
    assert!(once.lines().all(|line| line.contains("\"\"\"") || !line.ends_with([' ', '\t'])) || text.contains("\"\"\""), "{of}:\n{once}");
    once
}

fn within(text: &str) -> String {
    let whole = holds(&format!("sequence S {{\n{text}\n}}\n"), "a statement");
    let body = whole.strip_prefix("sequence S {\n").and_then(|rest| rest.strip_suffix("}\n")).unwrap();
    body.lines().map(|line| format!("{}\n", line.strip_prefix("  ").unwrap_or(line))).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files of a folder and its folders that end so.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if !matches!(entry.file_name().to_str(), Some("target" | "node_modules" | ".git")) {
                files(&path, ending, found);
            }
        } else if path.extension().is_some_and(|found| found == ending) {
            found.push(path);
        }
    }
}

fn all_specs() -> Vec<(String, String)> {
    let mut found = Vec::new();
    files(root(), "lt", &mut found);
    found.sort();
    let read = |path: PathBuf| (path.strip_prefix(root()).unwrap().display().to_string(), fs::read_to_string(path).unwrap());
    found.into_iter().map(read).collect()
}

#[test]
fn every_spec_of_the_tree_keeps_its_tree_and_is_stable() {
    let specs = all_specs();
    assert!(specs.len() > 200);
    let mut parsed = 0;
    for (path, text) in &specs {
        match format(text) {
            Ok(_) => {
                holds(text, path);
                parsed += 1;
            }
            Err(Unformatted::Broken(diagnostics)) => assert!(!diagnostics.is_empty(), "{path}"),
            Err(Unformatted::Changed) => panic!("{path}: the result has other tokens"),
        }
    }
    assert!(parsed > 150, "{parsed}");
}

/// Checks the specs that users see. The conformance specs keep their layout, because they test locations and layouts.
#[test]
fn shown_specs_are_formatted() {
    // The lines of this one are annotated with the expected diagnostics.
    let marked = "tests/specs/conformance/failing.lt";
    let shown = ["specs/", "compiler/cli/template/", "tests/specs/", "bench/"];
    let unformatted: Vec<String> = all_specs()
        .into_iter()
        .filter(|(path, text)| {
            path != marked && shown.iter().any(|folder| path.starts_with(folder)) && format(text).is_ok_and(|formatted| formatted != *text)
        })
        .map(|(path, _)| path)
        .collect();
    assert!(unformatted.is_empty(), "run `ltc fmt` on {unformatted:?}");
}

/// The fenced specs of the documentation, each with its page and line.
fn fenced() -> Vec<(String, String)> {
    let mut pages = vec![root().join("README.md")];
    files(&root().join("docs"), "md", &mut pages);
    assert!(pages.iter().any(|page| page.starts_with(root().join("docs/how-to"))), "{pages:?}");
    let mut found = Vec::new();
    for path in pages {
        let page = fs::read_to_string(&path).unwrap();
        let mut lines = page.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let Some(place) = line.strip_prefix("```lt") else { continue };
            let block: String = lines.by_ref().map_while(|(_, line)| (line != "```").then(|| format!("{line}\n"))).collect();
            let block = if place.trim() == "in a sequence" {
                let indented = block.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") });
                format!("sequence S {{\n{}}}\n", indented.collect::<String>())
            } else {
                block
            };
            found.push((format!("{}:{}", path.display(), number + 2), block));
        }
    }
    found
}

#[test]
fn examples_of_the_documentation_are_formatted() {
    let mut unformatted = Vec::new();
    for (place, block) in fenced() {
        if format(&block).is_ok() && holds(&block, &place) != block {
            unformatted.push(format!("{place}:\n{}", formatted(&block)));
        }
    }
    assert!(unformatted.is_empty(), "{}", unformatted.join("\n"));
}

#[test]
fn each_statement_is_on_its_own_line_indented_by_two_spaces() {
    assert_eq!(formatted("user   U{run S\n\n\n\n      wait 1s;}"), "user U {\n  run S\n\n  wait 1s\n}\n");
    assert_eq!(formatted("user U{run S;wait 1s}"), "user U { run S; wait 1s }\n");
    assert_eq!(formatted("sequence S {\n}\n\n\n"), "sequence S {}\n");
    assert_eq!(within("let a = 1; let b = 2\n\n\n\tlet c=[1,2,\n3]"), "let a = 1\nlet b = 2\n\nlet c = [\n  1,\n  2,\n  3,\n]\n");
    assert_eq!(within("if a{log \"x\"}else if b {\nleave} else{}"), "if a {\n  log \"x\"\n} else if b {\n  leave\n} else {}\n");
    assert_eq!(formatted(""), "");
    assert_eq!(formatted("\u{feff}\n# x  \n"), "# x\n");
}

#[test]
fn spaces_are_between_operands_and_within_braces() {
    for (text, wanted) in [
        ("let x=a+b*-c", "let x = a + b * -c"),
        ("let x = { a:1,b , \"c\" : [ 1 , 2 , ] }", "let x = { a: 1, b, \"c\": [1, 2] }"),
        ("let x = f( a , b : 2 , )[ 1 .. 3 ].c", "let x = f(a, b: 2)[1..3].c"),
        ("wait 1s .. 3s  between steps", "wait 1s..3s between steps"),
        ("let x = \"{ a+b : 03}\" + \"{ {a:1}.a }\"", "let x = \"{a + b: 03}\" + \"{ { a: 1 }.a}\""),
        ("expect 200|304", "expect 200 | 304"),
        (
            "expect json {a:>0,b:~/x y/,c:1|_,d:each{e:absent},f:[ _,.. ]}",
            "expect json { a: > 0, b: ~ /x y/, c: 1 | _, d: each { e: absent }, f: [_, ..] }",
        ),
        ("take x:int=all text~/a/else[]", "take x: int = all text ~ /a/ else []"),
        ("take x,y=run S( )", "take x, y = run S()"),
        ("set shop.auth=bearer( t )", "set shop.auth = bearer(t)"),
        ("let x = not(a)and(b)", "let x = not (a) and (b)"),
    ] {
        assert_eq!(within(text), format!("{wanted}\n"), "{text}");
    }
    assert_eq!(
        formatted("api a{\n get( id:int=1 )=GET /x/{ id }/y?q={f( 1,2 )}#z\n}"),
        "api a {\n  get(id: int = 1) = GET /x/{id}/y?q={f(1, 2)}#z\n}\n".replace("#z", "  #z")
    );
}

#[test]
fn line_breaks_after_operators_stay() {
    assert_eq!(
        within("let x = a +\nb ==\n 3\nlet y =\n1\nexpect 200 |\n 304"),
        "let x = a +\n    b ==\n    3\nlet y =\n    1\nexpect 200 |\n    304\n".replace("    ", "  ")
    );
    assert_eq!(within("let x = (a\n + b)"), "let x = (a + b)\n");
}

#[test]
fn comments_stay_where_they_belong() {
    let text =
        "# first\n\n# second\napi a { # of the block\n  base \"x\" # of base\n  # own\n  keys camel   # of keys\n\n  # last\n}\n# end\n";
    assert_eq!(
        holds(text, "comments"),
        "# first\n\n# second\napi a {  # of the block\n  base \"x\"  # of base\n  # own\n  keys camel  # of keys\n\n  # last\n}\n# end\n"
    );
    let text = "let x = [ # open\n 1 # one\n , 2, # two\n # between\n 3\n # last\n]\nlet y = 1 + # why\n 2\nlet z = f(a, # of a\n b)";
    let once = within(text);
    for comment in ["[  # open", "# one", "2,", "# two", "# between", "3,\n  # last\n]", "# why", "a,  # of a"] {
        assert!(once.contains(comment), "{comment}:\n{once}");
    }
}

#[test]
fn neighboring_lines_share_columns() {
    let text =
        "api shop {\nbase env.shop.url # where\nkeys camel # how\ntimeout 5s\n\nlogin(name) = POST /login\nitem(id) = GET /items/{id}\n}\n";
    let wanted = "api shop {\n  base    env.shop.url  # where\n  keys    camel         # how\n  timeout 5s\n\n  login(name) = POST /login\n  item(id)    = GET /items/{id}\n}\n";
    assert_eq!(holds(text, "columns"), wanted);
    assert_eq!(
        within("step \"A\" { shop GET / }\nstep \"Longer\" skip { shop GET / }\nstep \"B\" {\nshop GET / }"),
        "step \"A\"           { shop GET / }\nstep \"Longer\" skip { shop GET / }\nstep \"B\" {\n  shop GET /\n}\n"
    );
}

#[test]
fn long_lines_are_broken_at_their_outermost_brackets() {
    let items = (0..40).map(|n| format!("item_{n}")).collect::<Vec<_>>().join(", ");
    let once = within(&format!("let x = [{items}]"));
    assert_eq!(once.lines().count(), 42, "{once}");
    let once = within(&format!("step \"A\" {{ shop GET /; expect json {{ a: 1 }}; log \"{}\" }}", "x".repeat(100)));
    assert_eq!(once.lines().count(), 5, "{once}");
    assert!(once.contains("\n  expect json { a: 1 }\n"), "{once}");
    let once = within(&format!("shop.send({{ a: \"{}\", b: [{{ c: 1 }}] }})", "x".repeat(100)));
    assert!(once.starts_with("shop.send({\n  a:") && once.ends_with("\n  b: [{ c: 1 }],\n})\n"), "{once}");
    let exact = format!("let x = f(\"{}\")", "x".repeat(super::WIDTH - 2 - "let x = f(\"\")".len()));
    assert_eq!(within(&exact), format!("{exact}\n"));
    let longer = exact.replace("f(\"", "f(\"x");
    assert_eq!(within(&longer).lines().count(), 3);
}

#[test]
fn strings_over_several_lines_keep_their_values() {
    let text =
        "step \"A\" {\n      text \"\"\"\n        a\n          {b}\n\n        c {f(\n  1)}\n        \"\"\"\n}".replace("text", "let t =");
    let once = within(&text);
    assert!(once.contains("\n    a\n      {b}\n\n    c {f("), "{once}");
    holds("api a {\n\thealthcheck none\n\tg() = POST / {\n\t\tgraphql \"\"\"\n\t\t  { a }\n\t\t\"\"\" { x }\n\t}\n}\n", "tabs");
    holds("let x = \"\"\"\nat the margin\n  \"\"\"\n", "margin");
}

#[test]
fn line_ends_are_those_of_the_first_line() {
    assert_eq!(formatted("let x=1\r\nlet y=2\n"), "let x = 1\r\nlet y = 2\r\n");
    assert_eq!(formatted("let x=1\nlet y=2\r\n"), "let x = 1\nlet y = 2\n");
}

#[test]
fn text_that_does_not_parse_is_not_formatted() {
    for text in ["sequence S {", "let status = 1", "let x = = 1", "user U { run }", "log \"x"] {
        assert!(matches!(format(text), Err(Unformatted::Broken(_))), "{text}");
    }
}

/// A list around one map has the map's brackets on its own lines; a comma behind the map is not printed, and takes no room.
#[test]
fn comma_behind_the_only_item_of_a_list_changes_nothing() {
    for length in 60..90 {
        let item = format!("{{ name: \"{}\", ready: true, count: 1 }}", "x".repeat(length));
        let with = within(&format!("let x = [\n  {item},\n]"));
        assert_eq!(with, within(&format!("let x = [\n  {item}\n]")), "{length}");
        assert!(with.starts_with("let x = [{") && with.ends_with("}]\n"), "{with}");
    }
}

/// A small random number generator with a fixed seed.
pub(super) struct Rng(pub(super) u64);

impl Rng {
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n.max(1)
    }
}

/// Inserts spaces, line breaks and comments between the tokens of specs, and removes others. If the result still parses, it has the same
/// tree.
#[test]
fn other_layouts_of_specs_keep_their_trees() {
    let mut rng = Rng(7);
    let specs: Vec<(String, String)> = all_specs().into_iter().filter(|(_, text)| text.len() < 2_500 && format(text).is_ok()).collect();
    let mut parsed = 0;
    for _ in 0..200 {
        let (path, text) = &specs[rng.below(specs.len())];
        let mut text = text.clone();
        for _ in 0..=rng.below(6) {
            let tokens = parse::tokens(&text).unwrap();
            let at = tokens[rng.below(tokens.len())].range.start;
            let mut changed = text.clone();
            match rng.below(8) {
                0 => changed.insert(at, '\n'),
                1 => changed.insert_str(at, " # c\n"),
                2 => changed.insert_str(at, "   "),
                3 => changed.insert_str(at, "\n\n\n# own\n"),
                4 => changed.insert_str(at, ";\n"),
                5 => changed.insert(at, '\t'),
                6 => changed.insert(at, ','),
                _ => {
                    let before = text[..at].trim_end().len();
                    changed.replace_range(before..at, [" ", "", "; "][rng.below(3)]);
                }
            }
            if format(&changed).is_ok() {
                text = changed;
                parsed += 1;
            } else {
                assert!(matches!(format(&changed), Err(Unformatted::Broken(_))), "{path}:\n{changed}");
            }
        }
        holds(&text, path);
    }
    assert!(parsed > 200, "{parsed}");
}

/// The formatter's work is linear: each step passes over its tokens once, and each bracket looks ahead by at most a line.
#[test]
fn deep_and_long_texts_are_formatted() {
    let deep = formatted(&format!("let x = {}1{}", "[".repeat(150), "]".repeat(150)));
    assert_eq!(formatted(&deep), deep);
    let lines: String = (0..20_000).map(|n| format!("# {n}\nlet x{n} = f({n}, [{n}, {n}]) # {n}\n")).collect();
    assert_eq!(formatted(&lines).lines().count(), 40_000);
}

/// The parser needs more stack than a thread has by default, and threads of an editor or a test may have less.
#[test]
fn deepest_texts_are_formatted_on_a_small_stack() {
    let blocks = [
        "if true {\n",
        "if true { } else {\n",
        "repeat 3 {\n",
        "for i in 1..2 {\n",
        "retry 2 times {\n",
        "parallel {\n",
        "group \"g\" {\n",
    ];
    let blocks = blocks.map(|head| format!("sequence S {{\n{}wait 1s\n{}}}\n", head.repeat(190), "}\n".repeat(190)));
    let values = [("(", ")"), ("[", "]"), ("f(", ")"), ("a[", "]"), ("-(", ")"), ("{ a: ", "}"), ("if true then ", " else 1")];
    let values = values.map(|(open, close)| format!("let x = {}1{}\n", open.repeat(190), close.repeat(190)));
    let formatting = std::thread::Builder::new().stack_size(256 * 1024).spawn(move || {
        for text in blocks.iter().chain(&values) {
            assert!(format(text).is_ok(), "{text}");
        }
    });
    formatting.unwrap().join().unwrap();
}
