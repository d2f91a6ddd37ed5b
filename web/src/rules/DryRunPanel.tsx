/** Tries the rule as it stands: which tenants would meet its conditions, and which jobs would be inserted. Writes nothing. */
import { useMutation } from '@tanstack/react-query'
import { FlaskConical } from 'lucide-react'
import { useState } from 'react'

import { asProblem } from '../api/http'
import { dryRun, dryRunSaved, type RuleDocument } from '../api/rules'
import type { Json } from '../api/types'
import { Button } from '../ui/Button'
import { JsonEditor } from '../ui/code/JsonEditor'
import { Refusal } from '../ui/FormFoot'
import { Panel } from '../ui/Page'
import { sampleTrigger, textOf, triggerOf } from './document'
import { DryRunResult } from './DryRunResult'

interface Props {
  draft: RuleDocument
  /** The saved rule that the draft is, without changes; it remembers tenants. */
  saved: string | null
  broken: boolean
  /** The rule itself was refused: its form shows where. Null takes that back. */
  onRefused: (error: unknown) => void
}

export function DryRunPanel({ draft, saved, broken, onRefused }: Props) {
  const trigger = triggerOf(draft)
  const type = textOf(trigger, 'type')
  // Begun anew with each type of trigger; what was typed for it stays otherwise.
  const [typed, setTyped] = useState<{ type: string; given: Json | undefined } | null>(null)
  const given = typed?.type === type ? typed.given : sampleTrigger(trigger)
  const trial = useMutation({
    mutationFn: () => (saved === null ? dryRun(draft, given ?? null) : dryRunSaved(saved, given ?? null)),
    onSuccess: () => onRefused(null),
    onError: (error) => {
      if (asProblem(error).errors.some(({ path }) => path.startsWith('rule'))) onRefused(error)
    },
  })
  return (
    <Panel title="Dry run">
      <div className="space-y-3 p-4">
        <div className="space-y-1">
          <span className="text-xs font-medium text-ink-soft">What expressions see as trigger</span>
          <JsonEditor
            optional
            label="Trigger of the dry run"
            value={given}
            onChange={(next) => setTyped({ type, given: next })}
            className="max-h-72"
          />
          <p className="text-xs text-ink-faint">
            What isn’t given is made up: an empty request, the time now.
          </p>
        </div>
        <Button busy={trial.isPending} disabled={broken} onClick={() => trial.mutate()}>
          <FlaskConical size={14} aria-hidden /> Dry run
        </Button>
        {saved === null && (
          <p className="text-xs text-ink-faint">
            A rule that isn’t saved remembers nothing: <code className="font-mono">previous</code> is null.
          </p>
        )}
        {trial.isError && <Refusal error={trial.error} />}
        {trial.data && <DryRunResult result={trial.data} />}
      </div>
    </Panel>
  )
}
