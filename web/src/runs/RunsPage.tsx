/** Every run, live, filtered by state, workflow and kind; the filter stands in the address, so that it can be shared. */
import { useInfiniteQuery } from '@tanstack/react-query'

import { workflowsQuery } from '../api/queries'
import { useLive } from '../api/useLive'
import { labelOf, RUN_STATES } from '../graph/states'
import { Choice } from '../ui/Fields'
import { Page, Panel } from '../ui/Page'
import { filterOf, useRunFilter } from './filters'
import { RunList } from './RunList'

const MOVES = ['workflow.started', 'workflow.paused', 'workflow.resumed', 'workflow.finished'] as const
const KEYS = [['runs']] as const
const STATES = [
  { value: '', label: 'Every state' },
  ...RUN_STATES.map((state) => ({ value: state, label: labelOf(state) })),
]
const TESTS = [
  { value: '', label: 'Tests too' },
  { value: 'none', label: 'Without tests' },
  { value: 'only', label: 'Tests alone' },
]

export function RunsPage() {
  const { listed, choose } = useRunFilter()
  useLive({ types: MOVES, keys: KEYS, wait: 1_000 })
  return (
    <Page
      title="Runs"
      actions={
        <>
          <Choice
            label="State"
            value={listed.state ?? ''}
            options={STATES}
            onChange={(state) => choose({ state: state || undefined })}
          />
          <WorkflowChoice
            value={listed.workflow ?? ''}
            onChange={(workflow) => choose({ workflow: workflow || undefined })}
          />
          <Choice
            label="Tests"
            value={listed.tests ?? ''}
            options={TESTS}
            onChange={(tests) => choose({ tests: tests || undefined })}
          />
        </>
      }
    >
      <Panel>
        <RunList key={JSON.stringify(listed)} filter={filterOf(listed)} named />
      </Panel>
    </Page>
  )
}

/** The chosen workflow stays offered even when it isn't in the list: a deleted one keeps its runs. */
function WorkflowChoice({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const list = useInfiniteQuery(workflowsQuery())
  const names = list.data?.pages.flatMap((page) => page.items.map((item) => item.name)) ?? []
  if (value && !names.includes(value)) names.push(value)
  const options = [
    { value: '', label: 'Every workflow' },
    ...names.map((name) => ({ value: name, label: name })),
  ]
  return <Choice label="Workflow" value={value} options={options} onChange={onChange} />
}
