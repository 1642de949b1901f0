import KubeAPI
import KubeClient
import Netlink
import Synchronization

/// What the proxy's loop waits for.
enum ProxyInput: Sendable {
  case services(InformerEvent<ServiceDefinition>)
  case slices(InformerEvent<EndpointSliceDefinition>)
  case node(InformerEvent<NodeFacts>)
  case serviceCIDRs(InformerEvent<[IPPrefix]>)
  /// What the kernel's maps held at the start; nil where they could not be read yet.
  case elements(KernelElements?)
  case ruleset(NFTablesEvent)
  /// Something failed a while ago, or could not be looked at at once.
  case again
}

/// Where inputs wait while the loop works. Whatever came meanwhile is taken together: a single change is carried out
/// when it arrives, and a storm in as many steps as the kernel allows.
final class Inbox: Sendable {
  private let waiting = Mutex<[ProxyInput]>([])
  private let signal: AsyncStream<Void>.Continuation
  let wakeups: AsyncStream<Void>

  init() {
    (wakeups, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  func post(_ input: ProxyInput) {
    waiting.withLock { $0.append(input) }
    signal.yield()
  }

  func take() -> [ProxyInput] {
    waiting.withLock { waiting in
      let taken = waiting
      waiting = []
      return taken
    }
  }

  func close() { signal.finish() }
}
