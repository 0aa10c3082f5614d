import type { RunResult } from '../../../aftershock/src/model/result.ts'
import { backText } from '../../../aftershock/src/report/words.ts'

/** How long each hop took to be back, counted from the end of the fault. */
export function RecoveryLadder({ result }: { readonly result: RunResult }) {
  const { recovery } = result
  if (recovery.hops.length === 0) return null
  const longest = Math.max(...recovery.hops.map((hop) => hop.backAfterMs ?? 0), 1)
  const height = recovery.hops.length * 30
  const held = recovery.hops.filter((hop) => hop.heldBy !== undefined)
  return (
    <section aria-labelledby="recovery" id="s-recovery">
      <h2 id="recovery">
        Recovery <small>after the fault ended</small>
      </h2>
      <svg
        class="ladder"
        viewBox={`0 0 420 ${height}`}
        width="420"
        role="img"
        aria-label={recovery.hops.map((hop) => `${hop.id} ${backText(hop.backAfterMs)}`).join(', ')}
      >
        {recovery.hops.map((hop, i) => {
          const width = hop.backAfterMs === null ? 220 : Math.max(2, (hop.backAfterMs / longest) * 220)
          return (
            <g key={hop.id} font-size="13">
              <text x="0" y={i * 30 + 19}>
                {hop.id.length > 16 ? `${hop.id.slice(0, 15)}…` : hop.id}
              </text>
              <rect
                class={hop.backAfterMs === null ? 'bar lost' : 'bar'}
                x="118"
                y={i * 30 + 7}
                width={width}
                height="16"
                rx="3"
                fill={hop.backAfterMs === null ? 'none' : '#0b57a4'}
                stroke={hop.backAfterMs === null ? '#b3261e' : 'none'}
                stroke-dasharray="4 3"
              />
              <text x={118 + width + 8} y={i * 30 + 20}>
                {backText(hop.backAfterMs)}
              </text>
            </g>
          )
        })}
      </svg>
      {held.map((hop) => (
        <p key={hop.id}>
          {hop.id} held back by: <strong>{hop.heldBy}</strong>
        </p>
      ))}
      {recovery.metastable ? (
        <p class="alarm">
          Users were still worse off when the data ended
          {recovery.heldBy === undefined ? '' : `, held by ${recovery.heldBy}`}.
        </p>
      ) : null}
      {recovery.rule === '' ? null : <p class="faint">{recovery.rule}</p>}
    </section>
  )
}
