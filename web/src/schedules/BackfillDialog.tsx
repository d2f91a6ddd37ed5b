/** Asks for a range and starts a backfill of it. The fields are in the reader's own time; the clock's zone is told. */
import { useState, type SubmitEvent } from 'react'

import { startBackfill, type Clock } from '../api/schedules'
import { Dialog } from '../ui/Dialog'
import { FormFoot } from '../ui/FormFoot'
import { Labelled, NumberInput, TextInput } from '../ui/inputs'
import { useMutate } from '../ui/useMutate'
import { fieldOf, instantOf, inZone, localZone, zoneOf } from './times'

interface Props {
  clock: Clock
  name: string
  open: boolean
  onOpenChange: (open: boolean) => void
  onStarted: () => void
}

export function BackfillDialog(props: Props) {
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={`Backfill ${props.name}`}
      description="Fires every time of the range, both ends included, oldest first; also those that have fired."
    >
      <Range {...props} />
    </Dialog>
  )
}

const DAY = 86_400_000

function Range({ clock, onOpenChange, onStarted }: Props) {
  const [now] = useState(() => Date.now())
  const [from, setFrom] = useState(() => fieldOf(new Date(now - DAY)))
  const [to, setTo] = useState(() => fieldOf(new Date(now)))
  const [concurrency, setConcurrency] = useState<number | null>(1)
  const [refused, refuse] = useState<unknown>(null)
  const begin = useMutate({
    run: (range: { from: string; to: string; concurrency: number }) => startBackfill(clock.row, range),
    keys: [['schedules', clock.row, 'backfills']],
    done: () => 'Started the backfill',
    onDone: () => {
      onOpenChange(false)
      onStarted()
    },
  })
  const range = { from: instantOf(from), to: instantOf(to) }
  const turned = range.from !== null && range.to !== null && range.to < range.from
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (range.from === null || range.to === null || concurrency === null || turned) return
    refuse(null)
    begin.startAsync({ from: range.from, to: range.to, concurrency }).catch(refuse)
  }
  const zone = zoneOf(clock.definition)
  const there = (at: string | null) => (at === null ? null : `${inZone(at, zone) ?? at} in ${zone}`)
  return (
    <form onSubmit={submit} className="space-y-3 overflow-y-auto p-4">
      <p className="text-xs text-ink-soft">Times below are yours ({localZone()}).</p>
      <div className="grid gap-3 sm:grid-cols-2">
        <Labelled label="From" hint={there(range.from)}>
          {(wiring) => (
            <TextInput
              {...wiring}
              type="datetime-local"
              required
              value={from}
              onChange={(event) => setFrom(event.target.value)}
            />
          )}
        </Labelled>
        <Labelled label="To" hint={there(range.to)} error={turned ? 'This lies before the beginning.' : null}>
          {(wiring) => (
            <TextInput
              {...wiring}
              type="datetime-local"
              required
              value={to}
              onChange={(event) => setTo(event.target.value)}
            />
          )}
        </Labelled>
      </div>
      <Labelled label="At once" hint="How many of them may be under way at the same time.">
        {(wiring) => (
          <NumberInput
            {...wiring}
            min={1}
            max={1000}
            required
            value={concurrency}
            onChange={setConcurrency}
            className="!w-28"
          />
        )}
      </Labelled>
      <FormFoot
        action="Start the backfill"
        busy={begin.busy}
        refused={refused}
        onCancel={() => onOpenChange(false)}
      />
    </form>
  )
}
