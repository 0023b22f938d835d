//! The sections of the environment that the base of an api comes from. They also say how the api's host is reached, next to its URL.

use super::{Api, Expr, ExprKind, Program, TextPart};

/// The dotted paths of the environment's maps that contain the keys of an api's base, in the order of their use. The path of the top level
/// is empty.
pub fn sections(program: &Program, api: &Api) -> Vec<String> {
    let mut found = Vec::new();
    collect(program, &api.base, &mut found);
    found
}

fn collect(program: &Program, expr: &Expr, found: &mut Vec<String>) {
    match &expr.kind {
        ExprKind::Env(id) => {
            let Some((_, section)) = program.env.get(id.0).and_then(|key| key.path.split_last()) else { return };
            let section = section.join(".");
            if !found.contains(&section) {
                found.push(section);
            }
        }
        // In `env.hosts.shop`, if the keys of the map are unknown, the map itself is the section.
        ExprKind::Member(inner, _) | ExprKind::Index(inner, _) => match &inner.kind {
            ExprKind::Env(id) => {
                let section = program.env.get(id.0).map(|key| key.path.join("."));
                found.extend(section.filter(|section| !found.contains(section)));
            }
            _ => collect(program, inner, found),
        },
        ExprKind::Global(id) => {
            if let Some(global) = program.globals.get(id.0) {
                collect(program, &global.value, found);
            }
        }
        ExprKind::Text(parts) => parts.iter().for_each(|part| {
            if let TextPart::Hole(inner, _) = part {
                collect(program, inner, found);
            }
        }),
        ExprKind::Call(_, args) => args.iter().for_each(|arg| collect(program, arg, found)),
        ExprKind::Binary(left, _, right) => {
            collect(program, left, found);
            collect(program, right, found);
        }
        ExprKind::If(_, yes, no) => {
            collect(program, yes, found);
            collect(program, no, found);
        }
        _ => {}
    }
}
