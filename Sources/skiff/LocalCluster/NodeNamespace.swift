import Netlink

#if canImport(Glibc)
  import Glibc
#endif

/// The network namespace of a node, under a name that `ip netns` lists.
struct NodeNamespace {
  static let folder = "/run/netns"

  let path: String

  /// The namespace; a new one where there is none, or where only the file of one that a reboot ended is left.
  func openOrMake() throws(NetlinkError) -> NetworkNamespace {
    if Files.exists(path) {
      do throws(NetlinkError) {
        return try NetworkNamespace.open(at: path)
      } catch {
        guard error.errno == EINVAL else { throw error }
        try NetworkNamespace.delete(at: path)
      }
    }
    return try NetworkNamespace.create(at: path)
  }

  static func removeFolderIfEmpty() { rmdir(folder) }
}
