//! The trees of valid texts.

use super::run;
use crate::ast::*;

/// The statements of `text`, which must parse.
fn stmts(text: &str) -> Vec<StmtKind> {
    let whole = format!("sequence S {{\n{text}\n}}");
    let (file, diagnostics) = run(&whole);
    assert!(diagnostics.is_empty(), "{whole}\n{}", super::shown(&whole, &diagnostics));
    let Some(Item::Sequence(sequence)) = file.items.into_iter().next() else { panic!("{whole}") };
    sequence.body.stmts.into_iter().map(|s| s.kind).collect()
}

fn stmt(text: &str) -> StmtKind {
    let mut all = stmts(text);
    assert_eq!(all.len(), 1, "{text}: {all:?}");
    all.remove(0)
}

/// An expression with brackets around each operation: `(a + (b * c))`.
fn grouped(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Int(n) => n.to_string(),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Source(word) => format!("{word:?}").to_lowercase(),
        ExprKind::Binary(a, op, b) => format!("({} {op:?} {})", grouped(a), grouped(b)),
        ExprKind::Unary(op, a) => format!("({op:?} {})", grouped(a)),
        ExprKind::Match { value, negated, regex } => format!("({} {}~ {})", grouped(value), if *negated { "!" } else { "" }, regex.node),
        ExprKind::Member(a, name) => format!("{}.{}", grouped(a), name.node),
        ExprKind::Index(a, i) => format!("{}[{}]", grouped(a), grouped(i)),
        ExprKind::Slice(a, i, j) => format!("{}[{}..{}]", grouped(a), grouped(i), grouped(j)),
        ExprKind::Call(f, args) => format!("{}({})", grouped(f), args.iter().map(|a| grouped(&a.value)).collect::<Vec<_>>().join(" ")),
        ExprKind::If(c, a, b) => format!("(if {} {} {})", grouped(c), grouped(a), grouped(b)),
        other => format!("{other:?}"),
    }
}

fn value(text: &str) -> ExprKind {
    match stmt(&format!("let x = {text}")) {
        StmtKind::Let(this) => this.value.kind,
        other => panic!("{other:?}"),
    }
}

fn tree(text: &str) -> String {
    match stmt(&format!("let x = {text}")) {
        StmtKind::Let(this) => grouped(&this.value),
        other => panic!("{other:?}"),
    }
}

#[test]
fn operators_group_by_precedence() {
    assert_eq!(tree("a + b * c - d"), "((a Add (b Mul c)) Sub d)");
    assert_eq!(tree("a or b and not c == d"), "(a Or (b And (Not (c Eq d))))");
    assert_eq!(tree("not a ~ /x/ and b"), "((Not (a ~ x)) And b)");
    assert_eq!(tree("a + b !~ /[^/]/"), "((a Add b) !~ [^/])");
    assert_eq!(tree("-a.b[0] * 2"), "((Neg a.b[0]) Mul 2)");
    assert_eq!(tree("(a + b) % c"), "((a Add b) Rem c)");
    assert_eq!(tree("a in b and c"), "((a In b) And c)");
    assert_eq!(tree("if a > 1 then b else if c then 2 else 3"), "(if (a Gt 1) b (if c 2 3))");
    assert_eq!(tree("s[1..3] + fake.name() + a.get(b, 1)"), "((s[1..3] Add fake.name()) Add a.get(b 1))");
    assert_eq!(tree("text(b)"), "text(b)");
}

#[test]
fn literals_have_their_values() {
    assert!(matches!(value("1_000"), ExprKind::Int(1000)));
    for (written, kept) in [
        ("18_446_744_073_709_551_615", "18446744073709551615"),
        ("1.10", "1.10"),
        ("00.10", "0.10"),
        ("0.1234567890123456789", "0.1234567890123456789"),
    ] {
        assert!(matches!(value(written), ExprKind::Number(text) if text == kept), "{written}");
    }
    assert!(matches!(value("1.5"), ExprKind::Float(x) if (x - 1.5).abs() < 1e-9));
    assert!(matches!(value("1h20m"), ExprKind::Duration(4_800_000_000_000)));
    assert!(matches!(value("1.5s"), ExprKind::Duration(1_500_000_000)));
    assert!(matches!(value("250ms"), ExprKind::Duration(250_000_000)));
    assert!(matches!(value("null"), ExprKind::Null));
    assert!(matches!(value("header \"X\""), ExprKind::Header(_)));
    assert!(
        matches!(value("html \"a b\" @data-x"), ExprKind::Html(s, Some(a)) if matches!(s.parts.as_slice(), [TextPart::Literal(css)] if css == "a b") && a.node == "data-x")
    );
    assert!(
        matches!(value("json \"$.a\""), ExprKind::JsonPath(p) if matches!(p.parts.as_slice(), [TextPart::Literal(path)] if path == "$.a"))
    );
    assert!(matches!(value("weighted(70: \"a\", n: 2)"), ExprKind::Call(_, args) if args.iter().all(|a| a.label.is_some())));
}

