//! Tests how accurately durations are kept, and that merging is exact.

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer, V2Serializer};

use super::*;

fn of(values: impl IntoIterator<Item = u64>) -> Durations {
    let mut durations = Durations::default();
    values.into_iter().for_each(|us| durations.record_us(us));
    durations
}

#[test]
fn percentiles_are_nearest_rank() {
    let d = of(1..=1000);
    assert_eq!(d.percentiles_us(), [500, 660, 750, 800, 900, 950, 980, 990, 999, 1000, 1000]);
    assert_eq!((d.min_us(), d.max_us(), d.count()), (1, 1000, 1000));
    assert_eq!(d.mean_us(), 500.5);
    assert_eq!(Durations::default().percentiles_us(), [0; 11]);
}

#[test]
fn a_percentile_never_leaves_the_exact_bounds() {
    let d = of([1_234_567]);
    assert_eq!(d.percentiles_us(), [1_234_567; 11]);
    let d = of([1_234_567, 9_876_543]);
    assert_eq!(d.quantile_us(1.0), 9_876_543);
    assert!(d.quantile_us(0.5) >= 1_234_567 && d.quantile_us(0.5) < 1_236_000);
    let days = of([micros(Duration::from_secs(10 * 86_400))]);
    assert_eq!(days.quantile_us(0.99), 864_000_000_000);
    assert_eq!(of([0]).percentiles_us(), [0; 11]);
}

#[test]
fn merging_ranges_of_different_reach_is_exact() {
    let whole = of([3, 50, 70_000, 5_000_000]);
    for (a, b) in [(of([3]), of([50, 70_000, 5_000_000])), (of([5_000_000]), of([3, 50, 70_000]))] {
        let mut ab = a.clone();
        ab.merge(&b);
        let mut ba = b.clone();
        ba.merge(&a);
        assert_eq!(ab, whole);
        assert_eq!(ba, whole);
        assert_eq!(whole, ab);
    }
}

#[test]
fn taking_leaves_nothing_behind() {
    let mut d = of([5_000_000, 7]);
    assert_eq!(d.take(), of([7, 5_000_000]));
    assert_eq!(d, Durations::default());
    d.record_us(40);
    assert_eq!(d, of([40]));
    assert_eq!(d.percentiles_us(), [40; 11]);
}

#[test]
fn durations_survive_json() {
    let d = of([1, 2, 3, 4_000_000]);
    let json = serde_json::to_string(&d).unwrap();
    assert!(json.starts_with(r#"{"count":4,"sum_us":4000006,"min_us":1,"max_us":4000000,"histogram":"HISTF"#));
    let mut back: Durations = serde_json::from_str(&json).unwrap();
    assert_eq!(back, d);
    back.record_us(90_000_000);
    assert_eq!(back.max_us(), 90_000_000);
    assert_eq!(serde_json::to_string(&Durations::default()).unwrap(), r#"{"count":0,"sum_us":0,"min_us":0,"max_us":0}"#);
}

#[test]
fn durations_from_v2_are_added_exactly() {
    let mut whole = Durations::default();
    let mut merged = Durations::default();
    let mut us = 1u64;
    for round in 0..60u64 {
        let part = of((0..round).map(|n| {
            us = us.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (us >> 20) % (1 << (n % 43))
        }));
        whole.merge(&part);
        merged.merge_v2(&part.summary(), &part.to_v2()).unwrap();
    }
    assert_eq!(merged, whole);
    assert_eq!(merged.percentiles_us(), whole.percentiles_us());
    let many = of(std::iter::repeat_n(77, 20_000));
    let mut back = Durations::default();
    back.merge_v2(&many.summary(), &many.to_v2()).unwrap();
    assert_eq!(back, many);
}

#[test]
fn damaged_v2_is_refused() {
    let part = of([5, 6_000]);
    let (summary, bytes) = (part.summary(), part.to_v2());
    let read = |bytes: &[u8]| Durations::default().merge_v2(&summary, bytes).unwrap_err();
    assert_eq!(read(&bytes[..bytes.len() - 1]), "a histogram is cut off");
    assert_eq!(read(b"HIST"), "a histogram is not in HdrHistogram's V2 format with three digits");
    let three = Summary { count: 3, ..summary };
    assert!(Durations::default().merge_v2(&three, &bytes).unwrap_err().contains("holds 2 values where its count says 3"));
}

#[test]
fn a_damaged_histogram_is_refused() {
    let mut packed = PackedDurations::from(of([1, 2]));
    packed.summary.count = 3;
    assert_eq!(Durations::try_from(&packed).unwrap_err(), "a histogram holds 2 values where its count says 3");
    packed.histogram = "AAAA".into();
    assert_eq!(Durations::try_from(&packed).unwrap_err(), "a histogram is not in HdrHistogram's V2 compressed format");
    let whole = BASE64.decode(PackedDurations::from(of([1, 2])).histogram).unwrap();
    packed.histogram = BASE64.encode(&whole[..whole.len() - 1]);
    assert_eq!(Durations::try_from(&packed).unwrap_err(), "a histogram is cut off");
    let mut wrong = whole;
    wrong[12] ^= 0xff;
    packed.histogram = BASE64.encode(wrong);
    assert!(Durations::try_from(packed).is_err());
}

#[test]
fn hdrhistogram_reads_what_is_written_and_writes_what_is_read() {
    for values in [vec![0], vec![7], (0..3_000).map(|nth| nth * nth * 11).collect::<Vec<u64>>(), vec![1, 86_400_000_000]] {
        let ours = of(values.iter().copied());
        let mut theirs = Histogram::<u64>::new(3).unwrap();
        values.iter().for_each(|us| theirs.record(*us).unwrap());
        let read = |bytes: &[u8]| Deserializer::new().deserialize::<u64, _>(&mut &*bytes).unwrap();
        let packed = PackedDurations::from(&ours);
        assert_eq!(read(&ours.to_v2()), theirs);
        assert_eq!(read(&BASE64.decode(&packed.histogram).unwrap()), theirs);
        let (mut v2, mut compressed) = (Vec::new(), Vec::new());
        V2Serializer::new().serialize(&theirs, &mut v2).unwrap();
        V2DeflateSerializer::new().serialize(&theirs, &mut compressed).unwrap();
        let mut merged = Durations::default();
        merged.merge_v2(&ours.summary(), &v2).unwrap();
        assert_eq!(merged, ours);
        assert_eq!(Durations::try_from(PackedDurations { histogram: BASE64.encode(compressed), ..packed }).unwrap(), ours);
        let exact: Vec<u64> =
            PERCENTILES.iter().map(|quantile| theirs.value_at_quantile(*quantile).clamp(ours.min_us(), ours.max_us())).collect();
        assert_eq!(ours.percentiles_us()[..10], exact[..10]);
    }
}
