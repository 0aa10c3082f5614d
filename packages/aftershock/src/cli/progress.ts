import type { Progress, ProgressTick } from '../engine/ports.ts'
import { durationText, percentText } from '../model/numbers.ts'
import type { Output } from './io.ts'

/** Progress on stderr: one repainted line on a terminal, else a line a phase and a heartbeat each 10 s. */
export type ProgressLine = {
  /** A step that is done, for good. */
  readonly done: (text: string) => void
  readonly warn: (text: string) => void
  readonly tick: Progress
  /** What is being waited for; repainted until the next call. */
  readonly waiting: (text: string) => void
  readonly end: () => void
}

const heartbeatMs = 10_000

export function progressOn(output: Output, level: 'quiet' | 'normal'): ProgressLine {
  if (level === 'quiet') {
    const nothing = (): void => {}
    return {
      done: nothing,
      warn: (text) => output.write(`! ${text}\n`),
      tick: nothing,
      waiting: nothing,
      end: nothing,
    }
  }
  return output.isTty ? repainting(output) : plainLines(output)
}

/** The same, with what is worth keeping in the run's `log.txt`: steps, warnings, phases. */
export function kept(progress: ProgressLine, write: (text: string) => void): ProgressLine {
  let phase = ''
  const log = (text: string): void => {
    try {
      write(text)
    } catch {
      // A full disk ends the run where events are written; a warning of a signal must not throw.
    }
  }
  return {
    ...progress,
    done: (text) => {
      log(text)
      progress.done(text)
    },
    warn: (text) => {
      log(`warning: ${text}`)
      progress.warn(text)
    },
    tick: (tick) => {
      if (tick.phase !== phase) log(`phase ${tick.phase}`)
      phase = tick.phase
      progress.tick(tick)
    },
  }
}

function repainting(output: Output): ProgressLine {
  let isPainted = false
  const paint = (text: string): void => {
    const more = output.unicode ? '…' : '...'
    const room = output.columns - 1
    const cut = text.length > room ? `${text.slice(0, room - more.length)}${more}` : text
    output.write(`\r\u001b[2K${cut}`)
    isPainted = true
  }
  const line = (text: string): void => {
    output.write(`${isPainted ? '\r\u001b[2K' : ''}${text}\n`)
    isPainted = false
  }
  return {
    done: (text) => line(`  ${output.style('green', output.unicode ? '✓' : 'ok')} ${text}`),
    warn: (text) => line(`  ${output.style('yellow', '!')} ${text}`),
    tick: (tick) => paint(`  ${glyph(tick, output)} ${tickText(tick, output)}`),
    waiting: (text) => paint(`  ${output.unicode ? '…' : '...'} ${text}`),
    end: () => {
      if (isPainted) output.write('\r\u001b[2K')
      isPainted = false
    },
  }
}

function plainLines(output: Output): ProgressLine {
  let lastPhase = ''
  let lastAt = 0
  const stamp = (): string => new Date().toISOString().slice(11, 19)
  return {
    done: (text) => output.write(`${stamp()} ${text}\n`),
    warn: (text) => output.write(`${stamp()} warning: ${text}\n`),
    tick: (tick) => {
      const isNew = tick.phase !== lastPhase
      if (!isNew && Date.now() - lastAt < heartbeatMs) return
      lastPhase = tick.phase
      lastAt = Date.now()
      output.write(`${stamp()} ${isNew ? 'phase ' : '… '}${tickText(tick, output)}\n`)
    },
    waiting: (text) => {
      if (Date.now() - lastAt < heartbeatMs && lastAt !== 0) return
      lastAt = Date.now()
      output.write(`${stamp()} ${text}\n`)
    },
    end: () => {},
  }
}

function glyph(tick: ProgressTick, output: Output): string {
  if (tick.phase !== 'chaos') return output.unicode ? '…' : '...'
  return output.style('magenta', output.unicode ? '⚡' : '!')
}

function tickText(tick: ProgressTick, output: Output): string {
  const parts = [tick.phase.padEnd(9), timeText(tick, output)]
  const { users } = tick
  if (users.requests > 0) {
    const failed = percentText(users.errors / users.requests)
    parts.push(
      `${users.requests} answers in ${Math.min(5, Math.ceil(tick.elapsedMs / 1000))} s, errors ${failed}`,
    )
    if (users.p95Ms !== undefined) parts.push(`p95 ${durationText(users.p95Ms)}`)
  }
  for (const effect of tick.effects)
    parts.push(`${effect.label}: met by ${effect.seen} of ${effect.eligible} ${effect.unit}`)
  return parts.join('  ')
}

function timeText(tick: ProgressTick, output: Output): string {
  const elapsed = Math.round(tick.elapsedMs / 1000)
  if (tick.totalMs === undefined)
    return `${elapsed} s, ${tick.phase === 'chaos' ? 'playing the experiment' : 'waiting until users are back'}`
  const total = Math.max(1, Math.round(tick.totalMs / 1000))
  const text = `${Math.min(elapsed, total)}/${total} s`
  if (!output.isTty) return text
  const filled = Math.min(12, Math.round((12 * elapsed) / total))
  const [full, empty] = output.unicode ? ['█', '░'] : ['#', '.']
  return `${full?.repeat(filled)}${empty?.repeat(12 - filled)} ${text}`
}
