import Glibc

/// What this process may do on this machine, found out by trying.
enum HostFeatures {
  /// Whether a child of this process may give itself a lower OOM score than it has. Containers of the guaranteed class
  /// and the pause container want one; without CAP_SYS_RESOURCE the kernel refuses.
  static func mayLowerOOMScore() -> Bool {
    guard let text = Files.text("/proc/self/oom_score_adj"),
      let current = Int(text.split(whereSeparator: \.isWhitespace).first ?? "")
    else { return false }
    let wanted = max(-1000, current - 1)
    let script = "echo \(wanted) > /proc/self/oom_score_adj"
    guard wanted < current, let output = try? Command.runBlocking(["/bin/sh", "-c", script]) else { return false }
    return output.status == 0
  }

  /// Whether an overlay can be mounted with its layers in `directory`; it cannot where that is on an overlay itself.
  static func canMountOverlay(in directory: String) -> Bool {
    let base = directory + "/.overlay-\(getpid())"
    defer { try? Files.removeTree(base) }
    do {
      for name in ["lower", "upper", "work", "merged"] { try Files.makeDirectory("\(base)/\(name)") }
    } catch { return false }
    let options = "lowerdir=\(base)/lower,upperdir=\(base)/upper,workdir=\(base)/work"
    guard mount("overlay", base + "/merged", "overlay", 0, options) == 0 else { return false }
    umount2(base + "/merged", Int32(MNT_DETACH))
    return true
  }
}
