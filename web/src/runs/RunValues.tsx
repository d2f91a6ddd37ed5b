/** Beside the graph while no node is selected: the run's error, input and output. */
import type { Run, RunTrigger } from '../api/types'
import { Panel } from '../ui/Page'
import { ErrorValue, Value } from './Value'

/** A webhook's would push all else away. */
const HEADERS = ['headers']

export function RunValues({ run }: { run: Run }) {
  return (
    <Panel title="Run">
      <div className="space-y-4 p-4">
        <ErrorValue error={run.error} />
        <Value name="Output" value={run.output} />
        <Value name="Input" value={run.input} />
        {tellsMore(run.trigger) && <Value name="Trigger" value={run.trigger} without={HEADERS} />}
        <p className="text-xs text-ink-faint">Select a node to see its attempts, input and output.</p>
      </div>
    </Panel>
  )
}

/** The heading names a trigger's type and id; only what came with it (a webhook's body, an event) is worth a tree. */
function tellsMore(trigger: Run['trigger']): trigger is RunTrigger {
  if (typeof trigger !== 'object' || trigger === null) return false
  return Object.keys(trigger).some((key) => !['type', 'id', 'at'].includes(key))
}
