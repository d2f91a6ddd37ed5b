/** How long a queue's ended jobs are kept, by the state in which they ended; what is left empty follows the wider rule. */
import { useQueryClient } from '@tanstack/react-query'
import { useState, type SubmitEvent } from 'react'

import { asProblem, type Problem } from '../api/http'
import { changeQueue, type Queue } from '../api/queues'
import { labelOf } from '../graph/states'
import { Button } from '../ui/Button'
import { Dialog } from '../ui/Dialog'
import { DurationInput, Labelled } from '../ui/inputs'
import { useToast } from '../ui/Toasts'

const ENDS = ['SUCCEEDED', 'FAILED', 'DEAD', 'CANCELLED'] as const

export function RetentionDialog({ queue, onClose }: { queue: Queue; onClose: () => void }) {
  const [rules, setRules] = useState<Record<string, string>>(queue.retention)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [busy, setBusy] = useState(false)
  const client = useQueryClient()
  const toast = useToast()
  const save = (event: SubmitEvent) => {
    event.preventDefault()
    setBusy(true)
    const retention = Object.fromEntries(Object.entries(rules).filter(([, length]) => length.trim() !== ''))
    changeQueue(queue.name, { retention })
      .then(() => {
        toast.done(`Changed ${queue.name}`)
        onClose()
      })
      .catch((error: unknown) => setProblem(asProblem(error)))
      .finally(() => {
        setBusy(false)
        void client.invalidateQueries({ queryKey: ['queues'] })
      })
  }
  const errorOf = (state: string) =>
    problem?.errors.find((entry) => entry.path.endsWith(`retention.${state}`))?.message
  const rest = problem && !ENDS.some((state) => errorOf(state)) ? problem.message : null
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title={`How long jobs of ${queue.name} are kept`}
      description="After their end, such as 12h or 30d. What is left empty follows the tenant’s rule, or the server’s."
    >
      <form onSubmit={save} className="space-y-3 p-4">
        <div className="grid grid-cols-2 gap-3">
          {ENDS.map((state) => (
            <Labelled key={state} label={labelOf(state)} error={errorOf(state)}>
              {(wiring) => (
                <DurationInput
                  {...wiring}
                  placeholder="30d"
                  value={rules[state] ?? ''}
                  onChange={(event) => setRules({ ...rules, [state]: event.target.value })}
                />
              )}
            </Labelled>
          ))}
        </div>
        {rest && (
          <p role="alert" className="text-xs text-[var(--failure-text)]">
            {rest}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Never mind</Button>
          <Button look="primary" type="submit" busy={busy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
