//! The targets of `fuzz/` on their seeds and on seeds that were changed at random: nothing panics, seeds are understood, and
//! most of what is broken is refused.

#[path = "../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "in fuzz/ it is a crate of its own")]
mod bodies;

/// Changed seeds a target.
const CASES: usize = 5000;

/// Numbers that are the same in each run (Marsaglia's xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

/// What breaks parsers: signs, ends of ranges, brackets, long numbers, bytes that are no UTF-8.
const WORDS: [&[u8]; 18] = [
    b"-1",
    b"0",
    b"18446744073709551616",
    b"9223372036854775807",
    b"1e308",
    b"NaN",
    b"null",
    b"{}",
    b"[]",
    b"\"\"",
    b",",
    b"=",
    b"/",
    b"\0",
    b"\xff\xfe",
    "é".as_bytes(),
    b"true",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
];

/// The letters and digits around a place.
fn word_at(bytes: &[u8], at: usize) -> (usize, usize) {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let from = at - bytes[..at].iter().rev().take_while(is_part).count();
    (from, at + bytes[at..].iter().take_while(is_part).count())
}

fn changed(seeds: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = seeds[chance.below(seeds.len())].clone();
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len() + 1);
        let end = at + chance.below((bytes.len() - at).min(16) + 1);
        match chance.below(9) {
            6.. => {
                // a whole word or number, so that what is around it stays sound
                let (at, end) = word_at(&bytes, at);
                let other = &seeds[chance.below(seeds.len())];
                let (from, to) = word_at(other, chance.below(other.len()));
                let new = [WORDS[chance.below(WORDS.len())], &other[from..to]][chance.below(2)];
                bytes.splice(at..end, new.iter().copied());
            }
            0 => drop(bytes.splice(at..end, WORDS[chance.below(WORDS.len())].iter().copied())),
            1 => drop(bytes.drain(at..end)),
            2 => bytes.truncate(at),
            3 => {
                let other = &seeds[chance.below(seeds.len())];
                let from = chance.below(other.len() + 1);
                bytes.splice(at..end, other[from..].iter().take(40).copied());
            }
            4 => bytes.extend_from_within(at..end),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << chance.below(8);
                }
            }
        }
    }
    bytes
}

#[test]
fn whatever_comes_in_is_understood_or_refused() {
    for (name, run, seeds) in bodies::targets() {
        for seed in &seeds {
            assert!(run(seed), "{name}: {}", String::from_utf8_lossy(seed));
        }
        let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
        let understood = (0..CASES).filter(|_| run(&changed(&seeds, &mut chance))).count();
        println!("{name}: {} seeds, {understood} of {CASES} changed ones understood", seeds.len());
        assert!((CASES / 50..CASES * 9 / 10).contains(&understood), "{name}: {understood} of {CASES}");
    }
}
