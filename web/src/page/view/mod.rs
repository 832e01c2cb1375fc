//! The views, one component a file.
//!
//! What tests can hold on to:
//!
//! | part | role and name, or `data-testid` |
//! |---|---|
//! | question box | `textbox` named `composer_label` ("Your question"), `composer` |
//! | send, stop | `button`, `send` and `stop`; one of them is there at a time |
//! | conversation | `log`-free `main`, `messages`; each exchange is an `article`, `exchange`, with `data-state` `open`, `done` or `failed` |
//! | question, answer | `question`, `answer`; the question as it was looked up, where that differs, is `rewritten` |
//! | how it was answered | `data-kind` of the exchange: `generated`, `extractive`, `listing`, `conversation`, `not_found`; its name is `answer-kind`, which a conversation has none of |
//! | what is quoted | `quotation`; the words that answer are a `mark` in it |
//! | list of documents | `documents`, each a `document` with a link |
//! | citation | link `citation` with `data-number`, to the words cited; a click opens the card |
//! | passages | `sources` with `data-heading` `found`, `cited` or `nearest` |
//! | source card | `source-card` with `data-number`; its link to the post is `source-link` |
//! | quick results | `quick-results` with `data-tier`, links `quick-result` |
//! | loading | `stage-index`, `stage-embedder`, `stage-chat`, each with `data-state` and a `progressbar`; `status` with `data-ability` |
//! | others | `new-conversation`, `regenerate`, `copy`, `suggestion`, `history-item`, `notice`, `speed` |

mod answer;
mod app;
mod blocks;
mod citation;
mod composer;
mod conversation;
mod exchange;
mod footer;
mod icon;
mod live_region;
mod loading;
mod notices;
mod place;
mod preferences;
mod quick_results;
mod sidebar;
mod source_card;
mod status;
mod welcome;

pub use app::App;
