//! What a person sees in a browser.

use alloc::{format, string::String};

/// A page that says one thing.
pub(super) fn notice(title: &str, text: &str) -> String {
    frame(title, &format!("<p>{}</p>", escape(text)))
}

/// A form that comes back to the same address.
pub(super) struct Ask<'a> {
    pub(super) title: &'a str,
    pub(super) text: &'a str,
    /// What was wrong with the last try.
    pub(super) problem: Option<&'a str>,
    /// What is sent back as it is.
    pub(super) hidden: &'a [(&'a str, &'a str)],
    /// The code of a device, where one has to be typed.
    pub(super) user_code: Option<&'a str>,
    /// Whether name and password are asked for; with a name to begin with.
    pub(super) sign_in: Option<&'a str>,
}

impl Ask<'_> {
    pub(super) fn page(&self) -> String {
        let mut form = format!("<p>{}</p>", escape(self.text));
        if let Some(problem) = self.problem {
            form += &format!("<p role=\"alert\"><b>{}</b></p>", escape(problem));
        }
        form += "<form method=\"post\">";
        for (name, value) in self.hidden {
            let (name, value) = (escape(name), escape(value));
            form += &format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
        }
        if let Some(code) = self.user_code {
            form += &input("Code", "user_code", "text", "off", code);
        }
        if let Some(name) = self.sign_in {
            form += &input("Address", "username", "email", "username", name);
            form += &input("Password", "password", "password", "current-password", "");
        }
        form += "<p><button name=\"verdict\" value=\"allow\">Allow</button> \
                 <button name=\"verdict\" value=\"deny\" formnovalidate>Deny</button></form>";
        frame(self.title, &form)
    }
}

fn input(label: &str, name: &str, kind: &str, complete: &str, value: &str) -> String {
    format!(
        "<p><label>{label}<br><input name=\"{name}\" type=\"{kind}\" autocomplete=\"{complete}\" \
         value=\"{}\" required></label></p>",
        escape(value)
    )
}

fn frame(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <style>body{{font:1rem sans-serif;margin:3rem auto;max-width:30rem;padding:0 1rem}}\
         input{{font:inherit;width:100%}}button{{font:inherit}}</style>\
         <h1>{title}</h1>{body}</html>\n"
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_from_outside_stays_text() {
        let page = notice("<script>", "\"'&");
        assert!(page.contains("<h1>&lt;script&gt;</h1>"));
        assert!(page.contains("<p>&quot;&#39;&amp;</p>"));
    }
}
