//! The program itself: its version, its completions, and the addresses that it listens on.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use super::{Shop, ended, program};

#[tokio::test(flavor = "multi_thread")]
async fn the_program_prints_its_version_and_a_script() {
    let version = ended(program(&["--version"])).await;
    assert_eq!(
        version.out,
        format!("counter (djstripe-core {})\n", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!((version.code, &*version.err), (0, ""));

    let script = ended(program(&["completions", "bash"])).await;
    assert_eq!(script.code, 0, "{script:?}");
    // A real shell completes with it.
    let test = "source /dev/stdin
        COMP_WORDS=(counter endpoints mig) COMP_CWORD=2
        _counter counter mig endpoints
        echo ${COMPREPLY[@]}";
    let completed = tokio::task::spawn_blocking(move || {
        let mut bash = Command::new("bash")
            .args(["-c", test])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        bash.stdin
            .take()
            .unwrap()
            .write_all(script.out.as_bytes())
            .unwrap();
        bash.wait_with_output().unwrap()
    });
    let completed = completed.await.unwrap();
    assert_eq!(
        String::from_utf8(completed.stdout).unwrap(),
        "migrate-to-thin\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_to_listen_on_may_be_names_or_ports() {
    let shop = Shop::new().await;
    let mut command = shop.command(&["serve", "--listen", "localhost:0", "--metrics", ":0"]);
    command.stderr(Stdio::piped());
    let log = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut seen = String::new();
        while !seen.contains("listening on ") && log.read_line(&mut seen).unwrap() > 0 {}
        child.kill().unwrap();
        child.wait().unwrap();
        seen
    });
    let log = log.await.unwrap();
    assert!(log.contains("listening on http://127.0.0.1:"), "{log}");
    assert!(log.contains("metrics at http://[::]:") || log.contains("metrics at http://0.0.0.0:"));

    for arguments in [
        ["serve", "--listen", "4242"],
        ["serve", "--metrics", "localhost"],
        ["fake-stripe", "--listen", "http://localhost:1"],
    ] {
        let refused = ended(program(&arguments)).await;
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(
            refused.err.contains("expected an address and a port"),
            "{}",
            refused.err
        );
    }
}
