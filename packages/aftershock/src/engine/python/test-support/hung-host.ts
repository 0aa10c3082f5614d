// A program whose Python call never ends by itself; its test kills it.
import { pythonRun } from './python-run.ts'

const run = pythonRun({
  'mods.py': `
import os, signal, time
def hang():
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals) - {signal.SIGKILL})
    print("worker", os.getpid(), flush=True)
    time.sleep(600)
`,
})
await run.call('hang')
