import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { TraceFull } from '../../../aftershock/src/model/result.ts'
import { ROW_HEIGHT } from './paint.ts'
import { ancestorsOf, foldedAtFirst, nextRow, rowsOf, treeOf, type WaterfallRow } from './waterfall-rows.ts'

const OVERSCAN = 4

/** What is folded, chosen and in view, and the keys that change it. */
export function useWaterfall(trace: TraceFull, spanId: string | undefined, heightMax: number) {
  const tree = useMemo(() => treeOf(trace), [trace])
  const [folded, setFolded] = useState<ReadonlySet<string>>(
    () => new Set([...foldedAtFirst(tree)].filter((id) => !ancestorsOf(tree, spanId).has(id))),
  )
  const rows = useMemo(() => rowsOf(tree, folded), [tree, folded])
  const serviceIds = useMemo(
    () => new Map([...new Set(trace.spans.map((span) => span.service))].map((name, i) => [name, i])),
    [trace],
  )
  const [chosenKey, setChosenKey] = useState(spanId ?? rows[0]?.key ?? '')
  const [critical, setCritical] = useState<'shown' | 'hidden'>('shown')
  const [scroll, setScroll] = useState(0)
  const box = useRef<HTMLDivElement>(null)
  // By key, not by number: folding moves rows, the chosen one stays chosen.
  const at = Math.max(
    0,
    rows.findIndex((row) => row.key === chosenKey),
  )
  const height = Math.min(heightMax, rows.length * ROW_HEIGHT)

  const select = (to: number): void => {
    const index = Math.max(0, Math.min(rows.length - 1, to))
    setChosenKey(rows[index]?.key ?? '')
    const element = box.current
    if (element === null) return
    const top = index * ROW_HEIGHT
    if (top < element.scrollTop) element.scrollTop = top
    else if (top + ROW_HEIGHT > element.scrollTop + height) element.scrollTop = top + ROW_HEIGHT - height
  }
  const fold = (row: WaterfallRow | undefined, to: 'closed' | 'open' | 'other'): void => {
    if (row === undefined || !row.hasChildren) return
    const next = new Set(folded)
    if (to === 'closed' || (to === 'other' && !folded.has(row.span.id))) next.add(row.span.id)
    else next.delete(row.span.id)
    setFolded(next)
  }
  const acts: Readonly<Record<string, () => void>> = {
    ArrowDown: () => select(at + 1),
    j: () => select(at + 1),
    ArrowUp: () => select(at - 1),
    k: () => select(at - 1),
    Home: () => select(0),
    End: () => select(rows.length - 1),
    ArrowLeft: () => fold(rows[at], 'closed'),
    ArrowRight: () => fold(rows[at], 'open'),
    e: () => select(nextRow(rows, at, 'e') ?? at),
    f: () => select(nextRow(rows, at, 'f') ?? at),
    r: () => select(nextRow(rows, at, 'r') ?? at),
    c: () => setCritical(critical === 'shown' ? 'hidden' : 'shown'),
    Enter: () => document.getElementById('span-details')?.focus(),
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : acts[event.key]
    if (act === undefined) return
    event.preventDefault()
    event.stopPropagation()
    act()
  }
  useLayoutEffect(() => select(at), [trace])
  const first = Math.floor(scroll / ROW_HEIGHT)
  const count = Math.ceil(height / ROW_HEIGHT)
  return {
    tree,
    rows,
    at,
    serviceIds,
    height,
    first,
    count,
    scroll,
    setScroll,
    critical,
    box,
    select,
    fold,
    onKeyDown,
  }
}

/** The rows to keep in the document: those in view, and the chosen one for `aria-activedescendant`. */
export function rowsInView({ rows, first, count, at }: ReturnType<typeof useWaterfall>) {
  const from = Math.max(0, first - OVERSCAN)
  const inView = rows.slice(from, first + count + OVERSCAN).map((row, i) => ({ row, index: from + i }))
  const chosen = rows[at]
  const there = chosen === undefined || inView.some((shown) => shown.index === at)
  return there ? inView : [...inView, { row: chosen, index: at }]
}