fn texts(text: &str) -> Vec<String> {
    match value(text) {
        ExprKind::Text(text) => text
            .parts
            .into_iter()
            .map(|part| match part {
                TextPart::Literal(literal) => literal,
                TextPart::Hole(e, spec) => format!("<{}:{}>", grouped(&e), spec.map(|s| s.node).unwrap_or_default()),
            })
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn texts_have_literal_parts_and_holes() {
    assert_eq!(texts(r#""ids:{random(0, 9):09}""#), ["ids:", "<random(0 9):09>"]);
    assert_eq!(texts(r#""{{a b}} {b:.2}\n\u{e9}\"""#), ["{a b} ", "<b:.2>", "\né\""]);
    assert_eq!(texts(r#""{f("x{y}")}""#).len(), 1);
    assert_eq!(texts("\"\"\"\n    a\n      b {c}\n    \"\"\""), ["a\n  b ", "<c:>", "\n"]);
    assert_eq!(texts("\"\"\"\r\n    a\r\n    b\"\"\""), ["a\nb"]);
    assert_eq!(texts("\"\"\"one \"two\" three\"\"\""), ["one \"two\" three"]);
    assert_eq!(texts("\"\""), [""; 0]);
}

#[test]
fn expectations_have_their_kinds() {
    let kind = |text: &str| match stmt(text) {
        StmtKind::Expect(expect) => expect.kind,
        other => panic!("{other:?}"),
    };
    assert!(matches!(kind("expect 200 | 2xx"), ExpectKind::Status(all)
        if all[0].node == StatusPattern::Code(200) && all[1].node == StatusPattern::Class(2)));
    assert!(matches!(kind("expect json [_, ..]"), ExpectKind::Json { exactly: false, matcher }
        if matches!(&matcher.kind, MatcherKind::List { items, rest: true } if items.len() == 1)));
    assert!(matches!(kind("expect json exactly { a: 1 }"), ExpectKind::Json { exactly: true, .. }));
    assert!(matches!(kind("expect json[0].id == 3"), ExpectKind::Condition(_)));
    assert!(matches!(kind("expect json.items != null"), ExpectKind::Condition(_)));
    assert!(matches!(kind("expect json \"$.a\" == 1"), ExpectKind::Condition(_)));
    assert!(matches!(kind("expect text \"x\""), ExpectKind::Text { negated: false, .. }));
    assert!(matches!(kind("expect not text a + \"x\""), ExpectKind::Text { negated: true, .. }));
    assert!(matches!(kind("expect text ~ /x/"), ExpectKind::Condition(_)));
    assert!(matches!(kind("expect not text ~ /x/"), ExpectKind::Condition(_)));
    assert!(matches!(kind("expect status == 200"), ExpectKind::Condition(_)));
    assert!(matches!(kind("expect header \"X\" == \"y\""), ExpectKind::Condition(e) if matches!(e.kind, ExprKind::Binary(..))));
    let ExpectKind::Json { matcher, .. } = kind(
        "expect json { a, b: > 0, c: ~ /r/, d: string, e: absent, f: each int, g: 1 | \"a\", h: _, \"I-j\": x + 1, k: {}, l: string(1) }",
    ) else {
        panic!()
    };
    let MatcherKind::Object(entries) = matcher.kind else { panic!() };
    let names: Vec<String> = entries.iter().map(|e| format!("{:?}", e.matcher.kind).split([' ', '(']).next().unwrap().to_owned()).collect();
    assert_eq!(names, ["Value", "Compare", "Regex", "Type", "Absent", "Each", "OneOf", "Any", "Value", "Object", "Value"]);
    assert!(entries[8].key.quoted && entries[8].key.text == "I-j");
}

#[test]
fn statements_have_their_kinds() {
    assert!(matches!(stmt("take token = run Login(a, b)"), StmtKind::Run { takes, args, .. } if takes.len() == 1 && args.len() == 2));
    assert!(matches!(stmt("take x, y = run S"), StmtKind::Run { takes, .. } if takes.len() == 2));
    assert!(matches!(stmt("take x: int = all text ~ /a/ else 3"), StmtKind::Take(take)
        if take.ty.is_some() && take.quantifier.is_some() && take.fallback.is_some() && matches!(take.source.kind, ExprKind::Match { .. })));
    assert!(matches!(stmt("take x = text"), StmtKind::Take(take) if matches!(take.source.kind, ExprKind::Source(SourceWord::Text))));
    assert!(matches!(stmt("set shop.auth = bearer(t)"), StmtKind::SetAuth(name, auth) if name.node == "shop" && auth.args.len() == 1));
    assert!(matches!(stmt("wait 1s..3s between steps"), StmtKind::Wait { wait: Wait::Between(..), between_steps: true }));
    assert!(matches!(stmt("wait pacing 5s"), StmtKind::Wait { wait: Wait::Pacing(_), between_steps: false }));
    assert!(matches!(stmt("for i in 1..n { }"), StmtKind::For { iter: ForIter::Range(..), parallel: None, .. }));
    assert!(matches!(stmt("for x in xs parallel 6 { break }"), StmtKind::For { iter: ForIter::Each(_), parallel: Some(_), .. }));
    assert!(matches!(stmt("if a { } else if b { } else { leave }"), StmtKind::If { branches, otherwise: Some(_) } if branches.len() == 2));
    assert!(matches!(stmt("retry 2 times every 1s { }"), StmtKind::Retry(retry) if retry.every.is_some()));
    assert!(matches!(stmt("poll every 1s up to 3 times until x == \"a\" { }"), StmtKind::Poll(_)));
    assert!(matches!(stmt("group \"G\" { stop user }"), StmtKind::Group(name, body) if name.node == "G" && body.stmts.len() == 1));
    assert!(
        matches!(stmt("tpdata.treatment.create(iid)"), StmtKind::Exchange(x) if matches!(&*x, Exchange::Call { path, .. } if path.len() == 3))
    );
    assert!(
        matches!(stmt("notes submit page { form { a: 1 } }"), StmtKind::Exchange(x) if matches!(&*x, Exchange::Submit { parts, .. } if parts.len() == 1))
    );
    let StmtKind::Exchange(x) = stmt("shop GET /carts/{ me.cart }/x?q={n:03}") else { panic!() };
    let Exchange::Inline { line, .. } = *x else { panic!() };
    let PathExpr::Plain(path) = line.path else { panic!() };
    assert!(matches!(&path.parts[..], [TextPart::Literal(a), TextPart::Hole(_, None), TextPart::Literal(b), TextPart::Hole(_, Some(_))]
        if a == "/carts/" && b == "/x?q="));
    let StmtKind::Step(step) = stmt("step \"A\" skip interrupt { shop GET /; expect 204 }") else { panic!() };
    assert!(step.skip.is_some() && step.interrupt.is_some() && step.body.stmts.len() == 2);
}

#[test]
fn locations_are_exact() {
    let text = "let x = a   # why\nsequence S { expect 200   # b\n}";
    let (file, _) = run(text);
    let Item::Let(this) = &file.items[0] else { panic!() };
    assert_eq!(&text[this.span.range()], "let x = a");
    let Item::Sequence(this) = &file.items[1] else { panic!() };
    assert_eq!(&text[this.body.stmts[0].span.range()], "expect 200");
    assert_eq!(&text[this.body.span.range()], "{ expect 200   # b\n}");
}

#[test]
fn apis_have_their_members() {
    let (file, diagnostics) = run(super::SPECS[5].1);
    assert!(diagnostics.is_empty());
    let Some(Item::Api(api)) = file.items.iter().find(|i| matches!(i, Item::Api(_))) else { panic!() };
    let requests: Vec<&RequestDef> =
        api.members.iter().filter_map(|m| if let ApiMember::Request(r) = m { Some(&**r) } else { None }).collect();
    assert_eq!(requests.iter().map(|r| r.name.node.as_str()).collect::<Vec<_>>(), ["sign", "up", "json_expr", "json_list", "multi", "gql"]);
    assert_eq!(requests[0].parts.len(), 7);
    let bodies: Vec<String> = requests
        .iter()
        .flat_map(|r| &r.parts)
        .filter_map(|p| if let Part::Body(b) = p { Some(format!("{:?}", b.kind).split('(').next().unwrap().to_owned()) } else { None })
        .collect();
    assert_eq!(bodies, ["Text", "Bytes", "Json", "Json", "Multipart", "Graphql"]);
    assert!(
        api.members
            .iter()
            .any(|m| matches!(m, ApiMember::Healthcheck(Some(check), _) if check.version.is_some() && check.parts.len() == 1))
    );
    assert!(api.members.iter().any(|m| matches!(m, ApiMember::Resource(r) if r.members.len() == 4)));
    assert!(api.members.iter().any(|m| matches!(m, ApiMember::Option(RequestOption::Redirects(Redirects::Hops(2), _)))));
}
