//! Line icons, drawn here so that nothing is loaded for them.

use leptos::prelude::*;

/// What an icon shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// An arrow up: send.
    Send,
    /// A square: stop.
    Stop,
    /// A pencil on a sheet: new conversation.
    Compose,
    /// Three lines: menu.
    Menu,
    /// A cross: close.
    Close,
    /// A bin: delete.
    Delete,
    /// Two sheets: copy.
    Copy,
    /// A tick: done.
    Done,
    /// A round arrow: again.
    Again,
    /// An arrow out of a box: opens elsewhere.
    Open,
    /// A downward angle: expand.
    Expand,
    /// A shield: private.
    Shield,
    /// A warning triangle.
    Warning,
    /// A nib: written.
    Written,
    /// Quotation marks: quoted.
    Quoted,
    /// A magnifying glass.
    Search,
}

impl Shape {
    fn path(self) -> &'static str {
        match self {
            Self::Send => "M12 19V5M5.5 11.5 12 5l6.5 6.5",
            Self::Stop => "M7 7h10v10H7z",
            Self::Compose => {
                "M12 5H6a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2v-6M18.4 3.6a2 2 0 0 1 2.8 2.8L13 14.6 9 15.5l.9-4z"
            }
            Self::Menu => "M4 7h16M4 12h16M4 17h10",
            Self::Close => "M6 6l12 12M18 6 6 18",
            Self::Delete => "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10 11v5M14 11v5",
            Self::Copy => "M9 9h10v11H9zM5 15V4h10",
            Self::Done => "M5 12.5 10 17.5 19.5 7",
            Self::Again => "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4v5h-5",
            Self::Open => {
                "M13 5h6v6M19 5l-9 9M17 14v4a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 5 18V9a1.5 1.5 0 0 1 1.5-1.5H10"
            }
            Self::Expand => "M6.5 9.5 12 15l5.5-5.5",
            Self::Shield => "M12 3.5 5 6v5.5c0 4.2 2.9 7.4 7 9 4.1-1.6 7-4.8 7-9V6zM9 12l2.2 2.2L15.2 10",
            Self::Warning => "M12 4.5 3 19.5h18zM12 10.5v4M12 17v.1",
            Self::Written => "M4 20l1-5L16 4l4 4L9 19zM13.5 6.5l4 4",
            Self::Quoted => {
                "M10 7H5.5v5.5H10zM10 12.5c0 2.5-1.5 4-4 4.5M18.5 7H14v5.5h4.5zM18.5 12.5c0 2.5-1.5 4-4 4.5"
            }
            Self::Search => "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 20 20",
        }
    }
}

/// An icon beside a text, or in a button that has a label: it says nothing itself.
#[component]
pub fn Icon(
    /// What it shows.
    shape: Shape,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=shape.path() />
        </svg>
    }
}
