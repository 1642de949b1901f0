import KubeClient
import Logging
import Netlink

/// Follows the cluster's ServiceCIDR objects, where its API server has them.
struct ServiceCIDRWatch: Sendable {
  /// How often an API server that has no such resource is asked again: it may be replaced by a newer one.
  static let pause = Duration.seconds(300)

  let client: KubeClient
  let inbox: Inbox
  let logger: Logger

  /// Runs until the task is cancelled. Whatever the server says first is posted, also that it knows no ServiceCIDRs.
  func run() async {
    let selection = ResourceSelection(resource: ServiceCIDR.resource)
    var backoff = Backoff()
    var isTold = false
    while !Task.isCancelled {
      do {
        _ = try await client.listPage(selection, limit: 1)
        break
      } catch {
        let refusal = error.apiError.map { $0.isNotFound || $0.isForbidden } ?? false
        if refusal {
          inbox.post(.serviceCIDRs(.replaced([:])))
          if !isTold {
            logger.notice(
              "ServiceCIDRs cannot be read: going by the configured ranges", metadata: ["error": "\(error)"])
          }
          isTold = true
        }
        // Other errors concern all resources, and are told with the Services'.
        do { try await Task.sleep(for: refusal ? Self.pause : backoff.next()) } catch { return }
      }
    }
    let informer = Informer<ServiceCIDR, [IPPrefix]>(client) { $0.prefixes }
    for await event in informer.events() { inbox.post(.serviceCIDRs(event)) }
  }
}
