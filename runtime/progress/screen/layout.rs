//! Divides the rows of a screen. Steps come first at every size, and the other panes share the rest.

/// The rows that a table needs in addition to its steps: its frame, its heading and the total.
pub(super) const AROUND: u16 = 4;

/// The number of steps that are shown before any other pane gets a row.
const FIRST_STEPS: u16 = 4;

/// The height of the charts, including their frame.
const CHARTS: u16 = 5;
const TALL_CHARTS: u16 = 8;

/// The amount of content of each pane.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PaneContents {
    /// The number of steps that have run.
    pub(super) steps: usize,
    pub(super) thresholds: usize,
    /// The number of entries in the log.
    pub(super) log: usize,
    /// Whether shards generate the load.
    pub(super) fleet: bool,
}

/// The heights of title, bar, shards, charts, steps, thresholds, log and keys. Their sum is `height`.
pub(super) fn heights(height: u16, contents: PaneContents) -> [u16; 8] {
    let mut left = height;
    let mut take = |wanted: u16, if_left: u16| {
        let taken = if left >= wanted.saturating_add(if_left) { wanted } else { 0 };
        left -= taken;
        taken
    };
    // A table without its frame and with one step has three rows.
    let title = take(1, 3);
    let keys = take(1, 5);
    let bar = take(1, AROUND + 1);
    let rows = |count: usize| u16::try_from(count.max(1)).unwrap_or(u16::MAX);
    let all_steps = rows(contents.steps).saturating_add(AROUND);
    let mut steps = all_steps.min(FIRST_STEPS + AROUND).min(left);
    left -= steps;
    let mut take = |wanted: u16| {
        let taken = if left >= wanted { wanted } else { 0 };
        left -= taken;
        taken
    };
    let framed = |count: usize, most: u16| if count == 0 { 0 } else { rows(count).min(most) + 2 };
    let shards = take(u16::from(contents.fleet));
    let mut charts = take(CHARTS);
    let mut thresholds = take(framed(contents.thresholds, 3));
    // A log with one line is better than no log.
    let mut log = [4, 1].into_iter().map(|most| take(framed(contents.log, most))).find(|taken| *taken > 0).unwrap_or(0);
    // The remaining rows go to steps that aren't shown yet, then to panes that are shown in part.
    let mut grow = |now: &mut u16, to: u16| {
        let more = to.saturating_sub(*now).min(left);
        *now += more;
        left -= more;
    };
    grow(&mut steps, all_steps);
    if thresholds > 0 {
        grow(&mut thresholds, framed(contents.thresholds, 8));
    }
    if log > 0 {
        grow(&mut log, framed(contents.log, 10));
    }
    if charts > 0 {
        grow(&mut charts, TALL_CHARTS);
    }
    steps += left;
    [title, bar, shards, charts, steps, thresholds, log, keys]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_add_up_to_the_screen_and_steps_come_first() {
        for height in 0..=80 {
            for (steps, thresholds, log, fleet) in
                [(0, 0, 0, false), (3, 3, 1, false), (40, 12, 100, true), (1, 20, 200, false), (12, 6, 8, true)]
            {
                let shared = heights(height, PaneContents { steps, thresholds, log, fleet });
                assert_eq!(shared.iter().sum::<u16>(), height, "{shared:?}");
                let [title, bar, shards, charts, rows, judged, log, keys] = shared;
                assert!(rows > 0 || height == 0, "{height}: {shared:?}");
                let first = u16::try_from(steps.max(1)).unwrap().min(FIRST_STEPS) + AROUND;
                let others = shards + charts + judged + log;
                assert!(others == 0 || rows >= first, "{height}: {shared:?}");
                assert!(title + bar + keys <= 3);
            }
        }
    }

    #[test]
    fn usual_terminal_has_room_for_all_panes() {
        let contents = PaneContents { steps: 12, thresholds: 3, log: 8, fleet: false };
        assert_eq!(heights(24, contents), [1, 1, 0, 5, 8, 5, 3, 1]);
        assert_eq!(heights(34, contents), [1, 1, 0, 5, 15, 5, 6, 1]);
        assert_eq!(heights(60, contents), [1, 1, 0, 8, 34, 5, 10, 1], "the steps get what nobody needs");
    }
}
