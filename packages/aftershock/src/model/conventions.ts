/** Which columns of a SpanTable an attribute feeds. At most 32: a span's roles are bits of a number. */
export const ATTRIBUTE_ROLE_NAMES = [
  'http-status',
  'grpc-status',
  'rpc-status',
  'http-method',
  'rpc-method',
  'rpc-service',
  'rpc-system',
  'db-operation',
  'db-system',
  'messaging-system',
  'destination',
  'messaging-operation',
  'http-route',
  'url-path',
  'url-full',
  'peer-service',
  'peer-address',
  'peer-port',
  'error-type',
  'error-flag',
  'exception-type',
  'exception-message',
  'response-flags',
  'resend-count',
  'component',
  'sidecar',
  'observed-outcome',
  'observed-status',
  'observed-method',
  'observed-uri',
  'sampled-how',
  'sampled-share',
] as const

export type AttributeRole = (typeof ATTRIBUTE_ROLE_NAMES)[number]

/**
 * Attribute names, old and new, that carry a meaning the analysis uses. Where a span has several names of
 * one role, the one listed first here counts.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/ and the names they replaced; Envoy's, Dapr's, gRPC's, Brave's, Micrometer's, Jaeger's and Datadog's own
 */
export const ATTRIBUTE_ROLES: Readonly<Record<string, AttributeRole>> = {
  'http.response.status_code': 'http-status',
  'http.status_code': 'http-status',
  'rpc.grpc.status_code': 'grpc-status',
  'rpc.response.status_code': 'rpc-status',
  'rpc.status_code': 'rpc-status',
  'grpc.status_code': 'grpc-status',
  'grpc.status': 'grpc-status',
  'rpc.error_code': 'rpc-status',
  'http.request.method': 'http-method',
  'http.method': 'http-method',
  'rpc.method': 'rpc-method',
  'rpc.service': 'rpc-service',
  'rpc.system': 'rpc-system',
  'rpc.system.name': 'rpc-system',
  'db.operation.name': 'db-operation',
  'db.operation': 'db-operation',
  'db.system.name': 'db-system',
  'db.system': 'db-system',
  'messaging.system': 'messaging-system',
  'messaging.destination.name': 'destination',
  'messaging.destination': 'destination',
  'db.namespace': 'destination',
  'db.name': 'destination',
  'messaging.operation.type': 'messaging-operation',
  'http.route': 'http-route',
  'url.path': 'url-path',
  'http.target': 'url-path',
  'http.path': 'url-path',
  'url.full': 'url-full',
  'http.url': 'url-full',
  'service.peer.name': 'peer-service',
  'peer.service': 'peer-service',
  'server.address': 'peer-address',
  'net.peer.name': 'peer-address',
  'net.peer.ip': 'peer-address',
  'network.peer.address': 'peer-address',
  'upstream_cluster.name': 'peer-address',
  'server.port': 'peer-port',
  'net.peer.port': 'peer-port',
  'network.peer.port': 'peer-port',
  'error.type': 'error-type',
  error: 'error-flag',
  'exception.type': 'exception-type',
  'exception.message': 'exception-message',
  response_flags: 'response-flags',
  'http.request.resend_count': 'resend-count',
  'http.resend_count': 'resend-count',
  'retry.count': 'resend-count',
  'previous-rpc-attempts': 'resend-count',
  component: 'component',
  'dapr.api': 'sidecar',
  // Micrometer's, of Spring Boot: words that others use for other things, so they count together only.
  outcome: 'observed-outcome',
  status: 'observed-status',
  method: 'observed-method',
  uri: 'observed-uri',
  'sampler.type': 'sampled-how',
  _sampling_priority_v1: 'sampled-how',
  'sampler.param': 'sampled-share',
  '_dd.rule_psr': 'sampled-share',
  '_dd.agent_psr': 'sampled-share',
}

/** What Micrometer's observations of HTTP call the outcome; together with `status` and `method` they tell it. */
export const OBSERVED_OUTCOMES: ReadonlySet<string> = new Set([
  'INFORMATIONAL',
  'SUCCESS',
  'REDIRECTION',
  'CLIENT_ERROR',
  'SERVER_ERROR',
  'UNKNOWN',
])

/** gRPC codes by number. */
export const GRPC_CODES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const

/** A gRPC status as number, name or decimal text → 0–16; 255 when it is none. */
export function grpcStatusOf(value: string | number): number {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 && value <= 16 ? value : 255
  return GRPC_CODE_BY_TEXT.get(value) ?? GRPC_CODE_BY_TEXT.get(value.toUpperCase()) ?? 255
}

const GRPC_CODE_BY_TEXT: ReadonlyMap<string, number> = new Map([
  ...GRPC_CODES.flatMap((name, code): [string, number][] => [
    [name, code],
    [String(code), code],
    // grpc-go and Java print names without underscores: "DeadlineExceeded".
    [name.replaceAll('_', ''), code],
  ]),
  ['CANCELED', 1],
])
