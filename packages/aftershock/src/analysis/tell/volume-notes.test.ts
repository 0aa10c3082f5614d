import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// A minute of baseline and one of chaos; of each request either all is kept, or what a tail sampler chooses.

const GOOD = `
order POST /order         0-60ms  http=200
  order>payment POST /pay  5-55ms  http=200
    payment POST /pay      8-52ms  http=200`
const FAILED = `
order POST /order         0-60ms  http=500 error
  order>payment POST /pay  5-55ms  http=500 error
    payment POST /pay      8-52ms  http=500 error`

function requests(fromS: number, times: number, shape: string): string {
  return `@ +${fromS}s ×${times} every ${Math.floor(58_000 / times)}ms${shape}\n`
}

const IDS = ['kept-by-outcome', 'fewer-requests', 'more-requests']

function told(...drawn: readonly string[]): readonly string[] {
  const windows = drawnWindows('payment', { kind: 'HTTPChaos', action: 'abort' })
  const { quality } = analyse({ table: tableOf(drawn.join('\n')), windows })
  return quality.filter(({ id }) => IDS.includes(id)).map(({ id, level, text }) => `${level} ${id} ${text}`)
}

describe('volumeNotes()', () => {
  test('says nothing where as many requests came, however many of them failed', () => {
    expect(told(requests(1, 200, GOOD), requests(61, 120, FAILED), requests(61, 80, GOOD))).toEqual([])
  })

  test('warns where only what failed is more: one good request in ten was kept', () => {
    const notes = told(requests(1, 20, GOOD), requests(61, 120, FAILED), requests(61, 8, GOOD))
    expect(notes).toEqual([
      expect.stringMatching(
        /^warn kept-by-outcome Shares .* may be too large.* order POST \/order \(6\.4 times\)\.$/,
      ),
    ])
  })

  test('takes it for more traffic where good requests are more, too', () => {
    const notes = told(requests(1, 50, GOOD), requests(61, 120, FAILED), requests(61, 120, GOOD))
    expect(notes).toEqual([
      expect.stringMatching(/^info more-requests .* order POST \/order \(4\.8 times\)\.$/),
    ])
  })

  test('warns where far fewer requests are here than came before', () => {
    const notes = told(requests(1, 200, GOOD), requests(61, 5, FAILED))
    expect(notes).toEqual([
      expect.stringMatching(/^warn fewer-requests .* order POST \/order \(0\.03 times\)\.$/),
    ])
  })

  test('leaves a dozen requests more or fewer to chance', () => {
    expect(told(requests(1, 8, GOOD), requests(61, 16, FAILED))).toEqual([])
    expect(told(requests(1, 16, GOOD), requests(61, 7, FAILED))).toEqual([])
  })
})
