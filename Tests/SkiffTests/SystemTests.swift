import Foundation
import Testing

@testable import skiff

@Suite struct SystemTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("skiff-test-\(UUID().uuidString)").path
    try Files.makeDirectory(folder + "/a/b")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  @Test func mountsAreReadWithTheirEscapes() {
    let text = """
      36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
      40 35 0:30 / /sys/fs/cgroup/pids rw,relatime shared:9 - cgroup cgroup rw,pids

      broken
      """
    #expect(
      MountTable.parse(text) == [
        MountTable.Mount(mountPoint: "/mnt 2", type: "ext3", superOptions: "rw,errors=continue"),
        MountTable.Mount(mountPoint: "/sys/fs/cgroup/pids", type: "cgroup", superOptions: "rw,pids"),
      ])
  }

  @Test func aFileIsWrittenWholeAndATreeRemovedWhole() throws {
    try withFolder { folder in
      try Files.write([1, 2, 3], to: "\(folder)/a/b/file", mode: 0o600)
      #expect(try Files.readIfPresent("\(folder)/a/b/file") == [1, 2, 3])
      #expect(try Files.readIfPresent("\(folder)/a/none") == nil)
      #expect(Files.list("\(folder)/a/b") == ["file"])
      #expect(symlink("/etc", "\(folder)/a/link") == 0)
      try Files.removeTree("\(folder)/a")
      #expect(!Files.exists("\(folder)/a"))
      #expect(Files.exists("/etc/passwd"))
    }
  }

  @Test func errorsNameTheFile() {
    #expect {
      try Files.write([1], to: "/nowhere/at/all")
    } throws: { "\($0)".contains("/nowhere/at/all") && "\($0)".contains("No such file") }
  }

  @Test func aProgramIsFoundOnThePath() {
    #expect(Files.program("sh")?.hasSuffix("/sh") == true)
    #expect(Files.program("no-such-program") == nil)
  }

  @Test func columnsAreAligned() {
    #expect(Table.aligned([["A", "LONG"], ["abc", ""], ["x", "y"]]) == ["A     LONG", "abc", "x     y"])
  }

  @Test func addressesAreReadWithTheirPorts() {
    #expect(TelemetryAddress(argument: "127.0.0.1:80")?.host == "127.0.0.1")
    #expect(TelemetryAddress(argument: "[::1]:80")?.host == "::1")
    #expect(TelemetryAddress(argument: "[::1]:80")?.description == "[::1]:80")
    for bad in ["", ":80", "a", "a:b", "a:65536"] { #expect(TelemetryAddress(argument: bad) == nil) }
  }

  @Test func aLockIsHeldByOneProcess() throws {
    try withFolder { folder in
      let path = "\(folder)/lock"
      #expect(DaemonLock.holder(path) == nil)
      // The lock is one process's, so another one must hold it: perl is part of every Debian.
      let perl = try #require(Files.program("perl"))
      let holder = try ChildProcess.spawn([perl, "-e", Self.perlHolder, path], log: "\(folder)/log")
      defer { kill(holder.pid, SIGKILL) }
      let deadline = ContinuousClock.now + .seconds(30)
      while try Files.readIfPresent("\(folder)/log") != Array("y".utf8) {
        try #require(ContinuousClock.now < deadline, "perl does not take the lock")
        usleep(5_000)
      }
      #expect(DaemonLock.holder(path) == holder.pid)
      #expect {
        try DaemonLock.acquire(path, for: "the test")
      } throws: { "\($0)" == "the test is running already (pid \(holder.pid))" }
      kill(holder.pid, SIGTERM)
      #expect(holder.wait() == "signal 15")
      #expect(DaemonLock.holder(path) == nil)
    }
  }

  /// Takes a POSIX record lock with the layout of `struct flock` on 64-bit Linux, says so, and waits.
  private static let perlHolder = """
    use Fcntl; $| = 1; open(F, '+>', $ARGV[0]) or die;
    my $l = pack('s s x4 q q l x4', F_WRLCK, 0, 0, 0, 0); fcntl(F, F_SETLK, $l) or die; print 'y'; sleep 60;
    """
}
