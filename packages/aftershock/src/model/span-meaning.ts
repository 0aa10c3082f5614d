import { grpcStatusOf, OBSERVED_OUTCOMES } from './conventions.ts'
import type { Columns } from './span-columns.ts'
import { SERVER } from './span-kind.ts'
import { type RoleIndex, type RoleValues, roleIndex } from './span-roles.ts'
import { Protocol } from './span-table.ts'

const HTTP_STATUS = roleIndex('http-status')
const GRPC_STATUS = roleIndex('grpc-status')
const RPC_STATUS = roleIndex('rpc-status')
const HTTP_METHOD = roleIndex('http-method')
const RPC_METHOD = roleIndex('rpc-method')
const RPC_SERVICE = roleIndex('rpc-service')
const RPC_SYSTEM = roleIndex('rpc-system')
const DB_OPERATION = roleIndex('db-operation')
const DB_SYSTEM = roleIndex('db-system')
const MESSAGING_SYSTEM = roleIndex('messaging-system')
const DESTINATION = roleIndex('destination')
const MESSAGING_OPERATION = roleIndex('messaging-operation')
const HTTP_ROUTE = roleIndex('http-route')
const URL_PATH = roleIndex('url-path')
const URL_FULL = roleIndex('url-full')
const PEER_SERVICE = roleIndex('peer-service')
const PEER_ADDRESS = roleIndex('peer-address')
const PEER_PORT = roleIndex('peer-port')
const ERROR_TYPE = roleIndex('error-type')
const ERROR_FLAG = roleIndex('error-flag')
const EXCEPTION_TYPE = roleIndex('exception-type')
const EXCEPTION_MESSAGE = roleIndex('exception-message')
const RESPONSE_FLAGS = roleIndex('response-flags')
const RESEND_COUNT = roleIndex('resend-count')
const COMPONENT = roleIndex('component')
const SIDECAR = roleIndex('sidecar')
const OBSERVED_OUTCOME = roleIndex('observed-outcome')
const OBSERVED_STATUS = roleIndex('observed-status')
const OBSERVED_METHOD = roleIndex('observed-method')
const OBSERVED_URI = roleIndex('observed-uri')

const bits = (...roles: readonly RoleIndex[]): number => roles.reduce((all, role) => all | (1 << role), 0)
const HTTP_BITS = bits(HTTP_METHOD, HTTP_STATUS)
const RPC_BITS = bits(RPC_SYSTEM, RPC_SERVICE)
const RPC_NAME_BITS = bits(RPC_SERVICE, RPC_METHOD)
const PROXY_BITS = bits(COMPONENT, SIDECAR)
const OBSERVED_BITS = bits(OBSERVED_OUTCOME, OBSERVED_STATUS, OBSERVED_METHOD)
const MESSAGING_BITS = bits(MESSAGING_SYSTEM, MESSAGING_OPERATION)

/**
 * Fills the semantic columns of a row from its attributes; what the columns mean is told at `SpanTable`.
 *
 * @param exceptionTypeId - string ids from the last `exception` event; 0 when there is none
 */
