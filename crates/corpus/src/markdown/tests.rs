//! Markdown of real posts, and what generators put into it.

use crate::Slugger;

use super::outline;

/// Sections as `path #anchor | text`, paragraphs separated by `/`.
fn sections(body: &str) -> String {
    render(body, false)
}

fn render(body: &str, is_mdx: bool) -> String {
    let mut outline = outline(body, is_mdx).unwrap();
    outline.fill_anchors(&mut Slugger::new());
    let title = outline.title().unwrap_or_default().to_owned();
    let sections = outline.into_sections(&title);
    let line = |s: &crate::Section| {
        let anchor = s.anchor.as_ref().map(|anchor| format!(" #{anchor}")).unwrap_or_default();
        format!("{}{anchor} | {}", s.headings.join(" > "), s.text.replace("\n\n", " / "))
    };
    sections.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn headings_lists_tables_and_code() {
    let body = r"
# Title

Intro with *emphasis*, `code`, a [link](x.md) and
a soft break.

## First part {#custom}

- one
- two
  continued
    1. nested

| Name | Size |
|------|-----:|
| a    |    1 |

### Deep

```rust
fn main() {

    run();
}
```

## First part
> quoted[^1]

[^1]: A note.

![alt text](picture.png)
";
    insta::assert_snapshot!(sections(body), @"
     | Intro with emphasis, code, a link and a soft break.
    First part #custom | - one / - two continued / 1. nested / Name: a; Size: 1
    First part > Deep #deep | fn main() {
        run();
    }
    First part #first-part | quoted / A note.
    ");
}

#[test]
fn steps_keep_their_numbers_and_definitions_their_terms() {
    let body = r"
Do this:

3. Open it.

   Then wait.
4. ```
   cargo run
     --release
   ```
   - a detail
5. Close it.

- [x] done
- [ ] open

Robot
: A machine that works.
: Also a play.

| | A |
|-|---|
| x | 1 |
| | |

| a | b |
|---|---|
";
    insta::assert_snapshot!(sections(body), @"
     | Do this: / 3. Open it. / Then wait. / 4. cargo run
      --release / - a detail / 5. Close it. / - [x] done / - [ ] open / Robot: A machine that works. / Robot: Also a play. / x; A: 1
    ");
}

#[test]
fn raw_html_gives_its_text_and_scripts_nothing() {
    let body = r#"
Before <b>bold</b><br>line <script>alert(1)</script> after.

<div class="note">
  <p>In a <em>div</em></p>
  <script>

  evil()

  </script>
</div>

<details><summary>More</summary>

Hidden *text*.

</details>

## Heading <script>alert("x")</script> end

<style>p { color: red }</style>
<!-- a comment

over lines -->
Done.

> ```
> {{ kept }}
> ```

Out {{ dropped }} again.
"#;
    insta::assert_snapshot!(sections(body), @"
     | Before bold
    line after. / In a div / More / Hidden text.
    Heading end #heading-end | Done. / {{ kept }} / Out again.
    ");
}

#[test]
fn template_tags_are_dropped_outside_code() {
    let body = r#"
{% include toc.html %}

Text {{ site.title }} and `{{ kept }}` with {{< ref "x.md" >}}.

{% highlight ruby %}
puts "hi"
{% endhighlight %}

A paragraph.
{: .class #id}

```liquid
{{ also kept }}
<!-- and this -->
```

An unclosed {{ brace and <!-- comment, `tick.
"#;
    insta::assert_snapshot!(sections(body), @r#"
     | Text and {{ kept }} with . / puts "hi" / A paragraph. / {{ also kept }}
    <!-- and this --> / An unclosed {{ brace and <!-- comment, `tick.
    "#);
}

#[test]
fn mdx_imports_are_dropped() {
    let body = "import Tabs from '@theme/Tabs';\nexport const x = {\n  a: 1,\n};\n\nText.\n\n```js\nimport kept from 'x';\n```\n\n<Tabs>\n\nInside.\n\n</Tabs>\n";
    insta::assert_snapshot!(render(body, true), @" | Text. / import kept from 'x'; / Inside.");
}
