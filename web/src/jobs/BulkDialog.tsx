/**
 * Asks before something is done to many jobs: how many there are now, what it means, and for a discard why.
 *
 * The count comes from the server when the dialog opens; what is done counts anew, and the toast tells both numbers.
 */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { changeJobs, type BulkAction, type BulkFilter, type Changed } from '../api/jobs'
import { asProblem } from '../api/http'
import { Confirm } from '../ui/Confirm'
import { plural } from '../ui/format'
import { Labelled, TextInput } from '../ui/inputs'
import { useToast } from '../ui/Toasts'
import { described, told, WORDS } from './actions'
import { JOB_KEYS } from './keys'

export interface Asked {
  action: BulkAction
  filter: BulkFilter
}

interface Props {
  asked: Asked | null
  noun: string
  /** How it is done, where that isn't the bulk call of jobs. */
  run?: (asked: Asked, reason: string) => Promise<Changed>
  /** Other words for an action: a retry of a dead letter is a replay. */
  verbs?: Partial<Record<BulkAction, string>>
  onClose: () => void
  onDone: () => void
}

const MOST_REASON = 1_000

export function BulkDialog({ asked, ...rest }: Props) {
  return asked && <Question asked={asked} {...rest} />
}

function Question({ asked, noun, run, verbs, onClose, onDone }: Props & { asked: Asked }) {
  const [reason, setReason] = useState('')
  const client = useQueryClient()
  const toast = useToast()
  const { means } = WORDS[asked.action]
  const verb = verbs?.[asked.action] ?? WORDS[asked.action].verb
  const { ids } = asked.filter
  const change = async () => {
    try {
      const changed = await (run ? run(asked, reason) : changeJobs({ ...asked, reason }))
      toast.done(told(asked.action, changed, noun, verbs?.[asked.action]))
      onDone()
    } finally {
      for (const queryKey of JOB_KEYS) void client.invalidateQueries({ queryKey })
    }
  }
  return (
    <Confirm
      open
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title={ids ? `${verb} ${plural(ids.length, noun)}?` : `${verb} every ${noun} that matches?`}
      description={means}
      action={verb}
      danger={asked.action !== 'retry'}
      onConfirm={change}
    >
      {!ids && <Count asked={asked} noun={noun} />}
      {asked.action === 'discard' && <Reason value={reason} onChange={setReason} />}
    </Confirm>
  )
}

export function Reason({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <Labelled label="Reason" hint="Kept on record with the job.">
      {(wiring) => (
        <TextInput
          {...wiring}
          value={value}
          maxLength={MOST_REASON}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Labelled>
  )
}

function Count({ asked, noun }: { asked: Asked; noun: string }) {
  const count = useQuery({
    queryKey: ['bulk-count', asked.action, asked.filter],
    queryFn: () => changeJobs({ ...asked, dryRun: true }),
    staleTime: 0,
    gcTime: 0,
  })
  return (
    <p role="status" className="rounded-md bg-raised px-2.5 py-1.5">
      {count.isPending && 'Counting…'}
      {count.isError && asProblem(count.error).message}
      {count.data && (
        <>
          <strong className="font-semibold tabular-nums">{plural(count.data.matched, noun)}</strong> now:{' '}
          {described(asked.filter) || 'whatever there is'}
        </>
      )}
    </p>
  )
}
