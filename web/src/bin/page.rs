//! The page: starts the views.

fn main() {
    daneel_web::page::start();
}
