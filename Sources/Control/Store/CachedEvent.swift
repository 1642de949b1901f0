import KubeAPI

/// An event with the object before it, from which a selector sees what enters and what leaves.
struct CachedEvent: Sendable {
  var kind: StoreEvent.Kind
  var object: CachedObject
  var previous: CachedObject?

  init(kind: StoreEvent.Kind, object: CachedObject, previous: CachedObject?) {
    self.kind = kind
    self.object = object
    self.previous = previous
  }

  /// From the store's history. The previous value's version is not known there and is not needed: only its fields are.
  init(_ event: StoreEvent) {
    let key = WatchCache.split(event.key).key
    kind = event.kind
    object = CachedObject(
      key: key, revision: event.revision, bytes: ObjectEncoding.served(event.value, revision: event.revision))
    previous = event.previous.map {
      CachedObject(key: key, revision: 0, bytes: ObjectEncoding.served($0, revision: event.revision))
    }
  }
}

/// An event while it is offered to watches: parsed once, and only if one of them selects by labels or fields.
final class EventReading {
  let event: CachedEvent
  private(set) lazy var json = event.object.json
  private(set) lazy var previousJSON = event.previous?.json

  init(_ event: CachedEvent) { self.event = event }
}
