import { expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// Envoy's spans as Istio's proxies send them: beside the services' own, or alone.

const PROXY = 'component=proxy'

/** Who called whom how often, and what happened on the way. */
function told(drawing: string): {
  readonly edges: readonly string[]
  readonly mechanisms: readonly string[]
} {
  const windows = drawnWindows('payment', { kind: 'NetworkChaos', action: 'delay' })
  const { edges, mechanisms } = analyse({ table: tableOf(drawing), windows })
  return {
    edges: edges.map((e) => `${e.from} > ${e.to}`),
    mechanisms: mechanisms
      .filter((m) => m.verdict !== 'absent')
      .map((m) => `${m.kind} ${m.caller}>${m.callee} ${m.count}`)
      .sort(),
  }
}

/** A call through the proxies of both ends: `order.default` and `payment.default` where they carry their namespace. */
function through(suffix: string, spansEach: 1 | 2): string {
  const order = `order${suffix}`
  const payment = `payment${suffix}`
  return spansEach === 1
    ? `
  order> POST /pay              5-55ms   client http=200 server.address=payment
    ${order} payment:8080/*       6-54ms   client http=200 ${PROXY}
      ${payment} payment:8080/*   7-53ms   server http=200 ${PROXY}
        payment POST /pay       8-52ms   server http=200`
    : `
  order> POST /pay                  5-55ms   client http=200 server.address=payment
    ${order} payment:8080/*           6-54ms   server http=200 ${PROXY}
      ${order} router payment egress  6-54ms   client http=200 ${PROXY}
        ${payment} payment:8080/*     7-53ms   server http=200 ${PROXY}
          ${payment} router ingress   7-53ms   client http=200 ${PROXY}
            payment POST /pay       8-52ms   server http=200`
}

for (const suffix of ['', '.default']) {
  for (const spansEach of [1, 2] as const) {
    test(`analyse() takes a call through two proxies for one call: ${spansEach} spans each, named order${suffix}`, () => {
      const calm = `order POST /order 0-60ms http=200${through(suffix, spansEach)}`
      const found = told(`
@ +1s ×50 every 1s
${calm}

@ +62s ×30 every 1s
order POST /order 0-420ms http=504
  order> POST /pay                5-405ms   client error type=timeout http.request.method=POST server.address=payment
    order${suffix} payment:8080/*         6-405ms   client flags=DC http.status_code=0 ${PROXY}
      payment${suffix} payment:8080/*     7-405ms   server flags=DC http.status_code=0 ${PROXY}
        payment POST /pay         8-900ms   server http=200
`)
      expect(found.edges).toEqual(['order > payment'])
      expect(found.mechanisms).toEqual(['duplicate-work order>payment 30', 'timeout order>payment 30'])
    })
  }
}

test('analyse() keeps proxies where nobody else tells of a call, and makes no call to itself of them', () => {
  const found = told(`
@ +1s ×50 every 1s
order order:8080/*                  0-60ms  server http=200 ${PROXY}
  order router ingress              1-59ms  client http=200 ${PROXY}
    order payment:8080/*            5-55ms  server http=200 ${PROXY}
      order router payment egress   6-54ms  client http=200 ${PROXY}
        payment payment:8080/*      7-53ms  server http=200 ${PROXY}
          payment router ingress    8-52ms  client http=200 ${PROXY} upstream_cluster.name=inbound|8080||
`)
  expect(found.edges).toEqual(['order > payment'])
})

test('analyse() knows by its proxy’s flag that a caller could not reach its callee', () => {
  const calm = `order POST /order 0-60ms http=200${through('', 1)}`
  const windows = drawnWindows('payment', { kind: 'PodChaos', action: 'pod-kill' })
  const table = tableOf(`
@ +1s ×50 every 1s
${calm}

@ +62s ×30 every 1s
order POST /order 0-9ms http=502
  order> POST /pay            5-7ms   client error http=503 server.address=payment
    order payment:8080/*      5-7ms   client error http=503 flags=UF,URX ${PROXY}
`)
  const { mechanisms, traces, data } = analyse({ table, windows })
  expect(mechanisms.filter((m) => m.kind === 'load-shed')).toEqual([])
  expect(traces.filter((t) => t.attributed && t.outcome === 'failed').length).toBe(30)
  expect(data.spans).toBe(table.length)
})

test('analyse() counts the tries that a caller’s proxy makes within one call', () => {
  const found = told(`
@ +1s ×50 every 1s
order POST /order 0-60ms http=200${through('', 1)}

@ +62s ×30 every 1s
order POST /order 0-90ms http=200
  order> POST /pay              5-85ms   client http=200 server.address=payment
    order payment:8080/*        6-84ms   client http=200 ${PROXY} http.request.resend_count=1
      payment payment:8080/*    7-20ms   server error http=500 ${PROXY}
        payment POST /pay       8-19ms   server error http=500
      payment payment:8080/*   30-83ms   server http=200 ${PROXY}
        payment POST /pay      31-82ms   server http=200
`)
  expect(found.mechanisms).toEqual(['retry order>payment 30'])
})

for (const id of ['', '-app']) {
  test(`analyse() takes Dapr’s sidecars for what they are beside, with ids such as order${id}`, () => {
    const asked = 'server.address=127.0.0.1 server.port=3500'
    const found = told(`
@ +1s ×50 every 1s
order POST /order 0-60ms http=200
  order> POST /v1.0/invoke            5-55ms   client http=200 ${asked}
    order${id}#s CallLocal/payment/pay     6-54ms   client net.peer.name=payment${id} dapr.api=x rpc.service=ServiceInvocation
      payment${id}#s CallLocal/payment/pay 7-53ms   server dapr.api=x rpc.service=ServiceInvocation
        payment POST /pay             8-52ms   server http=200

@ +62s ×30 every 1s
order POST /order 0-420ms http=504
  order> POST /v1.0/invoke            5-405ms  client error type=timeout http.request.method=POST ${asked}
    order${id}#s CallLocal/payment/pay     6-404ms  client error net.peer.name=payment${id} dapr.api=x rpc.service=ServiceInvocation
`)
    expect(found.edges).toEqual(['order > payment'])
    expect(found.mechanisms).toEqual(['timeout order>payment 30'])
  })
}
