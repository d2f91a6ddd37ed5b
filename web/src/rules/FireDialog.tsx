/** Fires a rule now, by hand. Its conditions decide, as always; what came of it is handed on. */
import { useState, type SubmitEvent } from 'react'

import type { Firing } from '../api/firings'
import { newKey } from '../api/http'
import { fireRule, type Rule } from '../api/rules'
import type { Json } from '../api/types'
import { verdictOf } from '../deliveries/verdicts'
import { JsonEditor } from '../ui/code/JsonEditor'
import { Dialog } from '../ui/Dialog'
import { FormFoot } from '../ui/FormFoot'
import { useMutate } from '../ui/useMutate'
import { sampleTrigger, triggerOf } from './document'

interface Props {
  rule: Rule
  open: boolean
  onOpenChange: (open: boolean) => void
  onFired?: (firing: Firing) => void
}

export function FireDialog({ rule, open, onOpenChange, onFired }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Fire ${rule.name} now`}
      description="Its conditions decide, as always; if they are met, its jobs are inserted."
    >
      <Given rule={rule} onClose={() => onOpenChange(false)} onFired={onFired} />
    </Dialog>
  )
}

interface GivenProps {
  rule: Rule
  onClose: () => void
  onFired: ((firing: Firing) => void) | undefined
}

function Given({ rule, onClose, onFired }: GivenProps) {
  const [given, setGiven] = useState<Json | undefined>(() => sampleTrigger(triggerOf(rule.definition)))
  // A repeat after a lost answer is the same firing.
  const [key] = useState(newKey)
  const [refused, refuse] = useState<unknown>(null)
  const fire = useMutate({
    run: () => fireRule(rule.id, given ?? null, key),
    keys: [['firings']],
    done: (firing) => `${rule.name}: ${verdictOf(firing.verdict).label.toLowerCase()}${toldOf(firing)}`,
    onDone: (firing) => {
      onClose()
      onFired?.(firing)
    },
  })
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    refuse(null)
    fire.startAsync(undefined).catch(refuse)
  }
  return (
    <form onSubmit={submit} className="space-y-3 overflow-y-auto p-4">
      <div className="space-y-1">
        <span className="text-xs font-medium text-ink-soft">What expressions see as trigger</span>
        <JsonEditor optional label="Trigger" value={given} onChange={setGiven} className="max-h-72" />
      </div>
      <FormFoot action="Fire now" busy={fire.busy} refused={refused} onCancel={onClose} />
    </form>
  )
}

function toldOf({ verdict, reason, jobs }: Firing): string {
  if (jobs.length > 0) return `, ${jobs.length === 1 ? 'one job' : `${jobs.length} jobs`} inserted`
  return reason && verdict !== 'not_met' ? `, ${reason}` : ''
}
