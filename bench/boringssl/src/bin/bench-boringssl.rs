//! BoringSSL as a peer of the benchmark.

fn main() -> std::process::ExitCode {
    bench_boringssl::main()
}
