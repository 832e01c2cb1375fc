//! The views, one component a file.
//!
//! What tests can hold on to:
//!
//! | part | role and name, or `data-testid` |
//! |---|---|
//! | question box | `textbox` named `composer_label` ("Your question"), `composer` |
//! | send, stop | `button`, `send` and `stop`; one of them is there at a time |
//! | conversation | `log`-free `main`, `messages`; each exchange is an `article`, `exchange`, with `data-state` `open`, `done` or `failed` |
//! | question, answer | `question`, `answer` |
//! | how it was answered | `answer-kind` with `data-kind` `generated`, `extractive`, `not_found` |
//! | citation | link `citation` with `data-number` |
//! | source card | `source-card` with `data-number`; its link to the post is `source-link` |
//! | quick results | `quick-results` with `data-tier`, links `quick-result` |
//! | loading | `stage-index`, `stage-embedder`, `stage-chat`, each with `data-state` and a `progressbar`; `status` with `data-ability` |
//! | others | `new-conversation`, `regenerate`, `copy`, `suggestion`, `history-item`, `notice`, `speed` |

mod answer;
mod app;
mod citation;
mod composer;
mod conversation;
mod exchange;
mod icon;
mod live_region;
mod loading;
mod markdown;
mod notices;
mod preferences;
mod quick_results;
mod sidebar;
mod source_card;
mod status;
mod welcome;

pub use app::App;
