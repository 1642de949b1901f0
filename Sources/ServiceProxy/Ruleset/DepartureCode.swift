/// How a connection leaves, as a number: the key of the `departures` and `arrivals` maps. Never zero.
struct DepartureCode: RawRepresentable, Hashable {
  var rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }

  init(_ masquerade: Frontend.Masquerade, seconds: UInt32) {
    rawValue = seconds << 2 | UInt32(masquerade.rawValue) + 1
  }

  var meaning: (masquerade: Frontend.Masquerade, seconds: UInt32)? {
    guard rawValue & 3 != 0, let masquerade = Frontend.Masquerade(rawValue: UInt8(rawValue & 3) - 1) else {
      return nil
    }
    return (masquerade, rawValue >> 2)
  }
}
