/** Automation rules: a trigger, conditions, and jobs to insert. On and off, fired by hand, deleted. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Plus, Zap } from 'lucide-react'
import { useState } from 'react'

import { Allowed } from '../access/Allowed'
import { useCan } from '../access/useCan'
import { rulesQuery, switchRule, type Rule } from '../api/rules'
import { buttonLook } from '../ui/Button'
import { SearchField } from '../ui/Fields'
import { plural } from '../ui/format'
import { LoadMore } from '../ui/LoadMore'
import { Page, Panel } from '../ui/Page'
import { Empty, ErrorState, Skeleton } from '../ui/states'
import { Switch } from '../ui/Switch'
import { Cell, Row, Table, type Column } from '../ui/Table'
import { useMutate } from '../ui/useMutate'
import { conditionsOf, jobsOf, textOf, triggerOf, triggerWords } from './document'
import { RuleActions } from './RuleActions'

const COLUMNS: readonly Column[] = [
  { key: 'name', title: 'Rule' },
  { key: 'when', title: 'When' },
  { key: 'then', title: 'Then' },
  { key: 'priority', title: 'Priority', align: 'right', width: '80px' },
  { key: 'on', title: 'On', width: '70px' },
  { key: 'actions', title: '', label: 'Actions', width: '48px' },
]

/** No rule can have this name, so it stands for the one that isn't there yet. */
export const NEW = '~new'

export function RulesPage() {
  const list = useInfiniteQuery(rulesQuery())
  const [search, find] = useState('')
  const rules = list.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Page
      title="Rules"
      actions={
        <>
          <SearchField label="Search rules" value={search} onChange={find} />
          <NewRule />
        </>
      }
    >
      <Panel>
        {list.isPending ? (
          <Skeleton />
        ) : list.isLoadingError ? (
          <ErrorState error={list.error} retry={() => void list.refetch()} />
        ) : rules.length === 0 ? (
          <NoRule />
        ) : (
          <Rules rules={rules} search={search} />
        )}
        <LoadMore query={list} />
      </Panel>
    </Page>
  )
}

function Rules({ rules, search }: { rules: Rule[]; search: string }) {
  const wanted = search.trim().toLowerCase()
  const found = rules.filter(({ name, title }) => `${name} ${title}`.toLowerCase().includes(wanted))
  if (found.length === 0) {
    return (
      <Empty title="No rule matches" Icon={Zap}>
        <p>Nothing here is called “{search}”.</p>
      </Empty>
    )
  }
  return (
    <Table label="Rules" columns={COLUMNS}>
      {found.map((rule) => (
        <RuleRow key={rule.id} rule={rule} />
      ))}
    </Table>
  )
}

function RuleRow({ rule }: { rule: Rule }) {
  const change = useMutate({
    run: (enabled: boolean) => switchRule(rule.id, enabled),
    keys: [['rules'], ['rule'], ['schedules']],
    done: (_, enabled) => `${enabled ? 'Switched on' : 'Switched off'} ${rule.name}`,
  })
  const mayChange = useCan('automation-rules', 'editor')
  const trigger = triggerOf(rule.definition)
  const conditions = conditionsOf(rule.definition)
  return (
    <Row>
      <Cell>
        <div className="flex min-w-0 flex-col">
          <Link
            to="/rules/$name"
            params={{ name: rule.name }}
            className="w-fit rounded font-medium hover:underline"
          >
            {rule.title || rule.name}
          </Link>
          <span className="text-xs text-ink-faint">{rule.title ? rule.name : rule.description}</span>
        </div>
      </Cell>
      <Cell>
        <div className="flex flex-col">
          <span>
            <span className="text-ink-soft">{textOf(trigger, 'type')}</span>{' '}
            <code className="font-mono text-xs">{triggerWords(trigger)}</code>
          </span>
          <span className="text-xs text-ink-faint">
            {conditions.length === 0 ? 'always' : plural(conditions.length, 'condition')}
            {rule.for_each && `, for each ${rule.for_each}`}
          </span>
        </div>
      </Cell>
      <Cell>
        <code className="font-mono text-xs">
          {jobsOf(rule.definition)
            .map((job) => textOf(job, 'kind'))
            .join(', ')}
        </code>
      </Cell>
      <Cell right>{rule.priority}</Cell>
      <Cell>
        <Switch
          hidden
          label={`${rule.name} is on`}
          checked={rule.enabled}
          disabled={change.busy || !mayChange}
          onChange={(enabled) => change.start(enabled)}
        />
      </Cell>
      <Cell right>
        <RuleActions rule={rule} />
      </Cell>
    </Row>
  )
}

function NoRule() {
  return (
    <Empty title="No rule yet" Icon={Zap}>
      <p>A rule inserts jobs when its trigger comes and its conditions are met, without a workflow.</p>
      <NewRule />
    </Empty>
  )
}

function NewRule() {
  return (
    <Allowed area="automation-rules" role="editor">
      <Link to="/rules/$name" params={{ name: NEW }} className={buttonLook('primary')}>
        <Plus size={14} aria-hidden /> New rule
      </Link>
    </Allowed>
  )
}
