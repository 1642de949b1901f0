import KubeAPI
import KubeClient
import Logging

/// What every controller is given.
struct ControllerContext: Sendable {
  let client: KubeClient
  let caches: CacheSet
  let events: EventRecorder
  let logger: Logger
  /// The wall clock, which tests set.
  let now: @Sendable () -> Time

  init(
    client: KubeClient, caches: CacheSet, events: EventRecorder, logger: Logger,
    now: @escaping @Sendable () -> Time = { .now() }
  ) {
    self.client = client
    self.caches = caches
    self.events = events
    self.logger = logger
    self.now = now
  }
}
