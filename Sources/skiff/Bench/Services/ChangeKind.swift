/// What may happen to a Service and its endpoints. Each kind undoes the one before it, so that a round of all leaves
/// everything as it was.
enum ChangeKind: String, Sendable, CaseIterable {
  case endpointRemoved = "endpoint_removed"
  case endpointAdded = "endpoint_added"
  case endpointNotReady = "endpoint_not_ready"
  case endpointReady = "endpoint_ready"
  case serviceRemoved = "service_removed"
  case serviceAdded = "service_added"
}
