//! What is in a Markdown file for its generator, not for readers: template tags, scripts, comments, imports.

/// Longest template tag, in bytes: what goes on beyond is text that happens to open like one.
const MAX_TAG_BYTES: usize = 2000;

/// The text without `{{ }}`, `{% %}`, `{: }`, HTML comments, scripts and styles, outside code. What Jekyll and Hugo
/// `highlight` becomes a code block.
pub(super) fn without_tags(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut fence: Option<&str> = None;
    let mut rest = text;
    let mut at_line_start = true;
    // Where a comment can still end: looked up once, lest a text full of `<!--` be searched to its end each time.
    let last_comment_end = text.rfind("-->").unwrap_or(0);
    while !rest.is_empty() {
        if at_line_start {
            let line_len = rest.find('\n').map_or(rest.len(), |end| end + 1);
            let line = &rest[..line_len];
            let marker = fence_marker(line);
            match (fence, marker) {
                (None, Some(marker)) => fence = Some(marker),
                (Some(open), Some(close)) if close.starts_with(open) && line.trim_end().ends_with(close) => {
                    fence = None;
                }
                _ => {}
            }
            if fence.is_some() || marker.is_some() {
                clean.push_str(line);
                rest = &rest[line_len..];
                continue;
            }
        }
        let has_comment_end = text.len() - rest.len() < last_comment_end;
        let (kept, skipped) = step(rest, at_line_start, has_comment_end);
        clean.push_str(kept);
        at_line_start = rest[..skipped].ends_with('\n');
        rest = &rest[skipped..];
    }
    clean
}

/// An MDX file without its `import` and `export` statements.
pub(super) fn without_imports(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut fence: Option<&str> = None;
    let mut in_statement = false;
    for line in text.split_inclusive('\n') {
        match (fence, fence_marker(line)) {
            (None, Some(marker)) => fence = Some(marker),
            (Some(open), Some(close)) if close.starts_with(open) => fence = None,
            _ => {}
        }
        let opens = line.starts_with("import ") || line.starts_with("export ");
        in_statement = fence.is_none() && (opens || in_statement) && !line.trim().is_empty();
        if !in_statement {
            clean.push_str(line);
        }
    }
    clean
}

/// The backquotes or tildes that open or close a code block on this line.
fn fence_marker(line: &str) -> Option<&str> {
    let line = line.trim_start_matches([' ', '>', '\t']);
    let marker = line.chars().next().filter(|c| *c == '`' || *c == '~')?;
    let len = line.bytes().take_while(|byte| *byte == marker as u8).count();
    (len >= 3 && !line[len..].contains('`')).then_some(&line[..len])
}

/// The start of `rest`, outside code blocks: what is kept of it, and how many bytes it is.
fn step(rest: &str, at_line_start: bool, has_comment_end: bool) -> (&str, usize) {
    let plain = rest.find(['`', '{', '<', '\n']).unwrap_or(rest.len());
    if plain > 0 {
        return (&rest[..plain], plain);
    }
    let tag = |end: &str| find_near(rest, end).map(|at| at + end.len());
    match rest.as_bytes() {
        [b'`', ..] => {
            let len = code_span(rest);
            (&rest[..len], len)
        }
        [b'{', b'{', ..] => tag("}}").map_or((&rest[..2], 2), |len| (highlight(&rest[2..len - 2]), len)),
        [b'{', b'%', ..] => tag("%}").map_or((&rest[..2], 2), |len| (highlight(&rest[2..len - 2]), len)),
        [b'{', b':', ..] if at_line_start => tag("}").map_or((&rest[..2], 2), |len| ("", len)),
        [b'<', b'!', b'-', b'-', ..] if has_comment_end => {
            rest.find("-->").map_or((&rest[..4], 4), |at| ("", at + 3))
        }
        [b'<', ..] => ["script", "style"]
            .iter()
            .find_map(|name| Some(("", element_len(rest, name)?)))
            .unwrap_or((&rest[..1], 1)),
        _ => (&rest[..1], 1),
    }
}

/// What stands for a template tag: a fence for `highlight`, nothing for all others.
fn highlight(tag: &str) -> &'static str {
    let name = tag.trim_matches(['<', '>', '%', '-', ' ']).split_whitespace().next().unwrap_or_default();
    let is_fence = matches!(name, "highlight" | "endhighlight" | "/highlight");
    if is_fence { "\n```\n" } else { "" }
}

/// Length of the code span that opens `rest`; of its backquotes alone where nothing closes it in the paragraph.
fn code_span(rest: &str) -> usize {
    let n_ticks = rest.bytes().take_while(|byte| *byte == b'`').count();
    let ticks = &rest[..n_ticks];
    let near = near(rest);
    let paragraph = &near[..near.find("\n\n").unwrap_or(near.len())];
    let mut from = n_ticks;
    while let Some(at) = paragraph.get(from..).and_then(|tail| tail.find(ticks)) {
        let start = from + at;
        let len = paragraph[start..].bytes().take_while(|byte| *byte == b'`').count();
        if len == n_ticks {
            return start + len;
        }
        from = start + len;
    }
    n_ticks
}

/// Length of the element `name` that opens `rest`, to its end tag; to the end of the text where there is none.
fn element_len(rest: &str, name: &str) -> Option<usize> {
    let after =
        rest.get(1..=name.len()).filter(|found| found.eq_ignore_ascii_case(name)).map(|_| 1 + name.len())?;
    if rest[after..].starts_with(|c: char| c.is_alphanumeric() || c == '-') {
        return None;
    }
    let mut from = after;
    while let Some(at) = rest[from..].find("</") {
        let start = from + at + 2;
        if rest.get(start..start + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return Some(rest[start..].find('>').map_or(rest.len(), |end| start + end + 1));
        }
        from = start;
    }
    Some(rest.len())
}

fn find_near(rest: &str, end: &str) -> Option<usize> {
    near(rest).find(end)
}

fn near(rest: &str) -> &str {
    &rest[..rest.floor_char_boundary(MAX_TAG_BYTES)]
}
