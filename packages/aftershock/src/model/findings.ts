import type { RunResult } from './result.ts'

/** What an analysis of the traces gives; the engine adds what only the run knows. */
export type TraceFindings = Pick<
  RunResult,
  | 'suspects'
  | 'mechanisms'
  | 'traces'
  | 'chains'
  | 'chain'
  | 'impact'
  | 'proof'
  | 'data'
  | 'quality'
  | 'journeys'
  | 'series'
  | 'edges'
  | 'recovery'
  | 'graph'
  | 'evidence'
> & { readonly headline: string; readonly reach: RunResult['run']['reach'] }
