import { goDurationMs } from '../go-duration.ts'
import { type KnownCall, type KnownStep, numberArgument, parametersOf, textArgument } from './known-fault.ts'

/** chaostoolkit-istio: delays and aborts of a virtual service. */
export function istioStep(call: KnownCall): KnownStep | undefined {
  const name = textArgument(call, 'virtual_service_name')
  if (call.module !== 'chaosistio.fault.actions' || name === undefined) return undefined
  const namespace = textArgument(call, 'ns') ?? 'default'
  const key = `virtualservice ${namespace}/${name}`
  if (/^(unset_fault|remove_\w+_fault)$/.test(call.func)) return { does: 'undo', keyStart: key }
  const delay = textArgument(call, 'fixed_delay')
  const isDelay = call.func === 'add_delay_fault'
  if (!isDelay && call.func !== 'add_abort_fault' && call.func !== 'set_fault') return undefined
  const parameters = parametersOf({
    delayMs: delay === undefined ? undefined : goDurationMs(delay),
    statusCode: numberArgument(call, 'http_status'),
    percent: numberArgument(call, 'percentage'),
  })
  const action = isDelay ? 'delay' : call.func === 'add_abort_fault' ? 'abort' : 'fault'
  return {
    does: 'inject',
    fault: {
      key,
      kind: 'HTTPChaos',
      action,
      label: `${action} on ${name}`,
      targets: [{ namespace, labels: {}, name }],
      parameters,
      lasts: 'until-undone',
    },
  }
}
