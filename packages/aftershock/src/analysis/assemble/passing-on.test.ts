import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// Proxies beside services that say so in no word: Linkerd's, all of one name; and who looks like one and is none.

function told(drawing: string) {
  const windows = drawnWindows('payment', { kind: 'NetworkChaos', action: 'delay' })
  const { edges, mechanisms, data } = analyse({ table: tableOf(drawing), windows })
  return {
    edges: edges.map((e) => `${e.from} > ${e.to}`),
    services: data.services,
    mechanisms: mechanisms
      .filter((m) => m.verdict !== 'absent')
      .map((m) => `${m.kind} ${m.caller}>${m.callee} ${m.count}`)
      .sort(),
  }
}

describe('passingOn()', () => {
  test('knows proxies of one name by what they do: each call of theirs is below another’s', () => {
    const calm = `
@ +1s ×50 every 1s
order POST /order 0-60ms http=200
  order>payment POST /pay           5-55ms   http=200
    linkerd-proxy#1 /pay            6-54ms   client http=200 direction=outbound
      linkerd-proxy#2 /pay          7-53ms   server http=200 direction=inbound
        payment POST /pay           8-52ms   server http=200
`
    const late = `
@ +62s ×30 every 1s
order POST /order 0-420ms http=504
  order>payment POST /pay           5-405ms  error type=timeout
`
    expect(told(calm + late)).toEqual({
      edges: ['order > payment'],
      services: ['order', 'payment'],
      mechanisms: ['timeout order>payment 30'],
    })
  })

  test('takes a callee that only its proxy tells of for silent', () => {
    const { edges } = told(`
@ +1s ×50 every 1s
order POST /order 0-60ms http=200
  order>payment POST /pay           5-55ms   http=200
    linkerd-proxy#1 /pay            6-54ms   client http=200
      linkerd-proxy#2 /pay          7-53ms   server http=200
`)
    expect(edges).toEqual(['order > payment'])
  })

  test('gives a call that only a proxy tells of to the service whose span is above it', () => {
    const { edges, services } = told(`
@ +1s ×50 every 1s
order POST /order 0-60ms http=200
  order>payment POST /pay           5-25ms   http=200
    linkerd-proxy#1 /pay            6-24ms   client http=200
      linkerd-proxy#2 /pay          7-23ms   server http=200
        payment POST /pay           8-22ms   server http=200
          linkerd-proxy#2 /ledger   9-21ms   client http=200 server.address=ledger
            linkerd-proxy#3 /ledger 10-20ms  server http=200
              ledger POST /ledger   11-19ms  server http=200
          linkerd-proxy#2 /mail     12-21ms  client http=200 server.address=mail
            linkerd-proxy#4 /mail   13-20ms  server http=200
`)
    expect(edges.sort()).toEqual(['order > payment', 'payment > ledger', 'payment > mail'])
    expect(services).toEqual(['ledger', 'order', 'payment'])
  })

  test('keeps a service of which only calls are traced: callers name it, or it makes several calls for one', () => {
    const one = `
@ +1s ×50 every 1s
order POST /order 0-60ms http=200
  order>stock GET /stock        5-55ms   http=200
    stock>shelf GET /shelf      6-54ms   http=200
      shelf GET /shelf          7-53ms   server http=200
`
    const several = `
@ +1s ×50 every 1s
order POST /order 0-60ms http=200
  order> GET /stock             5-55ms   client http=200 server.address=10.0.0.7
    stock>shelf GET /shelf      6-24ms   http=200
      shelf GET /shelf          7-23ms   server http=200
    stock>depot GET /depot     26-54ms   http=200
      depot GET /depot         27-53ms   server http=200
`
    expect(told(one).edges.sort()).toEqual(['order > stock', 'stock > shelf'])
    expect(told(several).edges.sort()).toEqual(['order > stock', 'stock > depot', 'stock > shelf'])
  })

  test('keeps a gateway that answers and passes on', () => {
    const { edges } = told(`
@ +1s ×50 every 1s
nginx GET /                      0-60ms  server http=200
  order GET /                    1-59ms  server http=200
    order>payment POST /pay      5-55ms  http=200
      edge POST /pay             6-54ms  server http=200
        edge>payment POST /pay   7-53ms  http=200
          payment POST /pay      8-52ms  server http=200
`)
    expect(edges.sort()).toEqual(['edge > payment', 'nginx > order', 'order > edge'])
  })
})
