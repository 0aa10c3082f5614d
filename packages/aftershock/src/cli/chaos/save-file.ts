import { writeFileSync } from 'node:fs'
import { Refused } from '../../engine/chaos-toolkit/stops.ts'
import { errorText } from '../../model/error-text.ts'

/** @throws Refused with the reason when it cannot be written */
export function saveFile(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw new Refused(`Cannot write ${path}: ${errorText(error)}`)
  }
}
