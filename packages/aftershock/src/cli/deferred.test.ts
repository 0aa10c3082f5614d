import { expect, test } from 'vitest'
import { Deferred } from './deferred.ts'

test('what is deferred is done at the end, last first, also when something fails', async () => {
  const done: string[] = []
  const use = async (): Promise<void> => {
    await using deferred = new Deferred()
    deferred.defer(() => done.push('first opened'))
    deferred.defer(() => Promise.reject(new Error('does not close')))
    deferred.defer(async () => done.push('last opened'))
    done.push('used')
  }
  await expect(use()).rejects.toThrow('does not close')
  expect(done).toEqual(['used', 'last opened', 'first opened'])
})
