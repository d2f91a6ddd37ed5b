/** The runs as wholes: in what their input, output and error differ. */
import type { Json, Run } from '../../api/types'
import { Panel } from '../../ui/Page'
import { Changes } from './Changes'

export function CompareRuns({ a, b }: { a: Run; b: Run }) {
  return (
    <Panel title="The runs">
      <div className="space-y-4 p-4">
        <Changes name="Input" a={a.input} b={b.input} />
        <Changes name="Output" a={a.output} b={b.output} />
        {(a.error ?? b.error) && <Changes name="Error" a={a.error as Json} b={b.error as Json} />}
        <p className="text-xs text-ink-faint">Select a node to see in what its values differ.</p>
      </div>
    </Panel>
  )
}
