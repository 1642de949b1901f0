enum ServiceProxyPlaceholder {}
