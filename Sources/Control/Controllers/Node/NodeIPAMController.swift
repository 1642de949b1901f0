import KubeAPI
import KubeClient
import Synchronization

/// Gives every node its pod CIDRs, one of each family of the cluster's ranges.
struct NodeIPAMController: Sendable {
  /// One worker decides, so that no range is given twice.
  private final class Ledger: Sendable {
    struct State {
      var allocators: [CIDRAllocator]
      var held: [String: [AddressRange]] = [:]
      var isPrimed = false
    }

    let state: Mutex<State>

    init(_ allocators: [CIDRAllocator]) { state = Mutex(State(allocators: allocators)) }
  }

  struct ConfigurationError: Error, CustomStringConvertible {
    var description: String
  }

  private let context: ControllerContext
  private let queue = WorkQueue<ObjectKey>()
  private let ledger: Ledger

  init(_ context: ControllerContext, clusterCIDRs: [String], maskSize: Int, maskSizeIPv6: Int) throws {
    self.context = context
    let allocators = try clusterCIDRs.map { text in
      guard let range = AddressRange(text) else {
        throw ConfigurationError(description: "the cluster CIDR \(text) is not a CIDR")
      }
      guard let allocator = CIDRAllocator(range, nodeLength: range.isIPv6 ? maskSizeIPv6 : maskSize) else {
        throw ConfigurationError(
          description: "the cluster CIDR \(text) cannot be divided into node ranges of /"
            + "\(range.isIPv6 ? maskSizeIPv6 : maskSize)")
      }
      return allocator
    }
    ledger = Ledger(allocators)
    let queue = queue
    context.caches.nodes.onChange { old, new in
      guard let node = new ?? old else { return }
      if old == nil || new == nil || new?.spec.podCIDRs != old?.spec.podCIDRs { queue.add(node.key) }
    }
  }

  var loop: ReconcileLoop { ReconcileLoop("node-ipam", queue: queue, workers: 1) { try await reconcile($0) } }

  private static func ranges(of node: Node) -> [AddressRange] {
    let all = node.spec.podCIDRs.isEmpty ? node.spec.podCIDR.map { [$0] } ?? [] : node.spec.podCIDRs
    return all.compactMap { AddressRange($0) }
  }

  func reconcile(_ key: ObjectKey) async throws -> Duration? {
    let nodes = context.caches.nodes
    let (wanted, problem): ([AddressRange]?, String?) = ledger.state.withLock { state in
      if !state.isPrimed {
        // What nodes have already is taken before anything is given.
        state.isPrimed = true
        for node in nodes.all() {
          let ranges = Self.ranges(of: node)
          if !ranges.isEmpty { Self.hold(&state, key: node.key.name, ranges) }
        }
      }
      guard let node = nodes[key] else {
        for range in state.held.removeValue(forKey: key.name) ?? [] {
          for index in state.allocators.indices { state.allocators[index].release(range) }
        }
        return (nil, nil)
      }
      let present = Self.ranges(of: node)
      if !present.isEmpty {
        if state.held[key.name] != present { Self.hold(&state, key: key.name, present) }
        return (nil, nil)
      }
      if let held = state.held[key.name] { return (held, nil) }
      var ranges: [AddressRange] = []
      for index in state.allocators.indices {
        guard let range = state.allocators[index].allocate() else {
          for range in ranges { for index in state.allocators.indices { state.allocators[index].release(range) } }
          return (nil, "the cluster CIDR \(state.allocators[index].range) has no range left for another node")
        }
        ranges.append(range)
      }
      state.held[key.name] = ranges
      return (ranges, nil)
    }
    if let problem, let node = nodes[key] {
      context.events.record(on: node, type: .warning, reason: "CIDRNotAvailable", message: problem)
      throw ConfigurationError(description: problem)
    }
    guard let wanted, let first = wanted.first, let node = nodes[key] else { return nil }
    var metadata: JSONValue = [:]
    if let uid = node.metadata.uid { metadata["uid"] = .string(uid) }
    let spec: JSONValue = [
      "podCIDR": .string(first.description), "podCIDRs": .array(wanted.map { .string($0.description) }),
    ]
    do {
      try await nodes.patch(key, ["metadata": metadata, "spec": spec])
    } catch let error as APIError where error.isNotFound {
      // Its deletion is on the way, and frees the ranges.
    }
    return nil
  }

  private static func hold(_ state: inout Ledger.State, key: String, _ ranges: [AddressRange]) {
    for range in state.held[key] ?? [] {
      for index in state.allocators.indices { state.allocators[index].release(range) }
    }
    for range in ranges { for index in state.allocators.indices { state.allocators[index].occupy(range) } }
    state.held[key] = ranges
  }
}
