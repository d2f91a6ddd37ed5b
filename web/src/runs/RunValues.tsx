/** Beside the graph while no node is selected: the run's error, input and output. */
import type { Run } from '../api/types'
import { Panel } from '../ui/Page'
import { ErrorValue, Value } from './Value'

export function RunValues({ run }: { run: Run }) {
  return (
    <Panel title="Run">
      <div className="space-y-4 p-4">
        <ErrorValue error={run.error} />
        <Value name="Output" value={run.output} />
        <Value name="Input" value={run.input} />
        {typeof run.trigger === 'object' && <Value name="Trigger" value={run.trigger as never} />}
        <p className="text-xs text-ink-faint">Select a node to see its attempts, input and output.</p>
      </div>
    </Panel>
  )
}
