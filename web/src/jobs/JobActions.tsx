/** What can be done to one job in its state: retry, cancel, discard. What isn't possible isn't offered. */
import { useNavigate } from '@tanstack/react-router'
import { Ban, RotateCcw, Trash2 } from 'lucide-react'
import { useState } from 'react'

import { useCan } from '../access/useCan'
import { cancelJob, discardJob, isRun, retryJob, type JobRecord } from '../api/jobs'
import { Button } from '../ui/Button'
import { Confirm } from '../ui/Confirm'
import { useMutate } from '../ui/useMutate'
import { can } from './actions'
import { Reason } from './BulkDialog'
import { JOB_KEYS } from './keys'

export function JobActions({ job }: { job: JobRecord }) {
  if (!useCan('jobs', 'operator')) return null
  return (
    <>
      {can('retry', job.state) && <Retry job={job} />}
      {can('cancel', job.state) && <Cancel job={job} />}
      {can('discard', job.state) && <Discard job={job} />}
    </>
  )
}

/** A lone job runs again; a run's job starts a rerun of its run, to which the page goes. */
function Retry({ job }: { job: JobRecord }) {
  const navigate = useNavigate()
  const retry = useMutate({
    run: retryJob,
    keys: JOB_KEYS,
    done: (answer) =>
      isRun(answer) ? 'Its run goes on from here, as a new one' : 'It runs again with a fresh budget',
    onDone: (answer) => {
      if (isRun(answer)) void navigate({ to: '/runs/$id', params: { id: answer.id } })
    },
  })
  return (
    <Button look="primary" busy={retry.busy} onClick={() => retry.start(job.id)}>
      <RotateCcw size={14} aria-hidden />
      {job.run ? 'Rerun from here' : 'Retry'}
    </Button>
  )
}

function Cancel({ job }: { job: JobRecord }) {
  const [open, setOpen] = useState(false)
  const cancel = useMutate({
    run: cancelJob,
    keys: JOB_KEYS,
    done: (answer) => (answer.state === 'CANCELLED' ? 'Cancelled' : 'It was asked to stop'),
  })
  return (
    <>
      <Button look="danger" onClick={() => setOpen(true)}>
        <Ban size={14} aria-hidden />
        Cancel
      </Button>
      <Confirm
        open={open}
        onOpenChange={setOpen}
        title={`Cancel this ${job.kind} job?`}
        description={
          job.state === 'RUNNING'
            ? 'Its handler is asked to stop; what it has done already stays done.'
            : 'It ends at once and doesn’t run. A retry brings it back.'
        }
        action="Cancel the job"
        danger
        onConfirm={() => cancel.startAsync(job.id)}
      />
    </>
  )
}

function Discard({ job }: { job: JobRecord }) {
  const [open, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const discard = useMutate({
    run: () => discardJob(job.id, reason),
    keys: JOB_KEYS,
    done: () => 'Discarded',
  })
  return (
    <>
      <Button look="danger" onClick={() => setOpen(true)}>
        <Trash2 size={14} aria-hidden />
        Discard
      </Button>
      <Confirm
        open={open}
        onOpenChange={setOpen}
        title={`Discard this ${job.kind} job?`}
        description="It is kept as cancelled, with the reason on record, and needs nobody’s attention any more."
        action="Discard"
        danger
        onConfirm={() => discard.startAsync(undefined)}
      >
        <Reason value={reason} onChange={setReason} />
      </Confirm>
    </>
  )
}
