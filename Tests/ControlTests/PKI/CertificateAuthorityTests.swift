import Foundation
import NIOSSL
import Testing

@testable import Control

@Suite struct CertificateAuthorityTests {
  @Test func issuesWhatItSays() throws {
    let authority = try CertificateAuthority(commonName: "test-ca")
    let pair = try authority.issue(commonName: "alice", organizations: ["devs", "system:masters"], usage: .client)
    let certificate = try #require(try NIOSSLCertificate.fromPEMBytes(Array(pair.certificate.utf8)).first)
    #expect(
      ClientIdentity.user(certificate)
        == User(name: "alice", groups: ["devs", "system:masters", "system:authenticated"]))
    let server = try authority.issue(commonName: "server", names: ["10.0.0.1", "fd00::1", "skiff"], usage: .server)
    #expect(try NIOSSLCertificate.fromPEMBytes(Array(server.certificate.utf8)).count == 1)
  }

  @Test func isMadeOnceAndLoadedAfter() throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let (certificate, key) = (directory.path + "/ca.crt", directory.path + "/ca.key")
    let made = try CertificateAuthority.loadOrCreate(certificatePath: certificate, keyPath: key, commonName: "ca")
    let loaded = try CertificateAuthority.loadOrCreate(certificatePath: certificate, keyPath: key, commonName: "ca")
    #expect(made.pair == loaded.pair)
    let mode = try #require(try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? Int)
    #expect(mode == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == ["ca.crt", "ca.key"])
  }

  @Test func refusesAForeignKey() throws {
    let one = try CertificateAuthority(commonName: "one")
    let other = try CertificateAuthority(commonName: "other")
    #expect(throws: PKIError.self) {
      _ = try CertificateAuthority(CertificatePair(certificate: one.pair.certificate, key: other.pair.key))
    }
    #expect(throws: PKIError.self) { _ = try CertificateAuthority(CertificatePair(certificate: "x", key: "y")) }
  }
}
