import Netlink

#if canImport(Glibc)
  import Glibc
#endif

/// A pod of the benchmark: a network namespace that a runtime would have made.
struct BenchPod: Sendable {
  let name: String
  let namespace: NetworkNamespace

  init(_ number: Int) throws {
    name = "bench-\(number)"
    namespace = try NetworkNamespace.make()
  }

  /// A path that other processes open the namespace by.
  var path: String { "/proc/\(getpid())/fd/\(namespace.descriptor)" }
}
