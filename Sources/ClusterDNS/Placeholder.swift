enum ClusterDNSPlaceholder {}
