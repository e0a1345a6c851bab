//! The constant pool of a Java class file: JVM specification, chapter 4. Code is not looked at: what a class can call
//! stands in its constants.

/// The largest class that is read; the format allows methods of 64 KiB.
pub(super) const MAX_CLASS: u64 = 8 << 20;

/// What a class says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Class {
    /// Its name, with slashes.
    pub(super) name: String,
    /// Its parent's name.
    pub(super) parent: String,
    /// Interfaces that it implements.
    pub(super) interfaces: Vec<String>,
    /// Classes that it names.
    pub(super) classes: Vec<String>,
    /// Methods that it calls: class and name.
    pub(super) calls: Vec<(String, String)>,
    /// Its string literals.
    pub(super) strings: Vec<String>,
    /// All other text: descriptors, annotations, names.
    pub(super) texts: Vec<String>,
}

enum Constant {
    Text(String),
    Class(u16),
    Literal(u16),
    Member(u16, u16),
    NameAndType(u16),
    Other,
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
    fn u1(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }
    fn u2(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }
}

/// Reads a class; `None` when the bytes are none.
pub(super) fn parse(bytes: &[u8]) -> Option<Class> {
    let mut bytes = Bytes(bytes);
    if bytes.take(4)? != [0xca, 0xfe, 0xba, 0xbe] {
        return None;
    }
    bytes.take(4)?;
    let pool = pool(&mut bytes)?;
    bytes.u2()?;
    let text = |index: u16| match pool.get(usize::from(index)) {
        Some(Constant::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let class = |index: u16| match pool.get(usize::from(index)) {
        Some(Constant::Class(name)) => text(*name),
        _ => None,
    };
    let mut out = Class { name: class(bytes.u2()?)?, ..Class::default() };
    out.parent = class(bytes.u2()?).unwrap_or_default();
    let interfaces = bytes.u2()?;
    for _ in 0..interfaces {
        out.interfaces.extend(class(bytes.u2()?));
    }
    for constant in &pool {
        match constant {
            Constant::Class(name) => out.classes.extend(text(*name)),
            Constant::Literal(name) => out.strings.extend(text(*name)),
            Constant::Member(owner, member) => {
                if let Some(Constant::NameAndType(name)) = pool.get(usize::from(*member)) {
                    out.calls.extend(class(*owner).zip(text(*name)));
                }
            }
            Constant::Text(text) => out.texts.push(text.clone()),
            Constant::NameAndType(_) | Constant::Other => {}
        }
    }
    Some(out)
}

fn pool(bytes: &mut Bytes<'_>) -> Option<Vec<Constant>> {
    let count = usize::from(bytes.u2()?);
    let mut pool = Vec::with_capacity(count.min(4096));
    pool.push(Constant::Other);
    while pool.len() < count {
        let constant = match bytes.u1()? {
            1 => {
                let length = usize::from(bytes.u2()?);
                // Modified UTF-8 differs for NUL and for characters beyond the basic plane only.
                Constant::Text(String::from_utf8_lossy(bytes.take(length)?).into_owned())
            }
            3 | 4 | 17 | 18 => bytes.take(4).map(|_| Constant::Other)?,
            5 | 6 => {
                bytes.take(8)?;
                pool.push(Constant::Other);
                Constant::Other
            }
            7 => Constant::Class(bytes.u2()?),
            8 => Constant::Literal(bytes.u2()?),
            9..=11 => Constant::Member(bytes.u2()?, bytes.u2()?),
            12 => {
                let name = bytes.u2()?;
                bytes.u2()?;
                Constant::NameAndType(name)
            }
            15 => bytes.take(3).map(|_| Constant::Other)?,
            16 | 19 | 20 => bytes.take(2).map(|_| Constant::Other)?,
            _ => return None,
        };
        pool.push(constant);
    }
    Some(pool)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut class = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61];
            class.extend(bytes);
            let _ = parse(&class);
        }
    }
}
