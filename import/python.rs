//! Python, as used in Locust tests. ruff's parser reads it, and the constructs that importers need become the small tree of
//! [`crate::code`].

mod lower;
mod statements;

pub use lower::parse;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{Kind, StmtKind};

    #[test]
    fn classes_have_their_decorators_and_methods() {
        let source = "class A(HttpUser):\n    host = 'x'\n\n    @task(3)\n    def a(self, n=1, *args, **kw):\n        self.client.get(f'/a/{n:03}', name='a')\n";
        let statements = parse(source).unwrap();
        let StmtKind::Class(class) = &statements[0].kind else { panic!("{statements:?}") };
        let StmtKind::Function(method) = &class.body[1].kind else { panic!("{class:?}") };
        assert_eq!((class.body[1].line, method.parameters.len(), method.decorators.len()), (4, 4, 1));
        let StmtKind::Expr(call) = &method.body[0].kind else { panic!("{method:?}") };
        let Kind::Call(_, arguments) = &call.kind else { panic!("{call:?}") };
        assert!(matches!(&arguments[0].kind, Kind::Template(texts, values) if texts[0] == "/a/" && values.len() == 1));
        assert!(matches!(&arguments[1].kind, Kind::Keyword(name, _) if name == "name"));
    }

    #[test]
    fn syntax_of_python_2_is_read_as_far_as_possible() {
        let statements = parse("print 'x'\na = 1\n").unwrap();
        assert_eq!(statements.last().unwrap().source, "a = 1");
        assert_eq!(parse("a = 1\nb = )\nc = 2\n").unwrap_err().line, 2);
    }
}
