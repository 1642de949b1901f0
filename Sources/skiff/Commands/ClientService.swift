import KubeClient
import ServiceLifecycle

/// Closes the connections to the API server when the daemon ends. It stands first among the services, so it ends last.
struct ClientService: ServiceLifecycle.Service {
  let client: KubeClient

  func run() async throws {
    try? await gracefulShutdown()
    try await client.shutdown()
  }
}
