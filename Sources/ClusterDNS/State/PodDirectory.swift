import Netlink
import Synchronization

/// Which namespace the pod with an address is in, for threads that ask while the zone changes.
final class PodDirectory: Sendable {
  private let namespaces = Mutex<[IPAddress: String]>([:])

  func namespace(of address: IPAddress) -> String? { namespaces.withLock { $0[address] } }

  /// - Parameter namespace: `nil` where no pod has the address, or pods of several namespaces.
  func set(_ address: IPAddress, _ namespace: String?) { namespaces.withLock { $0[address] = namespace } }
}
