/** One workflow: its graph, what starts it, its runs, and a button to start one. */
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { History, Pencil, Play } from 'lucide-react'
import { useState } from 'react'

import { Allowed } from '../access/Allowed'
import { useCan } from '../access/useCan'
import { workflowQuery } from '../api/queries'
import type { Workflow } from '../api/types'
import { useLive } from '../api/useLive'
import { DefinitionGraph } from '../canvas/DefinitionGraph'
import { RunList } from '../runs/RunList'
import { Button, buttonLook } from '../ui/Button'
import { Page, Panel } from '../ui/Page'
import { Switch } from '../ui/Switch'
import { ErrorState, Skeleton } from '../ui/states'
import { tagsOf } from './filter'
import { Off, VersionTag } from './labels'
import { RunDialog } from './RunDialog'
import { titleOf } from './title'
import { TriggerList } from './TriggerList'
import { useSwitch, WorkflowActions } from './WorkflowActions'

const STARTS_AND_ENDS = ['workflow.started', 'workflow.finished'] as const
const KEYS = [['runs'], ['workflows']] as const

export function WorkflowPage() {
  const { name } = useParams({ from: '/workflows/$name' })
  const workflow = useQuery(workflowQuery(name))
  const [asking, ask] = useState(false)
  useLive({ types: STARTS_AND_ENDS, keys: KEYS, wait: 1_000 })
  if (!workflow.data) {
    return (
      <Page title={name}>
        <Panel>
          {workflow.isError ? (
            <ErrorState
              error={workflow.error}
              retry={() => void workflow.refetch()}
              back={{ to: '/', label: 'To the workflows' }}
            />
          ) : (
            <Skeleton />
          )}
        </Panel>
      </Page>
    )
  }
  const { data } = workflow
  return (
    <Page
      title={titleOf(data)}
      heading={<Heading workflow={data} />}
      actions={<Actions workflow={data} onRun={() => ask(true)} />}
    >
      <Panel className="h-[clamp(260px,44vh,520px)]">
        <DefinitionGraph definition={data.definition} />
      </Panel>
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(280px,380px)]">
        <Panel
          title="Runs"
          aside={
            <Link
              to="/runs"
              search={{ workflow: data.name, state: undefined }}
              className="rounded text-xs text-ink-soft hover:text-accent"
            >
              All runs
            </Link>
          }
          className="order-2 lg:order-1"
        >
          <RunList filter={{ workflow: data.name }} named={false} />
        </Panel>
        <Panel title="Triggers" className="order-1 lg:order-2">
          <TriggerList workflow={data} />
        </Panel>
      </div>
      <RunDialog key={data.version} workflow={data} open={asking} onOpenChange={ask} />
    </Page>
  )
}

function Actions({ workflow, onRun }: { workflow: Workflow; onRun: () => void }) {
  const params = { name: workflow.name }
  const toggle = useSwitch()
  const mayChange = useCan('workflows', 'editor')
  return (
    <>
      {mayChange && (
        <Switch
          label={workflow.enabled ? 'On' : 'Off'}
          checked={workflow.enabled}
          disabled={toggle.busy}
          onChange={() => toggle.start(workflow)}
        />
      )}
      <Link to="/workflows/$name/versions" params={params} search={{}} className={buttonLook('plain')}>
        <History size={13} aria-hidden /> Versions
      </Link>
      {mayChange && (
        <Link to="/workflows/$name/edit" params={params} search={{}} className={buttonLook('plain')}>
          <Pencil size={13} aria-hidden /> Edit
        </Link>
      )}
      <Allowed area="runs" role="operator">
        <Button
          look="primary"
          disabled={!workflow.enabled}
          title={workflow.enabled ? '' : 'Switched off'}
          onClick={onRun}
        >
          <Play size={13} aria-hidden /> Run
        </Button>
      </Allowed>
      <WorkflowActions workflow={workflow} taken={[]} own />
    </>
  )
}

function Heading({ workflow }: { workflow: Workflow }) {
  const title = titleOf(workflow)
  return (
    <div className="space-y-0.5">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <h1 className="truncate text-base font-semibold tracking-tight">{title}</h1>
        <VersionTag version={workflow.version} />
        {!workflow.enabled && <Off />}
        {title !== workflow.name && <span className="font-mono text-xs text-ink-faint">{workflow.name}</span>}
      </div>
      {workflow.definition.description && (
        <p className="max-w-prose text-ink-soft">{workflow.definition.description}</p>
      )}
      <Tags tags={tagsOf(workflow)} />
    </div>
  )
}

function Tags({ tags }: { tags: readonly string[] }) {
  if (tags.length === 0) return null
  return (
    <p className="flex flex-wrap gap-1.5 pt-0.5">
      {tags.map((tag) => (
        <Link
          key={tag}
          to="/"
          search={{ tag }}
          className="rounded-full border border-line px-2 text-[11px] leading-4 text-ink-soft hover:border-line-strong hover:text-ink"
        >
          {tag}
        </Link>
      ))}
    </p>
  )
}
