public import KubeAPI
import Logging
import Synchronization

/// Writes core/v1 Events: what happened to an object, for people to read.
///
/// Recording never waits and never fails: occurrences go into a queue of limited length, and where the server is not
/// there, or too much happens, they are dropped. The same occurrence again is counted on the Event that is there.
public struct EventRecorder: Sendable {
  /// Occurrences that may wait; more are dropped.
  static let capacity = 512

  private let sink: EventSink

  /// - Parameters:
  ///   - component: who tells, `default-scheduler`, `kubelet`.
  ///   - host: the node it runs on, where that matters.
  public init(_ client: KubeClient, component: String, host: String? = nil) {
    sink = EventSink(client: client, component: component, host: host, capacity: Self.capacity)
  }

  public func record(on object: ObjectReference, type: EventType, reason: String, message: String) {
    sink.post(.init(object: object, type: type, reason: reason, message: message))
  }

  public func record(on object: some KubeObject, type: EventType, reason: String, message: String) {
    record(on: ObjectReference(to: object), type: type, reason: reason, message: message)
  }

  /// Returns once everything that was recorded before has been written or given up.
  public func flush() async { await sink.flush() }
}

extension ObjectReference {
  /// A reference to an object, as Events carry it.
  public init<T: KubeObject>(to object: T, fieldPath: String? = nil) {
    self.init()
    let metadata = object.metadata
    kind = T.resource.kind
    apiVersion = T.resource.apiVersion
    namespace = metadata.namespace
    name = metadata.name
    uid = metadata.uid
    resourceVersion = metadata.resourceVersion
    self.fieldPath = fieldPath
  }
}

/// The queue behind the copies of one recorder, and the task that empties it.
private final class EventSink: Sendable {
  private enum Item: Sendable {
    case occurrence(EventCorrelator.Occurrence, MicroTime)
    case flush(CheckedContinuation<Void, Never>)
  }

  private let continuation: AsyncStream<Item>.Continuation
  private let waiting = Mutex(0)
  private let capacity: Int

  init(client: KubeClient, component: String, host: String?, capacity: Int) {
    self.capacity = capacity
    let (items, continuation) = AsyncStream<Item>.makeStream()
    self.continuation = continuation
    // The task ends with the last copy of the recorder, which finishes the stream.
    Task { [weak self] in
      var writer = EventWriter(client: client, component: component, host: host)
      for await item in items {
        switch item {
        case .occurrence(let occurrence, let time):
          await writer.write(occurrence, at: time)
          self?.waiting.withLock { $0 -= 1 }
        case .flush(let done): done.resume()
        }
      }
    }
  }

  deinit { continuation.finish() }

  func post(_ occurrence: EventCorrelator.Occurrence) {
    let fits = waiting.withLock { waiting in
      guard waiting < capacity else { return false }
      waiting += 1
      return true
    }
    if fits { continuation.yield(.occurrence(occurrence, .now())) }
  }

  func flush() async {
    await withCheckedContinuation { _ = continuation.yield(.flush($0)) }
  }
}

/// Turns occurrences into requests, one after the other.
private struct EventWriter {
  let client: KubeClient
  let component: String
  let host: String?
  var correlator = EventCorrelator()

  mutating func write(_ occurrence: EventCorrelator.Occurrence, at time: MicroTime) async {
    // The object's version changes from one occurrence to the next and must not tell them apart.
    var alike = occurrence
    alike.object.resourceVersion = nil
    let decision = correlator.decide(alike, now: time)
    do {
      switch decision {
      case .drop: break
      case .create(let name, let message):
        try await create(occurrence, name: name, message: message, count: 1, at: time)
      case .update(let name, let count, let message):
        let key = ObjectKey(namespace: Self.namespace(of: occurrence), name: name)
        do {
          _ = try await client.patch(
            Event.self, key, as: .merge,
            [
              "count": .integer(Int64(count)), "lastTimestamp": Self.time(time).jsonValue, "message": .string(message),
            ])
        } catch let error as APIError where error.isNotFound {
          try await create(occurrence, name: name, message: message, count: count, at: time)
        }
      }
    } catch {
      if case .create(let name, _) = decision { correlator.forget(name) }
      // An event about an object of a namespace that is going away is refused, rightly.
      client.logger.debug(
        "an event was not written",
        metadata: ["reason": "\(occurrence.reason)", "object": "\(occurrence.object.name ?? "")", "error": "\(error)"])
    }
  }

  private func create(
    _ occurrence: EventCorrelator.Occurrence, name: String, message: String, count: Int32, at time: MicroTime
  ) async throws {
    var source = EventSource()
    source.component = component
    source.host = host
    let event = Event(name, in: Self.namespace(of: occurrence)) {
      $0.involvedObject = occurrence.object
      $0.type = occurrence.type.rawValue
      $0.reason = occurrence.reason
      $0.message = message
      $0.source = source
      $0.firstTimestamp = Self.time(time)
      $0.lastTimestamp = Self.time(time)
      $0.count = count
      $0.reportingComponent = component
      $0.reportingInstance = host ?? ""
    }
    _ = try await client.create(event)
  }

  private static func namespace(of occurrence: EventCorrelator.Occurrence) -> String {
    occurrence.object.namespace.flatMap { $0.isEmpty ? nil : $0 } ?? "default"
  }

  private static func time(_ time: MicroTime) -> Time { Time(seconds: time.microseconds / 1_000_000) }
}
