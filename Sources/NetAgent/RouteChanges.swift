import Netlink

/// What has to change in the kernel's routes.
struct RouteChanges: Sendable, Hashable {
  /// Added, or put in place of another with the same destination.
  var set: [Route] = []
  var delete: [Route] = []

  var isEmpty: Bool { self.set.isEmpty && self.delete.isEmpty }

  /// Compares by everything that is ours to decide; the kernel adds nothing to what is planned.
  init(applied: [Route], desired: [Route]) {
    let wanted = Dictionary(desired.map { (Self.key($0), $0) }) { first, _ in first }
    let present = Set(applied)
    set = desired.filter { !present.contains($0) }
    delete = applied.filter { route in
      guard let right = wanted[Self.key(route)] else { return true }
      // A second one of ours beside the right one; where that is missing it takes this one's place.
      return route != right && present.contains(right)
    }
  }

  private struct Key: Hashable {
    var destination: IPPrefix
    var table: UInt32
    var priority: UInt32
  }

  private static func key(_ route: Route) -> Key {
    Key(destination: route.destination, table: route.table, priority: route.priority)
  }
}
