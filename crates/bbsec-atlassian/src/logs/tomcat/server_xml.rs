//! The access log valve's pattern out of `conf/server.xml` or `context.xml`.

use quick_xml::{Reader, events::Event};

use super::Pattern;

/// A configuration larger than this is none.
const MOST: usize = 4 << 20;

/// Every pattern that an access log valve in this XML has and that can be compiled.
pub(crate) fn patterns_of(xml: &[u8]) -> Vec<Pattern> {
    let mut found = Vec::new();
    let Some(xml) = xml.get(..xml.len().min(MOST)).and_then(|xml| std::str::from_utf8(xml).ok()) else {
        return found;
    };
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) if element.name().as_ref() == "Valve" => {
                let attribute = |name: &str| {
                    let attribute = element.try_get_attribute(name).ok().flatten()?;
                    quick_xml::escape::unescape(&attribute.value).map(std::borrow::Cow::into_owned).ok()
                };
                let is_access_log = attribute("className").is_some_and(|name| name.contains("AccessLog"));
                let pattern = attribute("pattern").filter(|_| is_access_log);
                found.extend(pattern.and_then(|pattern| Pattern::compile(pattern.trim())));
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_valve_is_found_among_others() {
        let xml = br#"<Server><Service><Engine><Host>
            <Valve className="org.apache.catalina.valves.StuckThreadDetectionValve" threshold="60"/>
            <!-- <Valve className="org.apache.catalina.valves.AccessLogValve" pattern="%h"/> -->
            <Valve className="org.apache.catalina.valves.AccessLogValve" pattern="%t &quot;%r&quot; %s"/>
        </Host></Engine></Service></Server>"#;
        assert_eq!(patterns_of(xml), [Pattern::compile("%t \"%r\" %s").unwrap()]);
        assert_eq!(patterns_of(b"<Server><Valve className='AccessLogValve' pattern="), []);
    }
}
