import KubeAPI
import Netlink

/// How fast a pod may send and receive (capability `bandwidth`).
struct PodBandwidth: Sendable, Hashable {
  struct Limit: Sendable, Hashable {
    /// Bits a second.
    var rate: UInt64
    /// Bits that may pass at once; `nil` where nothing was said.
    var burst: UInt64?

    /// What says nothing: the runtime containerd fills in the largest number it can.
    private static let unsaid: UInt64 = 0xffff_ffff

    init(rate: UInt64, burst: UInt64?) {
      self.rate = rate
      self.burst = burst == 0 || burst == Self.unsaid ? nil : burst
    }

    /// The bucket that carries it out on a link of this MTU.
    ///
    /// Unless told, the burst is what passes in 50 ms. Whatever is told, it holds a few packets: a bucket that is smaller
    /// than a packet lets nothing pass. What waits beyond the burst waits 50 ms at most.
    func bucket(mtu: UInt32) -> TokenBucket {
      let bytes = max(rate / 8, 1)
      let least = max(4 * (UInt64(mtu) + 14), burst == nil ? 65_536 : 0)
      let size = max(least, burst.map { $0 / 8 } ?? bytes / 20)
      let (limit, overflow) = size.addingReportingOverflow(max(bytes / 20, 65_536))
      return TokenBucket(
        rate: bytes, burst: UInt32(clamping: size), limit: overflow ? .max : UInt32(clamping: limit))
    }

    var json: JSONValue {
      var json: JSONValue = ["rate": .string(String(rate))]
      if let burst { json["burst"] = .string(String(burst)) }
      return json
    }

    init?(json: JSONValue) {
      guard let rate = json["rate"]?.stringValue.flatMap({ UInt64($0) }) else { return nil }
      self.init(rate: rate, burst: json["burst"]?.stringValue.flatMap { UInt64($0) })
    }
  }

  /// Towards the pod.
  var ingress: Limit?
  /// From the pod.
  var egress: Limit?

  init(ingress: Limit? = nil, egress: Limit? = nil) {
    self.ingress = ingress
    self.egress = egress
  }

  var json: JSONValue {
    var json: JSONValue = [:]
    if let ingress { json["in"] = ingress.json }
    if let egress { json["out"] = egress.json }
    return json
  }

  init(json: JSONValue) {
    self.init(
      ingress: json["in"].flatMap { Limit(json: $0) }, egress: json["out"].flatMap { Limit(json: $0) })
  }
}
