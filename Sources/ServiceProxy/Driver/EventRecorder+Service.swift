import KubeAPI
import KubeClient

extension EventRecorder {
  /// Tells a Service's owner what is wrong with it.
  func warn(_ service: ObjectKey, _ reason: String, _ message: String) {
    var reference = ObjectReference()
    reference.kind = "Service"
    reference.apiVersion = "v1"
    reference.namespace = service.namespace
    reference.name = service.name
    record(on: reference, type: .warning, reason: reason, message: message)
  }
}