export function fillMeaning(
  c: Columns,
  row: number,
  values: RoleValues,
  strings: readonly string[],
  exceptionTypeId: number,
  exceptionMessageId: number,
): void {
  const { present } = values
  if (present === 0) {
    fillNothing(c, row, exceptionTypeId, exceptionMessageId)
    return
  }
  const observed = (present & (OBSERVED_BITS | HTTP_BITS)) === OBSERVED_BITS && isObserved(values, strings)
  const http = values.numberOf(observed ? OBSERVED_STATUS : HTTP_STATUS)
  c.httpStatus[row] = http > 0 && http < 1000 ? http : 0
  c.grpcStatus[row] = grpcCode(values, strings)
  c.peer[row] =
    values.idOf(PEER_SERVICE) ||
    ((present & (1 << PEER_ADDRESS)) !== 0 && values.joinedIdOf(PEER_ADDRESS, ':', PEER_PORT)) ||
    values.idOf(DESTINATION) ||
    // Python's HTTP clients tell of nobody but in the URL; that of a server names the server itself.
    (c.kind[row] === SERVER ? 0 : values.hostIdOf(URL_FULL))
  const rpcSystem = values.idOf(RPC_SYSTEM)
  c.system[row] = values.idOf(DB_SYSTEM) || values.idOf(MESSAGING_SYSTEM) || rpcSystem
  c.method[row] =
    values.idOf(observed ? OBSERVED_METHOD : HTTP_METHOD) ||
    values.lastPartIdOf(RPC_METHOD) ||
    values.idOf(DB_OPERATION)
  c.route[row] =
    values.idOf(HTTP_ROUTE) ||
    (observed && observedRoute(values, strings)) ||
    values.pathIdOf(URL_PATH) ||
    values.pathIdOf(URL_FULL) ||
    ((present & RPC_NAME_BITS) !== 0 && values.joinedIdOf(RPC_SERVICE, '/', RPC_METHOD)) ||
    values.idOf(DESTINATION)
  // Brave names a code and no system.
  const isCoded = rpcSystem === 0 && c.grpcStatus[row] !== 255
  const grpc = (present & (1 << GRPC_STATUS)) !== 0 || strings[rpcSystem] === 'grpc' || isCoded
  c.protocol[row] =
    (observed || (present & HTTP_BITS) !== 0 ? Protocol.http : 0) |
    (grpc ? Protocol.grpc : 0) |
    ((present & RPC_BITS) !== 0 ? Protocol.rpc : 0) |
    ((present & (1 << DB_SYSTEM)) !== 0 ? Protocol.db : 0) |
    ((present & MESSAGING_BITS) !== 0 ? Protocol.messaging : 0) |
    ((present & PROXY_BITS) !== 0 && isProxy(values, strings) ? Protocol.proxy : 0)
  c.errorType[row] = values.idOf(ERROR_TYPE) || exceptionTypeId || values.idOf(EXCEPTION_TYPE)
  c.errorMessage[row] = exceptionMessageId || values.idOf(EXCEPTION_MESSAGE)
  c.responseFlags[row] = values.idOf(RESPONSE_FLAGS)
  const resends = values.numberOf(RESEND_COUNT)
  c.resendCount[row] = resends > 0 ? Math.min(255, resends) : 0
  if (c.status[row] === 0 && values.isTrue(ERROR_FLAG)) c.status[row] = 2
}

/** Rows are written over after a roll-back, so every column is set every time. */
function fillNothing(c: Columns, row: number, exceptionTypeId: number, exceptionMessageId: number): void {
  c.httpStatus[row] = 0
  c.grpcStatus[row] = 255
  c.peer[row] = 0
  c.system[row] = 0
  c.method[row] = 0
  c.route[row] = 0
  c.protocol[row] = 0
  c.errorType[row] = exceptionTypeId
  c.errorMessage[row] = exceptionMessageId
  c.responseFlags[row] = 0
  c.resendCount[row] = 0
}

/** Micrometer's observation of HTTP: outcome, status and method go together. */
function isObserved(values: RoleValues, strings: readonly string[]): boolean {
  return OBSERVED_OUTCOMES.has(strings[values.idOf(OBSERVED_OUTCOME)])
}

/** The template of a path; where none is known a word stands there (`UNKNOWN`, `none`, `root`). */
function observedRoute(values: RoleValues, strings: readonly string[]): number {
  const route = values.pathIdOf(OBSERVED_URI)
  return strings[route].startsWith('/') ? route : 0
}

/** Envoy says what it is, and Dapr what was asked of it. */
function isProxy(values: RoleValues, strings: readonly string[]): boolean {
  return (values.present & (1 << SIDECAR)) !== 0 || strings[values.idOf(COMPONENT)] === 'proxy'
}

function grpcCode(values: RoleValues, strings: readonly string[]): number {
  const role = (values.present & (1 << GRPC_STATUS)) !== 0 ? GRPC_STATUS : RPC_STATUS
  if ((values.present & (1 << role)) === 0) return 255
  const number = values.numberOf(role)
  return grpcStatusOf(Number.isNaN(number) ? (strings[values.idOf(role)] ?? '') : number)
}
