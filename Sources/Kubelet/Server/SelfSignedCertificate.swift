import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// A certificate that the server signs itself, for one year, where it was given none.
struct SelfSignedCertificate {
  /// PEM.
  var certificate: [UInt8]
  var key: [UInt8]

  init(name: String, addresses: [String]) throws {
    let key = P256.Signing.PrivateKey()
    let subject = try DistinguishedName { CommonName("system:node:\(name)") }
    let now = Date()
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
      notValidBefore: now.addingTimeInterval(-300), notValidAfter: now.addingTimeInterval(365 * 86400),
      issuer: subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        SubjectAlternativeNames([.dnsName(name)])
      }, issuerPrivateKey: .init(key))
    self.certificate = Array(try certificate.serializeAsPEM().pemString.utf8)
    self.key = Array(key.pemRepresentation.utf8)
  }
}
