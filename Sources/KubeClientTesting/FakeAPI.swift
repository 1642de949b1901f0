public import KubeAPI
public import KubeClient
import Logging
import NIOCore
import Synchronization

/// A Kubernetes API in memory, for tests: get, list (in pages), watch, create, update, patch and delete with resource
/// versions, conflicts, generations, finalizers, graceful deletion of pods, status and binding.
///
/// It keeps any resource, known to the schema or not, and validates nothing. Faults are asked for:
/// ``failNext(_:with:)``, ``breakWatches()``, ``compact()``.
public final class FakeAPI: KubeTransport {
  let state = Mutex(FakeState())

  public init() {}

  /// A client of this API.
  public var client: KubeClient {
    KubeClient(transport: self, logger: Logger(label: "fake-api") { _ in SwiftLogNoOpLogHandler() })
  }

  public func send(_ request: KubeRequest) async throws -> KubeResponse {
    try Task.checkCancellation()
    let (response, opened) = try answer(request)
    if let opened {
      opened.continuation.onTermination = { [weak self] _ in
        self?.state.withLock { _ = $0.watches.removeValue(forKey: opened.number) }
      }
    }
    return response
  }

  private func answer(_ request: KubeRequest) throws -> (KubeResponse, opened: FakeState.Watch?) {
    try state.withLock { state in
      state.requests.append((request.method, request.path))
      if let index = state.faults.firstIndex(where: { $0.matches(request) }) {
        state.faults[index].count -= 1
        let fault = state.faults[index]
        if fault.count == 0 { state.faults.remove(at: index) }
        if let error = fault.error as? APIError { return (FakeState.response(error), nil) }
        throw fault.error
      }
      do throws(APIError) {
        state.opened = nil
        let response = try state.answer(request)
        return (response, state.opened)
      } catch {
        return (FakeState.response(error), nil)
      }
    }
  }

  public func shutdown() async throws { breakWatches() }
}

// MARK: What tests do behind the clients' backs

extension FakeAPI {
  /// Every request so far: method and path.
  public var requests: [(method: String, path: String)] { state.withLock { $0.requests } }

  /// How many watches are open.
  public var watchCount: Int { state.withLock { $0.watches.count } }

  /// The newest resource version.
  public var resourceVersion: Int { state.withLock { $0.revision } }

  /// The object as it is stored now.
  public func stored<T: KubeObject>(_ type: T.Type, _ key: ObjectKey) -> T? {
    state.withLock { $0.objects[FakeState.ResourceID(T.resource)]?[key].map { T(json: $0) } }
  }

  /// All objects of a type, sorted by key.
  public func stored<T: KubeObject>(_ type: T.Type) -> [T] {
    state.withLock { state in
      (state.objects[FakeState.ResourceID(T.resource)] ?? [:]).sorted { $0.key < $1.key }.map { T(json: $0.value) }
    }
  }

  /// Stores an object whether or not it is there already, status and all, and returns what is stored.
  @discardableResult
  public func put<T: KubeObject>(_ object: T) -> T {
    state.withLock { T(json: $0.put(object.json, in: FakeState.ResourceID(T.resource), at: object.key)) }
  }

  /// Removes an object at once, whatever its finalizers.
  public func remove<T: KubeObject>(_ type: T.Type, _ key: ObjectKey) {
    state.withLock { $0.remove(FakeState.ResourceID(T.resource), key) }
  }

  /// Answers the next `count` requests whose method and path match with an error: an ``APIError`` comes as the
  /// server's answer, anything else is thrown as the transport's.
  public func failNext(
    _ count: Int = 1, method: String? = nil, pathContaining part: String = "", with error: any Error
  ) {
    state.withLock {
      $0.faults.append(FakeState.Fault(method: method, part: part, count: count, error: error))
    }
  }

  /// Ends all watches, with an error where one is given, in good order otherwise.
  public func breakWatches(with error: (any Error)? = nil) {
    let watches = state.withLock { state in
      defer { state.watches = [:] }
      return Array(state.watches.values)
    }
    for watch in watches { watch.continuation.finish(throwing: error) }
  }

  /// Forgets all history: a watch or a continue token from an older version gets 410.
  public func compact() {
    state.withLock {
      $0.history.removeAll()
      $0.compacted = $0.revision
    }
  }

  /// Sends a bookmark to every watch.
  public func sendBookmarks() {
    state.withLock { state in
      let version = String(state.revision)
      for watch in state.watches.values {
        let object: JSONValue = ["kind": "Bookmark", "metadata": ["resourceVersion": .string(version)]]
        watch.continuation.yield(FakeState.frame("BOOKMARK", object))
      }
    }
  }

  /// Sends an ERROR event to every watch.
  public func sendWatchError(_ error: APIError) {
    state.withLock { state in
      for watch in state.watches.values {
        watch.continuation.yield(FakeState.frame("ERROR", FakeState.status(error)))
      }
    }
  }
}
