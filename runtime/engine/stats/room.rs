//! Memory that the statistics of a test take when the test begins.
//!
//! A page that is only reserved is not in memory until something is written to it. A long test that writes to one reserved page after the
//! other would seem to leak. So the pages of the results are written once, at the start.

/// An empty vector whose memory for `capacity` elements has been written. `fill` must have a bit that is not zero, because the system also
/// provides zeros without memory.
pub(super) fn taken<T: Clone>(capacity: usize, fill: T) -> Vec<T> {
    let mut room = vec![fill; capacity];
    room.clear();
    room
}

#[cfg(test)]
#[cfg(target_os = "linux")]
pub(super) mod tests {
    use std::os::unix::fs::FileExt as _;
    use std::sync::LazyLock;

    use super::*;

    /// Whether all memory that a vector has reserved is in the memory of this process (proc(5), `/proc/PID/pagemap`).
    pub(in super::super) fn is_in_memory<T>(vec: &Vec<T>) -> bool {
        /// The bit of a page that is in memory, and that of a page in the swap space.
        const PRESENT: u64 = 0b11 << 62;
        let page = *PAGE_SIZE;
        let pagemap = std::fs::File::open("/proc/self/pagemap").unwrap();
        let begin = vec.as_ptr().addr();
        let end = begin + vec.capacity() * size_of::<T>();
        (begin / page..end.div_ceil(page)).all(|number| {
            let mut entry = [0; 8];
            pagemap.read_exact_at(&mut entry, number as u64 * 8).unwrap();
            u64::from_ne_bytes(entry) & PRESENT != 0
        })
    }

    /// The size of a page, in bytes.
    static PAGE_SIZE: LazyLock<usize> = LazyLock::new(|| {
        let text = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let kib = text.lines().find_map(|line| line.strip_prefix("KernelPageSize:")?.trim().strip_suffix(" kB")).unwrap();
        kib.parse::<usize>().unwrap() * 1024
    });

    #[test]
    fn memory_is_taken_at_once_and_not_only_reserved() {
        // Large enough for a mapping of its own, of which no page was used before.
        const BYTES: usize = 64 << 20;
        assert!(!is_in_memory(&Vec::<u8>::with_capacity(BYTES)));
        assert!(is_in_memory(&taken(BYTES, 1_u8)));
    }
}
