import { type KnownCall, type KnownStep, numberArgument, parametersOf, textArgument } from './known-fault.ts'

/** Functions of `chaostoxi.toxic.actions` with a type of their own: the type, and its arguments. */
const TOXICS: Readonly<
  Record<string, { readonly type: string; readonly names: Readonly<Record<string, string>> }>
> = {
  create_latency_toxic: { type: 'latency', names: { latencyMs: 'latency', jitterMs: 'jitter' } },
  create_bandwith_degradation_toxic: { type: 'bandwidth', names: { rateKBs: 'rate' } },
  create_slow_connection_close_toxic: { type: 'slow_close', names: { delayMs: 'delay' } },
  create_timeout_toxic: { type: 'timeout', names: { timeoutMs: 'timeout' } },
  create_slicer_toxic: { type: 'slicer', names: { averageBytes: 'average_size' } },
  create_limiter_toxic: { type: 'limit_data', names: { bytes: 'bytes_limit' } },
}

/** Toxiproxy's words → Chaos Mesh's. */
const ACTIONS: Readonly<Record<string, string>> = {
  latency: 'delay',
  bandwidth: 'bandwidth',
  timeout: 'partition',
  reset_peer: 'partition',
  down: 'partition',
}

/** chaostoolkit-toxiproxy. The proxy's name is whom it hits: proxies are named after the service behind them. */
export function toxiproxyStep(call: KnownCall): KnownStep | undefined {
  if (call.module === 'chaostoxi.toxic.actions') return toxicStep(call)
  return call.module === 'chaostoxi.proxy.actions' ? proxyStep(call) : undefined
}

function toxicStep(call: KnownCall): KnownStep | undefined {
  const proxy = textArgument(call, 'for_proxy')
  const toxic = textArgument(call, 'toxic_name')
  if (proxy === undefined) return undefined
  if (call.func === 'delete_toxic') return { does: 'undo', keyStart: `toxiproxy ${proxy}/${toxic}` }
  const row = TOXICS[call.func]
  if (row !== undefined) {
    const parameters = Object.entries(row.names).map(([ours, theirs]) => [ours, numberArgument(call, theirs)])
    return injected(proxy, toxic ?? '', row.type, parametersOf(Object.fromEntries(parameters)))
  }
  const type = textArgument(call, 'toxic_type')
  return call.func === 'create_toxic' && type !== undefined
    ? injected(proxy, toxic ?? '', type, attributesOf(call, type))
    : undefined
}

function proxyStep(call: KnownCall): KnownStep | undefined {
  if (call.func === 'reset') return { does: 'undo', keyStart: '*' }
  const proxy = textArgument(call, 'proxy_name')
  if (proxy === undefined) return undefined
  const isOff = call.func === 'modify_proxy' && call.arguments.enabled === false
  const isOn = call.func === 'modify_proxy' && call.arguments.enabled === true
  if (call.func === 'disable_proxy' || isOff) return injected(proxy, 'down', 'down', {})
  return call.func === 'enable_proxy' || isOn
    ? { does: 'undo', keyStart: `toxiproxy ${proxy}/down` }
    : call.func === 'delete_proxy'
      ? { does: 'undo', keyStart: `toxiproxy ${proxy}` }
      : undefined
}

/** `create_toxic` takes them as Toxiproxy does. */
function attributesOf(call: KnownCall, type: string): Readonly<Record<string, number | string>> {
  const row = Object.values(TOXICS).find((one) => one.type === type)
  const given = call.arguments.attributes
  const attributes = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {}
  const inner: KnownCall = { ...call, arguments: attributes }
  const names = Object.entries(row?.names ?? {}).map(([ours, theirs]) => [
    ours,
    numberArgument(inner, theirs),
  ])
  return parametersOf({ ...Object.fromEntries(names), toxicity: numberArgument(call, 'toxicity') })
}

function injected(
  proxy: string,
  toxic: string,
  type: string,
  parameters: Readonly<Record<string, number | string>>,
): KnownStep {
  const amount = parameters.latencyMs === undefined ? '' : ` ${parameters.latencyMs} ms`
  return {
    does: 'inject',
    fault: {
      key: `toxiproxy ${proxy}/${toxic}`,
      kind: 'NetworkChaos',
      action: ACTIONS[type] ?? type,
      label: `${type}${amount} on ${proxy}`,
      targets: [{ namespace: 'default', labels: {}, name: proxy }],
      parameters,
      lasts: 'until-undone',
    },
  }
}
