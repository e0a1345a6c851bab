//! What code is able to do, told from the constants of its class or from the text of a page.

use std::collections::BTreeSet;

use super::class::Class;

/// One ability or mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Sign {
    /// Starts processes.
    Exec,
    /// Reads what a request carries.
    Request,
    /// Makes classes out of bytes.
    Define,
    /// Evaluates scripts.
    Script,
    /// Decrypts.
    Cipher,
    /// Decodes Base64.
    Base64,
    /// Reaches into Tomcat to hang in filters or valves.
    Tomcat,
    /// Names a shell.
    Shell,
    /// Carries a text that known web shells carry.
    Known,
    /// Is a servlet or filter.
    Servlet,
    /// Opens sockets of its own.
    Socket,
    /// Writes files.
    Writes,
}

const READS: [&str; 12] = [
    "getParameter",
    "getParameterValues",
    "getParameterMap",
    "getHeader",
    "getHeaders",
    "getInputStream",
    "getReader",
    "getQueryString",
    "getCookies",
    "getPart",
    "getParts",
    "getRequestURI",
];
const TOMCAT: [&str; 9] = [
    "org/apache/catalina/core/StandardContext",
    "org/apache/catalina/core/ApplicationFilterConfig",
    "org/apache/catalina/core/ApplicationContext",
    "org/apache/catalina/core/StandardPipeline",
    "org/apache/catalina/core/StandardWrapper",
    "org/apache/catalina/valves/ValveBase",
    "org/apache/tomcat/util/descriptor/web/FilterDef",
    "org/apache/tomcat/util/descriptor/web/FilterMap",
    "org/apache/catalina/deploy/FilterDef",
];
const SCRIPT: [&str; 6] = [
    "javax/script/ScriptEngineManager",
    "jakarta/script/ScriptEngineManager",
    "groovy/lang/GroovyShell",
    "groovy/lang/GroovyClassLoader",
    "bsh/Interpreter",
    "org/mozilla/javascript/Context",
];
const SHELLS: [&str; 8] =
    ["/bin/sh", "/bin/bash", "cmd.exe", "cmd /c", "powershell", "bash -c", "sh -c", "/dev/tcp/"];
/// Names inside published web shells: Behinder, Godzilla, the servlet shell for Confluence.
const KNOWN: [&str; 9] = [
    "runCmd",
    "RealCMD",
    "buildJson",
    "Shellz yo",
    "executeCmd",
    "e45e329feb5d925b",
    "3c6e0b8a9c15224a",
    "web.shell.Plugin",
    "AES/ECB/NoPadding#payload",
];

/// The signs of a class.
pub(super) fn of_class(class: &Class) -> BTreeSet<Sign> {
    let mut signs = BTreeSet::new();
    let request = |owner: &str| owner.ends_with("ServletRequest") || owner.ends_with("ServletRequestWrapper");
    for (owner, name) in &class.calls {
        match (owner.as_str(), name.as_str()) {
            ("java/lang/Runtime", "exec") | ("java/lang/ProcessBuilder", "start") => {
                signs.insert(Sign::Exec);
            }
            (_, "defineClass" | "defineAnonymousClass" | "defineHiddenClass") => {
                signs.insert(Sign::Define);
            }
            ("java/util/Base64" | "java/util/Base64$Decoder", _) => {
                signs.insert(Sign::Base64);
            }
            (owner, name) if request(owner) && READS.contains(&name) => {
                signs.insert(Sign::Request);
            }
            _ => {}
        }
    }
    for name in class.classes.iter().map(String::as_str) {
        let sign = match name {
            "javax/crypto/Cipher" => Sign::Cipher,
            "sun/misc/BASE64Decoder" | "org/apache/commons/codec/binary/Base64" => Sign::Base64,
            "java/net/Socket" | "java/net/ServerSocket" => Sign::Socket,
            "java/io/FileOutputStream" | "java/nio/file/Files" => Sign::Writes,
            name if SCRIPT.contains(&name) => Sign::Script,
            name if TOMCAT.contains(&name) => Sign::Tomcat,
            _ => continue,
        };
        signs.insert(sign);
    }
    let around = class.interfaces.iter().chain(std::iter::once(&class.parent));
    if around.clone().any(|name| {
        name.ends_with("servlet/http/HttpServlet")
            || name.ends_with("servlet/Filter")
            || name.ends_with("servlet/GenericServlet")
            || name.ends_with("servlet/ServletRequestListener")
    }) {
        signs.insert(Sign::Servlet);
    }
    // REST resources read the request through annotations.
    let rest = |text: &String| {
        (text.starts_with("Ljavax/ws/rs/") || text.starts_with("Ljakarta/ws/rs/"))
            && ["QueryParam;", "FormParam;", "HeaderParam;", "POST;"].iter().any(|end| text.ends_with(end))
    };
    if class.texts.iter().any(rest) {
        signs.insert(Sign::Request);
    }
    of_strings(class, &mut signs);
    signs
}

/// What a class would call by name, through reflection, and what else its literals tell.
fn of_strings(class: &Class, signs: &mut BTreeSet<Sign>) {
    let has = |word: &str| class.strings.iter().any(|text| text == word);
    if has("java.lang.Runtime") && has("exec")
        || has("java.lang.ProcessBuilder")
        || has("java.lang.ProcessImpl")
    {
        signs.insert(Sign::Exec);
    }
    if has("defineClass") {
        signs.insert(Sign::Define);
    }
    if TOMCAT.iter().any(|name| has(&name.replace('/', "."))) {
        signs.insert(Sign::Tomcat);
    }
    if SHELLS.iter().any(|shell| class.strings.iter().any(|text| text.contains(shell))) {
        signs.insert(Sign::Shell);
    }
    let names = class.strings.iter().chain(class.texts.iter());
    if KNOWN.iter().any(|known| names.clone().any(|text| text == known)) {
        signs.insert(Sign::Known);
    }
}

/// The signs of a page with Java in it.
pub(super) fn of_page(text: &str) -> BTreeSet<Sign> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let table: [(Sign, &[&str]); 11] = [
        (Sign::Exec, &["getRuntime(", "ProcessBuilder", "java.lang.Runtime", "ProcessImpl"]),
        (
            Sign::Request,
            &[
                "request.getParameter",
                "request.getHeader",
                "request.getInputStream",
                "request.getReader",
                "request.getCookies",
                "${param.",
                "request.getQueryString",
            ],
        ),
        (Sign::Define, &["defineClass", "URLClassLoader", "extends ClassLoader"]),
        (Sign::Script, &["ScriptEngineManager", "GroovyShell", "getEngineByName"]),
        (Sign::Cipher, &["javax.crypto", "Cipher.getInstance"]),
        (Sign::Base64, &["BASE64Decoder", "Base64.getDecoder", "java.util.Base64"]),
        (Sign::Tomcat, &["StandardContext", "ApplicationFilterConfig", "addFilterMapBefore", "FilterDef"]),
        (Sign::Shell, &SHELLS),
        (Sign::Known, &KNOWN),
        (Sign::Socket, &["java.net.Socket", "new Socket("]),
        (Sign::Writes, &["FileOutputStream", "FileWriter", "Files.write"]),
    ];
    table.into_iter().filter(|(_, words)| has(words)).map(|(sign, _)| sign).collect()
}
