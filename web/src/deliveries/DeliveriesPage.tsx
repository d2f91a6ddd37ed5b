/** Deliveries, clock times and events: what became of each, filtered by owner and verdict; one of them beside the list. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { X } from 'lucide-react'

import { VERDICTS, type FiringFilter } from '../api/firings'
import { workflowsQuery } from '../api/queries'
import { rulesQuery } from '../api/rules'
import { Beside } from '../ui/Beside'
import { Choice } from '../ui/Fields'
import { Page, Panel } from '../ui/Page'
import { FiringList } from './FiringList'
import { FiringView } from './FiringView'
import { verdictOf } from './verdicts'

const VERDICT_OPTIONS = [
  { value: '', label: 'Every verdict' },
  ...VERDICTS.map((verdict) => ({ value: verdict, label: verdictOf(verdict).label })),
]

export function DeliveriesPage() {
  const { firing, ...filter } = useSearch({ from: '/deliveries' })
  const navigate = useNavigate({ from: '/deliveries' })
  const choose = (part: FiringFilter) =>
    void navigate({ search: { ...filter, firing, ...part }, replace: true })
  const show = (id: string | undefined) =>
    void navigate({ search: { ...filter, firing: id }, resetScroll: false })
  return (
    <Page
      title="Deliveries"
      actions={
        <>
          {filter.trigger !== undefined && (
            <TriggerChip trigger={filter.trigger} onClear={() => choose({ trigger: undefined })} />
          )}
          <Choice
            label="Verdict"
            value={filter.verdict ?? ''}
            options={VERDICT_OPTIONS}
            onChange={(verdict) => choose({ verdict: verdict || undefined })}
          />
          <OwnerChoice filter={filter} onChange={choose} />
        </>
      }
    >
      <div
        className={firing ? 'grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(380px,460px)]' : ''}
      >
        <Panel className={firing ? 'max-xl:order-2' : ''}>
          <FiringList filter={filter} open={firing ?? null} onOpen={show} named empty={<Empties />} />
        </Panel>
        {firing && (
          <Beside key={firing}>
            <FiringView key={firing} id={firing} onOpen={show} onClose={() => show(undefined)} />
          </Beside>
        )}
      </div>
    </Page>
  )
}

function TriggerChip({ trigger, onClear }: { trigger: string; onClear: () => void }) {
  return (
    <span className="inline-flex h-8 items-center gap-1 rounded-md bg-accent-soft pr-1 pl-2.5 text-accent">
      trigger {trigger}
      <button
        type="button"
        aria-label="Show every trigger"
        onClick={onClear}
        className="rounded p-0.5 hover:bg-panel"
      >
        <X size={13} aria-hidden />
      </button>
    </span>
  )
}

interface OwnerProps {
  filter: FiringFilter
  onChange: (part: FiringFilter) => void
}

/** Workflows and rules in one choice. The chosen one stays offered when it is in no list: a deleted one keeps its firings. */
function OwnerChoice({ filter, onChange }: OwnerProps) {
  const workflows = useInfiniteQuery(workflowsQuery())
  const rules = useInfiniteQuery(rulesQuery())
  const chosen = filter.workflow ? `workflow ${filter.workflow}` : filter.rule ? `rule ${filter.rule}` : ''
  const values = [
    ...(workflows.data?.pages.flatMap((page) => page.items) ?? []).map(({ name }) => `workflow ${name}`),
    ...(rules.data?.pages.flatMap((page) => page.items) ?? []).map(({ name }) => `rule ${name}`),
  ]
  if (chosen && !values.includes(chosen)) values.push(chosen)
  const choose = (value: string) => {
    const [kind = '', name = ''] = value.split(' ')
    onChange({
      workflow: kind === 'workflow' ? name : undefined,
      rule: kind === 'rule' ? name : undefined,
      trigger: undefined,
    })
  }
  return (
    <Choice
      label="Workflow or rule"
      value={chosen}
      options={[
        { value: '', label: 'Every workflow and rule' },
        ...values.map((value) => ({ value, label: value })),
      ]}
      onChange={choose}
    />
  )
}

function Empties() {
  return (
    <>
      <p>
        Whatever a webhook, a clock or an event trigger makes of what comes stands here, also what it refuses.
      </p>
      <p>A workflow’s page has the addresses of its webhooks.</p>
    </>
  )
}
