import Crypto
import FoundationEssentials
import SwiftASN1
public import X509

/// A certificate with its key, in PEM (PKCS #8 for the key).
public struct CertificatePair: Sendable, Hashable {
  public var certificate: String
  public var key: String

  public init(certificate: String, key: String) {
    self.certificate = certificate
    self.key = key
  }

  /// Reads a pair from two files.
  /// - Throws: ``PKIError``.
  public init(certificatePath: String, keyPath: String) throws(PKIError) {
    certificate = try PrivateFile.read(certificatePath)
    key = try PrivateFile.read(keyPath)
  }

  /// Writes both files, each at once and readable by their owner only.
  /// - Throws: ``PKIError``.
  public func write(certificatePath: String, keyPath: String) throws(PKIError) {
    try PrivateFile.write(key, to: keyPath)
    try PrivateFile.write(certificate, to: certificatePath)
  }
}

/// A certificate authority of a cluster: makes itself, and issues certificates of servers and clients. All keys are P-256.
public struct CertificateAuthority: Sendable {
  public let certificate: Certificate
  private let key: P256.Signing.PrivateKey

  /// A new authority, valid for ten years.
  /// - Throws: ``PKIError``.
  public init(commonName: String) throws(PKIError) {
    let key = P256.Signing.PrivateKey()
    do {
      let name = try Self.name(commonName, organizations: [])
      certificate = try Certificate(
        version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey), notValidBefore: Self.start,
        notValidAfter: Self.end(days: 3_650), issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
        extensions: try Certificate.Extensions {
          Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
          Critical(KeyUsage(digitalSignature: true, keyCertSign: true, cRLSign: true))
          SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey))
        },
        issuerPrivateKey: .init(key))
    } catch {
      throw PKIError(action: "make the certificate authority \(commonName)", cause: "\(error)")
    }
    self.key = key
  }

  /// An authority that was written before.
  /// - Throws: ``PKIError``, also where the key is not that of the certificate.
  public init(_ pair: CertificatePair) throws(PKIError) {
    do {
      certificate = try Certificate(pemEncoded: pair.certificate)
      key = try P256.Signing.PrivateKey(pemRepresentation: pair.key)
    } catch {
      throw PKIError(action: "read a certificate authority", cause: "\(error)")
    }
    guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else {
      throw PKIError(action: "read a certificate authority", cause: "the key is not that of the certificate")
    }
  }

  /// Reads the authority in two files; makes it and writes them where neither is there.
  /// - Throws: ``PKIError``.
  public static func loadOrCreate(
    certificatePath: String, keyPath: String, commonName: String
  ) throws(PKIError) -> CertificateAuthority {
    let isThere = PrivateFile.exists(keyPath)
    if isThere || PrivateFile.exists(certificatePath) {
      // The key is written first. A key without its certificate is from an authority that nobody has seen yet.
      if !isThere || PrivateFile.exists(certificatePath) {
        return try CertificateAuthority(CertificatePair(certificatePath: certificatePath, keyPath: keyPath))
      }
    }
    let authority = try CertificateAuthority(commonName: commonName)
    try authority.pair.write(certificatePath: certificatePath, keyPath: keyPath)
    return authority
  }

  public var pair: CertificatePair { CertificatePair(certificate: certificatePEM, key: key.pemRepresentation) }

  /// The authority's certificate, for those who are to trust it.
  public var certificatePEM: String {
    // A certificate that was made or parsed can be written.
    (try? certificate.serializeAsPEM().pemString) ?? ""
  }

  /// What a certificate is good for.
  public enum Usage: Sendable, Hashable {
    case server, client
    /// A kubelet serves, and is a client with the same name.
    case both
  }

  /// Issues a certificate.
  ///
  /// - Parameters:
  ///   - commonName: the user's name, for a client.
  ///   - organizations: the user's groups, for a client.
  ///   - names: the DNS names and IP addresses (in text) by which a server is reached.
  ///   - days: how long it is valid; the authority's own end is not passed.
  /// - Throws: ``PKIError``.
  public func issue(
    commonName: String, organizations: [String] = [], names: [String] = [], usage: Usage, days: Int = 365
  ) throws(PKIError) -> CertificatePair {
    let leaf = P256.Signing.PrivateKey()
    do {
      let usages: [ExtendedKeyUsage.Usage] =
        switch usage {
        case .server: [.serverAuth]
        case .client: [.clientAuth]
        case .both: [.serverAuth, .clientAuth]
        }
      let alternatives = names.map(Self.generalName)
      let issued = try Certificate(
        version: .v3, serialNumber: .init(), publicKey: .init(leaf.publicKey), notValidBefore: Self.start,
        notValidAfter: min(Self.end(days: days), certificate.notValidAfter), issuer: certificate.subject,
        subject: try Self.name(commonName, organizations: organizations), signatureAlgorithm: .ecdsaWithSHA256,
        extensions: try Certificate.Extensions {
          Critical(BasicConstraints.notCertificateAuthority)
          Critical(KeyUsage(digitalSignature: true))
          try ExtendedKeyUsage(usages)
          AuthorityKeyIdentifier(
            keyIdentifier: SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey)).keyIdentifier)
          if !alternatives.isEmpty { SubjectAlternativeNames(alternatives) }
        },
        issuerPrivateKey: .init(key))
      return CertificatePair(certificate: try issued.serializeAsPEM().pemString, key: leaf.pemRepresentation)
    } catch {
      throw PKIError(action: "issue a certificate for \(commonName)", cause: "\(error)")
    }
  }

  /// Clocks of the machines of a cluster differ a little.
  private static var start: Date { Date().addingTimeInterval(-300) }
  private static func end(days: Int) -> Date { Date().addingTimeInterval(Double(days) * 86_400) }

  private static func name(_ commonName: String, organizations: [String]) throws -> DistinguishedName {
    try DistinguishedName {
      for organization in organizations { OrganizationName(organization) }
      CommonName(commonName)
    }
  }

  private static func generalName(_ text: String) -> GeneralName {
    if let bytes = IPText.bytes(text) { return .ipAddress(ASN1OctetString(contentBytes: bytes[...])) }
    return .dnsName(text)
  }
}

/// Why keys or certificates could not be made, read or written.
public struct PKIError: Error, Hashable, CustomStringConvertible {
  public var action: String
  public var cause: String

  public init(action: String, cause: String) {
    self.action = action
    self.cause = cause
  }

  public var description: String { "cannot \(action): \(cause)" }
}
