import NIOSSL
import SwiftASN1
import X509

/// The user that a client certificate stands for: the common name, and the organizations as groups.
enum ClientIdentity {
  static func user(_ certificate: NIOSSLCertificate) -> User? {
    guard let der = try? certificate.toDERBytes(), let parsed = try? Certificate(derEncoded: der) else { return nil }
    return user(parsed.subject)
  }

  static func user(_ subject: DistinguishedName) -> User? {
    var name: String?
    var groups: [String] = []
    for relative in subject {
      for attribute in relative {
        guard let text = String(attribute.value) else { continue }
        if attribute.type == .RDNAttributeType.commonName { name = text }
        if attribute.type == .RDNAttributeType.organizationName { groups.append(text) }
      }
    }
    guard let name else { return nil }
    return User(name: name, groups: groups + ["system:authenticated"])
  }
}
