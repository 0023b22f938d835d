//! JavaScript and TypeScript, as used in Postman collections and k6 tests. oxc parses them, and the constructs that importers need become
//! the small tree of [`crate::code`].

mod lower;
mod statements;

pub use crate::code::*;
pub use lower::{parse, parse_typescript};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_and_expressions_keep_their_lines() {
        let script =
            "const { id, name: called } = pm.response.json();\n\npm.test('ok', () => {\n  pm.expect(id).to.eql(`n${1 + 2}`);\n});\n";
        let statements = parse(script).unwrap();
        let members = Binding::Members(vec![("id".into(), "id".into()), ("name".into(), "called".into())]);
        assert!(matches!(&statements[0].kind, StmtKind::Let(it) if it[0].0 == members));
        let StmtKind::Expr(Expr { line: 3, kind: Kind::Call(callee, arguments) }) = &statements[1].kind else { panic!("{statements:?}") };
        assert_eq!(callee.path().unwrap(), ["pm", "test"]);
        let Kind::Function(function) = &arguments[1].kind else { panic!("no function") };
        assert_eq!((function.body[0].line, function.body[0].source.as_str()), (4, "pm.expect(id).to.eql(`n${1 + 2}`);"));
    }

    #[test]
    fn top_level_await_and_return_are_accepted() {
        assert!(parse("const r = await pm.sendRequest('x'); return;").is_ok());
        assert!(parse("var let_ = 010; delete x; responseJSON = JSON.parse(responseBody);").is_ok());
    }

    #[test]
    fn a_syntax_error_has_its_line() {
        assert_eq!(parse("var a = 1;\nvar b = (;\n").unwrap_err().line, 2);
    }

    #[test]
    fn member_in_brackets_equals_one_after_a_dot() {
        let statements = parse("a['b-c'][0].d").unwrap();
        let StmtKind::Expr(Expr { kind: Kind::Member(object, member), .. }) = &statements[0].kind else { panic!("{statements:?}") };
        assert_eq!(member, "d");
        assert!(matches!(&object.kind, Kind::Index(object, _) if matches!(&object.kind, Kind::Member(_, member) if member == "b-c")));
    }
}
