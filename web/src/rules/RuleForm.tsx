/** A rule's document as a form: what it is, what starts it, its conditions, and the jobs that it inserts. */
import { useMemo, type ReactNode } from 'react'

import type { RuleDocument } from '../api/rules'
import type { ProblemEntry } from '../api/types'
import { SurroundingsContext, type Surroundings } from '../forms/surroundings'
import { Labelled, NumberInput, TextArea, TextInput } from '../ui/inputs'
import { Switch } from '../ui/Switch'
import { ConditionList } from './ConditionList'
import { conditionsOf, jobsOf, put, textOf, triggerOf } from './document'
import { JobList } from './JobList'
import { ruleNames } from './names'
import { errorAt } from './problems'
import { TriggerPart } from './TriggerPart'

interface Props {
  document: RuleDocument
  onChange: (next: RuleDocument) => void
  problems: readonly ProblemEntry[]
}

export function RuleForm({ document, onChange, problems }: Props) {
  const trigger = triggerOf(document)
  const type = textOf(trigger, 'type')
  const surroundings = useMemo(
    (): Surroundings => ({
      problems,
      focus: null,
      names: () => ruleNames(type),
      trial: null,
    }),
    [problems, type],
  )
  return (
    <SurroundingsContext value={surroundings}>
      <div className="divide-y divide-line [&>section]:p-4">
        <Section title="Rule">
          <Basics document={document} onChange={onChange} problems={problems} />
        </Section>
        <Section title="When">
          <TriggerPart
            trigger={trigger}
            problems={problems}
            onChange={(next) => onChange({ ...document, trigger: next })}
          />
          <Switch
            label="For each tenant (admins of the instance)"
            checked={document['for_each'] === 'tenant'}
            onChange={(each) => onChange(put(document, 'for_each', each ? 'tenant' : undefined))}
          />
        </Section>
        <Section title="If all are true">
          <ConditionList
            conditions={conditionsOf(document)}
            problems={problems}
            onChange={(next) => onChange({ ...document, conditions: next })}
          />
        </Section>
        <Section title="Then insert">
          <JobList
            jobs={jobsOf(document)}
            problems={problems}
            onChange={(next) => onChange({ ...document, jobs: next })}
          />
        </Section>
      </div>
    </SurroundingsContext>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="space-y-3">
      <h2 className="text-[13px] font-semibold">{title}</h2>
      {children}
    </section>
  )
}

function Basics({ document, onChange, problems }: Props) {
  const { priority } = document
  const field = (key: string) => ({
    value: textOf(document, key),
    onChange: (event: { target: { value: string } }) => onChange(put(document, key, event.target.value)),
  })
  return (
    <>
      <div className="grid gap-3 sm:grid-cols-[1fr_1fr_110px]">
        <Labelled label="Name" required error={errorAt(problems, 'name')}>
          {(wiring) => (
            <TextInput
              {...wiring}
              required
              spellCheck={false}
              autoComplete="off"
              placeholder="bills"
              value={textOf(document, 'name')}
              onChange={(event) => onChange({ ...document, name: event.target.value })}
            />
          )}
        </Labelled>
        <Labelled label="Title" error={errorAt(problems, 'title')}>
          {(wiring) => <TextInput {...wiring} {...field('title')} />}
        </Labelled>
        <Labelled label="Priority" error={errorAt(problems, 'priority')}>
          {(wiring) => (
            <NumberInput
              {...wiring}
              min={-100}
              max={100}
              placeholder="0"
              value={typeof priority === 'number' ? priority : null}
              onChange={(value) => onChange(put(document, 'priority', value ?? undefined))}
            />
          )}
        </Labelled>
      </div>
      <Labelled label="Description" error={errorAt(problems, 'description')}>
        {(wiring) => <TextArea {...wiring} rows={2} {...field('description')} />}
      </Labelled>
      <Switch
        label="Enabled"
        checked={document['enabled'] !== false}
        onChange={(enabled) => onChange(put(document, 'enabled', enabled ? undefined : false))}
      />
    </>
  )
}
