/** What can be done to the whole run: pause, resume and cancel while it goes on; run it again once it has ended. */
import { Ban, Pause, Play, RotateCcw } from 'lucide-react'
import { useState } from 'react'

import { useCan } from '../../access/useCan'
import { pauseRun, resumeRun } from '../../api/runs'
import type { Run } from '../../api/types'
import { isEnd } from '../../graph/states'
import { Button } from '../../ui/Button'
import { useMutate } from '../../ui/useMutate'
import { CancelDialog } from './CancelDialog'
import { keysOf } from './keys'
import { RerunDialog } from './RerunDialog'

export function RunActions({ run }: { run: Run }) {
  if (!useCan('runs', 'operator')) return null
  return isEnd(run.state) ? <Again run={run} /> : <Going run={run} />
}

function Again({ run }: { run: Run }) {
  const [asking, ask] = useState(false)
  // A body's run is a part of another one: that is what can be run again.
  if (run.body) return null
  return (
    <>
      <Button onClick={() => ask(true)}>
        <RotateCcw size={13} aria-hidden /> Run again
      </Button>
      <RerunDialog run={run} open={asking} onOpenChange={ask} />
    </>
  )
}

function Going({ run }: { run: Run }) {
  const [asking, ask] = useState(false)
  const keys = keysOf(run.id)
  const pause = useMutate({ run: () => pauseRun(run.id), keys, done: () => 'Paused the run' })
  const resume = useMutate({ run: () => resumeRun(run.id), keys, done: () => 'The run goes on' })
  return (
    <>
      {run.state === 'PAUSED' ? (
        <Button look="primary" busy={resume.busy} onClick={() => resume.start(undefined)}>
          <Play size={13} aria-hidden /> Resume
        </Button>
      ) : (
        // One that waits for its place has nothing to pause yet.
        run.state !== 'PENDING' && (
          <Button
            busy={pause.busy}
            title="Lets what runs end and starts nothing new"
            onClick={() => pause.start(undefined)}
          >
            <Pause size={13} aria-hidden /> Pause
          </Button>
        )
      )}
      <Button look="danger" onClick={() => ask(true)}>
        <Ban size={13} aria-hidden /> Cancel
      </Button>
      <CancelDialog run={run} open={asking} onOpenChange={ask} />
    </>
  )
}
