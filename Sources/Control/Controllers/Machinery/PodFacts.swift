import KubeAPI

extension Pod {
  var isTerminating: Bool { metadata.deletionTimestamp != nil }
  /// Ended for good, with or without success.
  var isFinished: Bool { status.phase == "Succeeded" || status.phase == "Failed" }
  var isActive: Bool { !isFinished && !isTerminating }

  func condition(_ type: String) -> PodCondition? { status.conditions.first { $0.type == type } }

  var isReady: Bool { condition("Ready")?.status == "True" }

  /// When the pod has been ready for `minReadySeconds`: in the past if it is available; `nil` where it is not ready.
  func availableSince(minReadySeconds: Int32) -> Time? {
    guard let ready = condition("Ready"), ready.status == "True" else { return nil }
    guard minReadySeconds > 0 else { return ready.lastTransitionTime ?? Time(seconds: 0) }
    guard let since = ready.lastTransitionTime else { return nil }
    return Time(seconds: since.seconds + Int64(minReadySeconds))
  }

  func isAvailable(minReadySeconds: Int32, now: Time) -> Bool {
    availableSince(minReadySeconds: minReadySeconds).map { minReadySeconds == 0 || $0 <= now } ?? false
  }

  var nodeName: String? { spec.nodeName.flatMap { $0.isEmpty ? nil : $0 } }
}
