import KubeAPI
import KubeClient

/// The pods that wait for a node: those to try now, in order of priority and age, and those that were tried and wait
/// for something to change.
struct SchedulingQueue: Sendable {
  private struct Entry: Sendable {
    var pod: SchedulingPod
    var isActive: Bool
    var backoff = Backoff(base: .milliseconds(50), limit: .seconds(2))
    /// Not to be tried again before.
    var due: ContinuousClock.Instant?
    /// Something changed that may help, so it is tried when it is due.
    var isHopeful = false
  }

  private var entries: [ObjectKey: Entry] = [:]
  /// Sorted, the next one last.
  private var active: [SchedulingPod] = []

  var count: Int { entries.count }
  var activeCount: Int { active.count }

  private static func isBefore(_ left: SchedulingPod, _ right: SchedulingPod) -> Bool {
    if left.priority != right.priority { return left.priority > right.priority }
    if left.created != right.created { return left.created < right.created }
    return left.key < right.key
  }

  /// A pod is there or has changed. One whose needs are the same stays where it is.
  mutating func update(_ pod: SchedulingPod) {
    if let entry = entries[pod.key] {
      if entry.pod == pod { return }
      remove(pod.key)
    }
    entries[pod.key] = Entry(pod: pod, isActive: true)
    insert(pod)
  }

  mutating func remove(_ key: ObjectKey) {
    guard let entry = entries.removeValue(forKey: key) else { return }
    if entry.isActive { active.removeAll { $0.key == key } }
  }

  /// The pod to try now. It is out of the queue until it is given back.
  mutating func pop() -> SchedulingPod? {
    guard let pod = active.popLast() else { return nil }
    entries[pod.key]?.isActive = false
    return pod
  }

  /// The pod is on its way to a node.
  mutating func succeeded(_ key: ObjectKey) { entries[key] = nil }

  /// No node will have the pod until something changes.
  mutating func unschedulable(_ key: ObjectKey, now: ContinuousClock.Instant, random: Double) {
    guard var entry = entries[key] else { return }
    entry.due = now + entry.backoff.next(random: random)
    entry.isHopeful = false
    entries[key] = entry
  }

  /// A request failed: the pod is tried again after a while in any case.
  mutating func failed(_ pod: SchedulingPod, now: ContinuousClock.Instant, random: Double) {
    var entry = entries[pod.key] ?? Entry(pod: pod, isActive: false)
    entry.due = now + entry.backoff.next(random: random)
    entry.isHopeful = true
    entries[pod.key] = entry
  }

  /// Nodes or the pods on them changed so that waiting pods may fit now.
  mutating func somethingChanged(now: ContinuousClock.Instant) {
    for (key, entry) in entries where !entry.isActive && entry.due != nil { entries[key]?.isHopeful = true }
    flush(now: now)
  }

  /// Moves what is due to the pods to try.
  mutating func flush(now: ContinuousClock.Instant) {
    for (key, entry) in entries {
      guard entry.isHopeful, let due = entry.due, due <= now else { continue }
      entries[key]?.due = nil
      entries[key]?.isHopeful = false
      entries[key]?.isActive = true
      insert(entry.pod)
    }
  }

  /// When ``flush(now:)`` has something to do next.
  var nextDue: ContinuousClock.Instant? { entries.values.compactMap { $0.isHopeful ? $0.due : nil }.min() }

  private mutating func insert(_ pod: SchedulingPod) {
    var (low, high) = (0, active.count)
    while low < high {
      let middle = (low + high) / 2
      if Self.isBefore(active[middle], pod) { high = middle } else { low = middle + 1 }
    }
    active.insert(pod, at: low)
  }
}
