import { parseGoFloat32 } from '../go-numbers.ts'
import { isMachineSize } from '../units.ts'
import { type Fields, filledAt, flagAt, numberAt, textAt } from './fields.ts'

type Check = (body: Fields) => string | undefined

/** Why the webhook refuses an action's section, in its words; the first reason only, as upstream. */
export function machineActionError(action: string, body: Fields): string | undefined {
  for (const check of CHECKS[action] ?? []) {
    const error = check(body)
    if (error !== undefined) return error
  }
  return undefined
}

const CHECKS: Readonly<Record<string, readonly Check[]>> = {
  'stress-cpu': [nonZero('load', "load can't be 0"), nonZero('workers', "workers can't be 0")],
  'stress-mem': [sized],
  'disk-read-payload': [nonZero('payload-process-num', "payload-process-num can't be 0"), sized],
  'disk-write-payload': [nonZero('payload-process-num', "payload-process-num can't be 0"), sized],
  'disk-fill': [sized],
  'network-corrupt': [correlated, filled('device'), percent],
  'network-duplicate': [correlated, filled('device'), percent],
  'network-loss': [correlated, filled('device'), percent],
  'network-delay': [correlated, filled('device'), filled('latency', 'latency is invalid'), tcpFlags],
  'network-partition': [
    filled('device'),
    oneFilled(['ip-address', 'hostname'], 'one of ip-address and hostname is required'),
    (body) =>
      ['to', 'from'].includes(textAt(body, 'direction') ?? '')
        ? undefined
        : "direction should be one of 'to' and 'from'",
    tcpFlags,
  ],
  'network-bandwidth': [
    filled('device'),
    filled('rate', 'rate, limit and buffer both are required when action is bandwidth'),
  ],
  'network-dns': [dnsPair],
  'network-flood': [filled('ip-address'), filled('port'), filled('rate'), filled('duration')],
  'network-down': [filled('device'), filled('duration')],
  process: [filled('process'), nonZero('signal', 'signal is required')],
  'jvm-exception': [pid, filled('class'), filled('method'), filled('exception')],
  'jvm-gc': [pid],
  'jvm-latency': [pid, filled('class'), filled('method'), nonZero('latency', 'latency is required')],
  'jvm-return': [pid, filled('class'), filled('method'), filled('value')],
  'jvm-stress': [pid, jvmStress],
  'jvm-rule-data': [pid, filled('rule-data')],
  'jvm-mysql': [
    pid,
    filled('mysqlConnectorVersion', 'MySQL connector version not provided'),
    (body) =>
      filledAt(body, 'exception') === undefined && !numberAt(body, 'latency')
        ? 'must set one of exception or latency'
        : undefined,
  ],
  clock: [pid, filled('time-offset')],
  'redis-expiration': [
    redis,
    // Upstream's test is inverted: the options that Redis knows are the ones refused.
    (body) =>
      ['XX', 'NX', 'GT', 'LT'].includes(textAt(body, 'option') ?? '')
        ? 'option invalid (Chaos Mesh refuses XX, NX, GT and LT by mistake)'
        : undefined,
  ],
  'redis-penetration': [redis, nonZero('requestNum', 'requestNum is required')],
  'redis-cacheLimit': [
    redis,
    (body) =>
      textAt(body, 'cacheSize') !== '0' && filledAt(body, 'percent') !== undefined
        ? 'only one of size and percent can be set (write cacheSize: "0" with percent)'
        : undefined,
  ],
  'redis-stop': [redis],
  'redis-restart': [redis, filled('conf', 'conf is required to restart the sentinel')],
  'kafka-fill': [
    filled('host'),
    nonZero('port', 'port is required'),
    nonZero('maxBytes', 'max bytes is required'),
    filled('reloadCommand', 'reload command is required'),
  ],
  'kafka-flood': [
    filled('host'),
    nonZero('port', 'port is required'),
    nonZero('threads', 'threads is required'),
  ],
  'kafka-io': [
    (body) =>
      flagAt(body, 'nonReadable') || flagAt(body, 'nonWritable')
        ? undefined
        : 'at least one of non-readable or non-writable is required',
  ],
  'file-create': [oneFilled(['file-name', 'dir-name'], 'one of file-name and dir-name is required')],
  'file-modify': [
    filled('file-name', 'file name is required'),
    nonZero('privilege', 'file privilege is required'),
  ],
  'file-delete': [oneFilled(['file-name', 'dir-name'], 'one of file-name and dir-name is required')],
  'file-rename': [
    filled('source-file', 'both source file and destination file are required'),
    filled('dest-file', 'both source file and destination file are required'),
  ],
  'file-append': [filled('file-name'), filled('data', 'append data is required')],
  'file-replace': [
    filled('file-name'),
    filled('origin-string', 'both origin and destination string are required'),
    filled('dest-string', 'both origin and destination string are required'),
  ],
  user_defined: [
    filled('attackCmd', 'attack command not provided'),
    filled('recoverCmd', 'recover command not provided'),
  ],
}

function filled(name: string, error = `${name} is required`): Check {
  return (body) => (filledAt(body, name) === undefined ? error : undefined)
}

function oneFilled(names: readonly string[], error: string): Check {
  return (body) => (names.every((name) => filledAt(body, name) === undefined) ? error : undefined)
}

function nonZero(name: string, error: string): Check {
  return (body) => ((numberAt(body, name) ?? 0) === 0 ? error : undefined)
}

function sized(body: Fields): string | undefined {
  const size = filledAt(body, 'size')
  if (size === undefined) return 'size is required'
  return isMachineSize(size) ? undefined : `unknown unit ${size}: write for example 256MB or 1GiB`
}

function percentOk(value: string): boolean {
  const number = parseGoFloat32(value)
  // NaN is neither below 0 nor above 100.
  return number.ok && !(number.value < 0 || number.value > 100)
}

function percent(body: Fields): string | undefined {
  const value = filledAt(body, 'percent')
  const number = parseGoFloat32(value ?? '')
  return percentOk(value ?? '') && number.ok && number.value !== 0 ? undefined : 'percent is invalid'
}

function correlated(body: Fields): string | undefined {
  const value = filledAt(body, 'correlation')
  return value === undefined || percentOk(value) ? undefined : `correlation ${value} is invalid`
}

function tcpFlags(body: Fields): string | undefined {
  return filledAt(body, 'accept-tcp-flags') !== undefined && textAt(body, 'ip-protocol') !== 'tcp'
    ? "protocol should be 'tcp' when set accept-tcp-flags"
    : undefined
}

function dnsPair(body: Fields): string | undefined {
  const name = filledAt(body, 'dns-domain-name')
  const ip = filledAt(body, 'dns-ip')
  return (name === undefined) === (ip === undefined)
    ? undefined
    : `DNS host ${name ?? ''} must match a DNS ip ${ip ?? ''}`
}

function pid(body: Fields): string | undefined {
  const value = numberAt(body, 'pid') ?? 0
  if (value === 0) return 'pid is required'
  return value < 0 ? 'pid is invalid' : undefined
}

function jvmStress(body: Fields): string | undefined {
  const cpu = numberAt(body, 'cpu-count') ?? 0
  const memory = filledAt(body, 'mem-type')
  if (cpu === 0 && memory === undefined) return 'one of cpu-count and mem-type is required'
  return cpu > 0 && memory !== undefined ? 'inject stress on both CPU and memory is not support' : undefined
}

function redis(body: Fields): string | undefined {
  return filledAt(body, 'addr') === undefined ? 'addr of redis server is required' : undefined
}
