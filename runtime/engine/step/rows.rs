//! `next(rows)` and `rows.all`.

use crate::base::flow::Exit;
use crate::tables::AtEnd;
use crate::user::User;
use crate::value::{Eval, EvalError, Value};

/// `next(rows)`. In a `keep` and in `on start`, the user holds the row until it stops; otherwise until the iteration ends.
pub fn next(user: &User, pool: usize, keep: bool) -> Eval {
    let world = user.world();
    let source = &world.pools.0[pool];
    let kept = keep || user.starting.get();
    let assignment = world.row_assignment.borrow();
    let drawn = if kept && source.info.unique {
        let nth = user.held.borrow().user.iter().filter(|(of, _)| *of == pool).count();
        source.draw_kept(user.number(), nth)
    } else {
        source.draw(&assignment, || world.clock.elapsed())
    };
    let Some(row) = drawn else {
        let info = source.info;
        match info.at_end {
            AtEnd::StopUser => user.end_with(Exit::StopUser),
            AtEnd::StopTest => user.end_with(Exit::StopTest),
            AtEnd::Recycle => {}
        }
        return Err(EvalError(format!(
            "no row of {} is free: all {} of this worker's part are held; give {} more rows or run fewer users",
            info.name,
            source.count(),
            info.path
        )));
    };
    if source.info.unique {
        let mut held = user.held.borrow_mut();
        if kept { &mut held.user } else { &mut held.iteration }.push((pool, row));
    }
    let drawn = source.row(row)?;
    source.info.secrets.iter().for_each(|&column| user.learn(&drawn, &[column], kept));
    Ok(drawn)
}

/// `rows.all`.
pub fn all_rows(user: &User, pool: usize) -> Value {
    let rows = user.world().pools.all(pool);
    user.world().pools.0[pool].info.secrets.iter().for_each(|&column| user.learn(&rows, &[column], false));
    rows
}
