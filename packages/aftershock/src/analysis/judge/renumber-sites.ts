import { columnOf } from '../numbers/columns.ts'
import { type Site, type Sites, siteKey } from './sites.ts'

/** A partition's numbers of sites → those of all. */
export function renumberSites(
  own: Omit<Sites, 'list'>,
  ownList: readonly Site[],
  list: readonly Site[],
): Sites {
  const ids = new Map(list.map((site, id) => [siteKey(site), id]))
  const known = Int32Array.from(ownList, (site) => ids.get(siteKey(site)) ?? -1)
  const { ofPart, ofFailure, excess, waited } = own
  return {
    list,
    ofPart: renumbered(ofPart, known),
    ofFailure: renumbered(ofFailure, known),
    excess,
    waited: new Map([...waited].map(([p, one]) => [p, { ...one, site: known[one.site] }])),
  }
}

/** `map` would call a function for each. */
function renumbered(of: Int32Array, known: Int32Array): Int32Array {
  const all = columnOf(Int32Array, of.length)
  for (let p = 0; p < of.length; p++) all[p] = of[p] === -1 ? -1 : known[of[p]]
  return all
}
