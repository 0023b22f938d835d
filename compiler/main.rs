//! The `ltc` command.

fn main() -> std::process::ExitCode {
    ltc::cli::main()
}
