//! The engine worker: starts the message loop.

fn main() {
    daneel_web::engine::start();
}
