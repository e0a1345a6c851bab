//! A small writer of Java class files (JVM specification, chapter 4), so that plugins are built without a JDK.
//!
//! Methods are straight-line code, and the files are of version 49, which needs no stack maps.

/// A class that is being written.
#[derive(Debug)]
pub struct ClassFile {
    pool: Vec<u8>,
    entries: u16,
    known: std::collections::BTreeMap<(u8, Vec<u8>), u16>,
    this: u16,
    parent: u16,
    methods: Vec<u8>,
    count: u16,
}

/// Straight-line code of one method.
#[derive(Debug, Default)]
pub struct Code(Vec<u8>);

impl ClassFile {
    /// A public class with a parent; names as in `java/lang/Object`.
    pub fn new(name: &str, parent: &str) -> Self {
        let mut class = Self {
            pool: Vec::new(),
            entries: 0,
            known: std::collections::BTreeMap::new(),
            this: 0,
            parent: 0,
            methods: Vec::new(),
            count: 0,
        };
        class.this = class.class(name);
        class.parent = class.class(parent);
        class
    }

    fn entry(&mut self, tag: u8, body: &[u8]) -> u16 {
        let key = (tag, body.to_vec());
        if let Some(index) = self.known.get(&key) {
            return *index;
        }
        self.pool.push(tag);
        self.pool.extend_from_slice(body);
        self.entries += 1;
        self.known.insert(key, self.entries);
        self.entries
    }

    fn utf8(&mut self, text: &str) -> u16 {
        let mut body = (text.len() as u16).to_be_bytes().to_vec();
        body.extend_from_slice(text.as_bytes());
        self.entry(1, &body)
    }

    /// A class in the pool.
    pub fn class(&mut self, name: &str) -> u16 {
        let name = self.utf8(name);
        self.entry(7, &name.to_be_bytes())
    }

    /// A string constant.
    pub fn string(&mut self, text: &str) -> u16 {
        let text = self.utf8(text);
        self.entry(8, &text.to_be_bytes())
    }

    fn member(&mut self, tag: u8, class: &str, name: &str, descriptor: &str) -> u16 {
        let class = self.class(class);
        let (name, descriptor) = (self.utf8(name), self.utf8(descriptor));
        let both = [name.to_be_bytes(), descriptor.to_be_bytes()].concat();
        let name_and_type = self.entry(12, &both);
        self.entry(tag, &[class.to_be_bytes(), name_and_type.to_be_bytes()].concat())
    }

    /// A method of a class.
    pub fn method_ref(&mut self, class: &str, name: &str, descriptor: &str) -> u16 {
        self.member(10, class, name, descriptor)
    }

    /// A method of an interface.
    pub fn interface_ref(&mut self, class: &str, name: &str, descriptor: &str) -> u16 {
        self.member(11, class, name, descriptor)
    }

    /// Adds a method with its code; flags 1 public, 4 protected.
    pub fn method(&mut self, flags: u16, name: &str, descriptor: &str, locals: u16, code: &Code) {
        let (name, descriptor, attribute) = (self.utf8(name), self.utf8(descriptor), self.utf8("Code"));
        for word in [flags, name, descriptor, 1, attribute] {
            self.methods.extend_from_slice(&word.to_be_bytes());
        }
        self.methods.extend_from_slice(&(code.0.len() as u32 + 12).to_be_bytes());
        self.methods.extend_from_slice(&8_u16.to_be_bytes());
        self.methods.extend_from_slice(&locals.to_be_bytes());
        self.methods.extend_from_slice(&(code.0.len() as u32).to_be_bytes());
        self.methods.extend_from_slice(&code.0);
        self.methods.extend_from_slice(&[0, 0, 0, 0]);
        self.count += 1;
    }

    /// A constructor that calls the parent's.
    pub fn constructor(&mut self, parent: &str) {
        let parent = self.method_ref(parent, "<init>", "()V");
        let code = Code::default().load(0).invoke_special(parent).op(0xb1);
        self.method(1, "<init>", "()V", 1, &code);
    }

    /// The bytes.
    pub fn bytes(self) -> Vec<u8> {
        let mut out = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 49];
        out.extend_from_slice(&(self.entries + 1).to_be_bytes());
        out.extend_from_slice(&self.pool);
        // public, super; no interfaces, no fields.
        for word in [0x21, self.this, self.parent, 0, 0, self.count] {
            out.extend_from_slice(&word.to_be_bytes());
        }
        out.extend_from_slice(&self.methods);
        out.extend_from_slice(&[0, 0]);
        out
    }
}

impl Code {
    /// An instruction of one byte.
    pub fn op(mut self, op: u8) -> Self {
        self.0.push(op);
        self
    }

    fn with(mut self, op: u8, index: u16) -> Self {
        self.0.push(op);
        self.0.extend_from_slice(&index.to_be_bytes());
        self
    }

    /// `aload`: a local reference on the stack.
    pub fn load(self, local: u8) -> Self {
        self.op(0x19).op(local)
    }

    /// `astore`: into a local.
    pub fn store(self, local: u8) -> Self {
        self.op(0x3a).op(local)
    }

    /// `ldc_w`: a constant on the stack.
    pub fn constant(self, index: u16) -> Self {
        self.with(0x13, index)
    }

    /// `new`.
    pub fn new_object(self, class: u16) -> Self {
        self.with(0xbb, class)
    }

    /// `invokevirtual`.
    pub fn invoke(self, method: u16) -> Self {
        self.with(0xb6, method)
    }

    /// `invokespecial`.
    pub fn invoke_special(self, method: u16) -> Self {
        self.with(0xb7, method)
    }

    /// `invokestatic`.
    pub fn invoke_static(self, method: u16) -> Self {
        self.with(0xb8, method)
    }

    /// `invokeinterface` with so many argument words.
    pub fn invoke_interface(self, method: u16, words: u8) -> Self {
        self.with(0xb9, method).op(words).op(0)
    }
}
