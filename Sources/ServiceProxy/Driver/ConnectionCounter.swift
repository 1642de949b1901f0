import KubeAPI
import Logging
import Netlink
import Synchronization
import Telemetry

/// Reads the counts of the endpoints' elements whenever metrics are asked for. It has a socket of its own, so that
/// the loop does not wait for it.
final class ConnectionCounter: Sendable {
  private let connection: any NFTablesConnection
  private let logger: Logger
  private let totals = Mutex(ConnectionTotals())

  init(_ connection: any NFTablesConnection, logger: Logger) {
    self.connection = connection
    self.logger = logger
  }

  func set(_ service: ObjectKey, _ frontends: [FrontendKey]) { totals.withLock { $0.set(service, frontends) } }

  /// The totals; as they were at the last reading where the kernel cannot be read now, which is logged.
  func snapshots() -> [MetricSnapshot] {
    totals.withLock { totals in
      do throws(NetlinkError) {
        totals.take(try Self.read(connection))
      } catch {
        logger.warning("cannot read the counts of connections", metadata: ["error": "\(error)"])
      }
      return totals.snapshots
    }
  }

  static func read(_ connection: any NFTablesConnection) throws(NetlinkError) -> [ConnectionTotals.Reading] {
    var readings: [ConnectionTotals.Reading] = []
    for family in IPAddress.Family.allCases {
      for name in [Ruleset.SetName.endpoints, .nodePortEndpoints] {
        for element in try connection.elements(of: name.name(family), in: Ruleset.table) {
          guard let packets = element.packets, let target = ElementCodec.target(element.data, family),
            let (key, _) = ElementCodec.frontend(element.key, isNodePort: name == .nodePortEndpoints, family)
          else { continue }
          readings.append(ConnectionTotals.Reading(frontend: key, target: target, connections: packets))
        }
      }
    }
    return readings
  }
}
