//! What stands before a block that does not say it itself: the number of a list item, the term of a definition.

/// Lists and terms that are open at a point of a text.
#[derive(Debug, Default)]
pub(crate) struct Lead {
    /// Next number of each open list, the innermost last; `None` where items have none.
    lists: Vec<Option<u64>>,
    /// Terms of the next definition, or of the one just read.
    terms: Vec<String>,
    /// Whether those have a definition already.
    is_defined: bool,
    /// What the next block begins with.
    pending: String,
}

impl Lead {
    /// A list begins; `first` is the number of its first item, if its items are numbered.
    pub fn open_list(&mut self, first: Option<u64>) {
        self.lists.push(first);
    }

    /// The innermost list ends.
    pub fn close_list(&mut self) {
        self.lists.pop();
    }

    /// An item begins; `number` overrides the list's count.
    pub fn open_item(&mut self, number: Option<u64>) {
        self.pending = match self.lists.last_mut() {
            Some(Some(next)) => {
                let number = number.unwrap_or(*next);
                *next = number.saturating_add(1);
                format!("{number}. ")
            }
            _ => "- ".to_owned(),
        };
    }

    /// A term has been read; several may share one definition.
    pub fn term(&mut self, term: &str) {
        if std::mem::take(&mut self.is_defined) {
            self.terms.clear();
        }
        let term = term.trim().trim_end_matches(':').to_owned();
        if !term.is_empty() {
            self.terms.push(term);
        }
    }

    /// A definition of the terms before it begins; there may be several.
    pub fn open_definition(&mut self) {
        if !self.terms.is_empty() {
            self.pending = format!("{}: ", self.terms.join(", "));
            self.is_defined = true;
        }
    }

    /// An item or definition ends: what had no text has no lead either.
    pub fn close(&mut self) {
        self.pending.clear();
    }

    /// A list of definitions ends; gives the terms that no definition followed.
    pub fn close_definitions(&mut self) -> Vec<String> {
        let terms = std::mem::take(&mut self.terms);
        if std::mem::take(&mut self.is_defined) { Vec::new() } else { terms }
    }

    /// Puts the lead before a block that has text.
    pub fn apply(&mut self, block: String) -> String {
        if self.pending.is_empty() || block.trim().is_empty() {
            return block;
        }
        format!("{}{}", std::mem::take(&mut self.pending), block.trim_start())
    }
}
