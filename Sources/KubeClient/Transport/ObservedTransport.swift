/// A transport that tells of each request how it was answered.
struct ObservedTransport: KubeTransport {
  let base: any KubeTransport
  let observe: KubeClient.RequestObserver

  func send(_ request: KubeRequest) async throws -> KubeResponse {
    do {
      let response = try await base.send(request)
      observe(request, response.status)
      return response
    } catch {
      observe(request, nil)
      throw error
    }
  }

  func shutdown() async throws { try await base.shutdown() }
}
